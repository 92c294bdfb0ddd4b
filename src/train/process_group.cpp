#include "train/process_group.hpp"

#include <dlfcn.h>
#include <torch/csrc/autograd/custom_function.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "core/error.hpp"
#include "train/lifeline.hpp"
#include "train/plugins/plugin.hpp"

namespace epi {
namespace {

struct OpenedPlugin {
    const EpiProcessPlugin* table = nullptr;
    std::string why_not;
};

// Beside the program, as built, or in ../lib/epifoundry, as installed. Never closed: MPI does not bear it.
OpenedPlugin open_plugin(const std::string& name) {
    namespace fs = std::filesystem;
    const auto folder = fs::read_symlink("/proc/self/exe").parent_path();
    const auto file = "epifoundry-" + name + ".so";
    auto path = folder / file;
    if (!fs::exists(path)) path = folder.parent_path() / "lib" / "epifoundry" / file;
    if (!fs::exists(path)) return {nullptr, file + " was not built"};
    // Global: the parts that MPI loads by itself look for its symbols there.
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    const char* const reason = library == nullptr ? ::dlerror() : nullptr;
    if (library == nullptr) return {nullptr, reason == nullptr ? "unknown" : reason};
    const auto function = reinterpret_cast<EpiProcessPluginFunction>(::dlsym(library, kEpiPluginSymbol));
    const auto* table = function == nullptr ? nullptr : function();
    if (table == nullptr || table->version != kEpiPluginVersion)
        return {nullptr, path.string() + " is of another version"};
    return {table, ""};
}

std::string host_name() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

class PluginGroup final : public ProcessGroup {
  public:
    PluginGroup(const EpiProcessPlugin& plugin, const Launch& launch)
        : plugin_(plugin), launch_(launch), watch_{&PluginGroup::gone, this} {
        if (plugin_.id_bytes > 0)
            start_with_id();
        else
            start_by_itself();
        lifeline_->watch();
        wait_for_all();  // one that ends at once, for a wrong option, must not end those that still connect
    }

    int rank() const override { return launch_.rank; }
    int size() const override { return launch_.size; }
    int local_rank() const override { return launch_.local_rank; }

    void sum(torch::Tensor tensor) const override {
        check(tensor.is_contiguous() && tensor.is_cuda() == (plugin_.on_device != 0),
              "a tensor for this group");
        const bool is_float = tensor.scalar_type() == torch::kFloat32;
        check(is_float || tensor.scalar_type() == torch::kFloat64, "a type that can be added up");
        expect(plugin_.sum(group_, tensor.data_ptr(), tensor.numel(), is_float ? kEpiFloat : kEpiDouble));
    }

    void sum(std::span<double> values) const override {
        auto own = torch::from_blob(values.data(), {std::ssize(values)}, torch::kFloat64);
        if (plugin_.on_device == 0) return sum(own);
        auto there = own.to(device());
        sum(there);
        own.copy_(there);
    }

    void broadcast(torch::Tensor tensor) const override {
        check(tensor.is_contiguous() && tensor.is_cuda() == (plugin_.on_device != 0),
              "a tensor for this group");
        expect(plugin_.broadcast(group_, tensor.data_ptr(), static_cast<std::int64_t>(tensor.nbytes())));
    }

    std::vector<std::uint8_t> gather(std::span<const std::uint8_t> own) const override {
        std::vector<std::uint8_t> all(own.size() * static_cast<std::size_t>(size()));
        const auto bytes = std::ssize(own);
        if (bytes == 0) return all;
        if (plugin_.on_device == 0) {
            expect(plugin_.gather(group_, own.data(), all.data(), bytes));
            return all;
        }
        const auto mine =
            torch::from_blob(const_cast<std::uint8_t*>(own.data()), {bytes}, torch::kUInt8).to(device());
        const auto everybody = torch::empty({bytes * size()}, mine.options());
        expect(plugin_.gather(group_, mine.data_ptr(), everybody.data_ptr(), bytes));
        torch::from_blob(all.data(), {std::ssize(all)}, torch::kUInt8).copy_(everybody);
        return all;
    }

    void finish() override {
        wait_for_all();
        expect(plugin_.finish(group_));
        group_ = nullptr;
        lifeline_.reset();
    }

  private:
    static int gone(void* self) {
        const auto& lifeline = static_cast<const PluginGroup*>(self)->lifeline_;
        return lifeline && lifeline->lost() ? 1 : 0;
    }

    void wait_for_all() const {
        double nothing = 0;
        sum(std::span(&nothing, 1));
    }

