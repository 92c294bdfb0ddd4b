#include "train/lifeline.hpp"

#include <c10/util/Logging.h>

#include <cstdlib>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace epi {

// The table is that of LibTorch, so that torchrun's can be used.
struct Lifeline::Table {
    c10::intrusive_ptr<c10d::TCPStore> store;
};

namespace {

constexpr auto kPatience = std::chrono::minutes(2);
constexpr int kLate = 5;  // so many times the patience with one that had come

std::string key(const std::string& name) {
    return "epifoundry/" + name;
}

std::string first_line(const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
}

}  // namespace

Lifeline::Lifeline(int rank, int size, const Address& address)
    : rank_(rank), size_(size), table_(std::make_unique<Table>()) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(address.port);
    options.isServer = rank == 0 && address.served_by_0;
    options.waitWorkers = false;
    options.timeout = kPatience;
    // A process that is gone is told in our own words, not by the table's warnings with their stack.
    FLAGS_caffe2_log_level = 2;
    try {
        table_->store = c10::make_intrusive<c10d::TCPStore>(address.host, options);
    } catch (const std::exception& error) {
        throw ResourceError(
            address.host + ":" + std::to_string(address.port),
            "the processes cannot meet: " + first_line(error),
            "check that the machines reach each other, or give another MASTER_ADDR and MASTER_PORT");
    }
}

Lifeline::~Lifeline() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

int Lifeline::port() const {
    return table_->store->getPort();
}

std::vector<std::uint8_t> Lifeline::from_first(const std::string& name,
                                               const std::vector<std::uint8_t>& bytes) {
    try {
        if (rank_ == 0) table_->store->set(key(name), bytes);
        return table_->store->get(key(name));
    } catch (const std::exception& error) {
        throw no_answer(error);
    }
}

ResourceError Lifeline::no_answer(const std::exception& error) const {
    return {"process " + std::to_string(rank_), "process 0 does not answer: " + first_line(error),
            "look at its own messages"};
}

void Lifeline::watch(std::chrono::milliseconds every, int misses) {
    try {
        table_->store->add(key("alive/" + std::to_string(rank_)), 1);
    } catch (const std::exception& error) {
        throw no_answer(error);
    }
    thread_ = std::thread([this, every, misses] { look(every, misses); });
}

void Lifeline::lose(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    loss_ = what;
    lost_ = true;
}

std::string Lifeline::loss() const {
    const std::lock_guard lock(mutex_);
    return loss_;
}

void Lifeline::look(std::chrono::milliseconds every, int misses) {
    std::vector<std::string> keys;
    for (int i = 0; i < size_; ++i) keys.push_back(key("alive/" + std::to_string(i)));
    std::vector<std::vector<std::uint8_t>> seen(keys.size());
    std::vector<int> missed(keys.size());
    int late = 0;
    const auto of = " of " + std::to_string(size_);
    try {
        while (true) {
            table_->store->add(keys[static_cast<std::size_t>(rank_)], 1);
            // Until all have begun there is nothing to get; the rest of them may be late.
            if (table_->store->check(keys)) {
                auto now = table_->store->multiGet(keys);
                for (std::size_t i = 0; i < keys.size(); ++i) {
                    missed[i] = now[i] == seen[i] ? missed[i] + 1 : 0;
                    if (missed[i] > misses)
                        return lose("process " + std::to_string(i) + of + " does not answer any more");
                }
                seen = std::move(now);
            } else if (++late > kLate * misses) {
                return lose("not all" + of + " processes have come");
            }
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, every, [this] { return ending_; })) return;
        }
    } catch (const std::exception&) {
        lose("process 0" + of + " does not answer any more");
    }
}

}  // namespace epi