    torch::Device device() const { return {torch::kCUDA, static_cast<c10::DeviceIndex>(launch_.local_rank)}; }

    void expect(const char* problem) const {
        if (problem == nullptr) return;
        if (lifeline_ && lifeline_->lost())
            throw ResourceError(launch_.launcher, lifeline_->loss(),
                                "look at its own messages, then continue with --resume");
        throw ResourceError(launch_.launcher, problem, "look at the messages of the other processes");
    }

    // The library finds the other processes itself; they agree on where the lifeline is.
    void start_by_itself() {
        expect(plugin_.start(launch_.rank, launch_.size, launch_.local_rank, nullptr, &watch_, &group_));
        char name[256] = "";
        host_name().copy(name, sizeof name - 1);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(name);
        const auto names = gather({bytes, sizeof name});
        Lifeline::Address address{name, 0, true};
        bool one_machine = true;
        for (std::size_t i = 0; i < names.size(); i += sizeof name)
            one_machine = one_machine && std::memcmp(&names[i], &names[0], sizeof name) == 0;
        if (one_machine) address.host = "127.0.0.1";
        if (!one_machine && rank() != 0) address.host = reinterpret_cast<const char*>(names.data());
        auto port = torch::zeros({1}, torch::kFloat64);
        if (rank() == 0) {
            lifeline_ = std::make_unique<Lifeline>(rank(), size(), address);
            port.fill_(lifeline_->port());
        }
        broadcast(port);
        address.port = static_cast<int>(port.item<double>());
        if (rank() != 0) lifeline_ = std::make_unique<Lifeline>(rank(), size(), address);
    }

    // Process 0 makes what the library needs to find the others, and hands it to them.
    void start_with_id() {
        const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
        const bool served = agent != nullptr && std::string_view(agent) == "True";
        lifeline_ = std::make_unique<Lifeline>(rank(), size(),
                                               Lifeline::Address{launch_.master, launch_.port, !served});
        std::vector<std::uint8_t> id(static_cast<std::size_t>(plugin_.id_bytes));
        if (rank() == 0) expect(plugin_.make_id(id.data()));
        // A restart by torchrun finds the table of the last start: the name has its number.
        const char* restart = std::getenv("TORCHELASTIC_RESTART_COUNT");
        id = lifeline_->from_first("id/" + std::string(restart == nullptr ? "0" : restart), id);
        expect(plugin_.start(launch_.rank, launch_.size, launch_.local_rank, id.data(), &watch_, &group_));
    }

    const EpiProcessPlugin& plugin_;
    Launch launch_;
    EpiWatch watch_;
    void* group_ = nullptr;
    std::unique_ptr<Lifeline> lifeline_;
};

struct SumOverProcesses : torch::autograd::Function<SumOverProcesses> {
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                                 std::int64_t processes) {
        context->saved_data["processes"] = processes;
        return summed(x, processes);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        return {summed(gradients[0], context->saved_data["processes"].toInt()), torch::Tensor()};
    }
    static torch::Tensor summed(const torch::Tensor& x, std::int64_t processes) {
        auto total = x.clone(at::MemoryFormat::Contiguous);
        reinterpret_cast<const ProcessGroup*>(processes)->sum(total);  // NOLINT(performance-no-int-to-ptr)
        return total;
    }
};

}  // namespace

const ProcessGroup& ProcessGroup::none() {
    static const ProcessGroup none;
    return none;
}

std::vector<PluginStatus> examine_plugins() {
    std::vector<PluginStatus> found;
    for (const char* name : {"mpi", "nccl"}) {
        const auto opened = open_plugin(name);
        found.push_back({name, opened.table == nullptr ? "" : opened.table->library(), opened.why_not});
    }
    return found;
}

std::unique_ptr<ProcessGroup> join_processes(const Launch& launch, const std::string& device) {
    if (launch.size == 1) return std::make_unique<ProcessGroup>();
    const std::string name = device == "cuda" ? "nccl" : "mpi";
    const auto opened = open_plugin(name);
    if (opened.table == nullptr)
        throw ResourceError(launch.launcher + ", " + std::to_string(launch.size) + " processes",
                            "the plug-in for " + name + " cannot be opened: " + opened.why_not,
                            "see epifoundry doctor, or start one process");
    return std::make_unique<PluginGroup>(*opened.table, launch);
}

torch::Tensor sum_with_gradient(const torch::Tensor& x, const ProcessGroup& processes) {
    return SumOverProcesses::apply(x, reinterpret_cast<std::int64_t>(&processes));
}

}  // namespace epi
