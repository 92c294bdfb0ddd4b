#include "model/torch_archive.hpp"

#include <bit>
#include <memory>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "model/stored_tensor.hpp"
#include "model/zip_archive.hpp"

namespace epi {
namespace {

// A value of the pickle. All nodes live in the reader's arena, so cycles and sharing are harmless.
struct Node {
    enum class Kind { Mark, None, Bool, Integer, Real, Text, Tuple, List, Dict, Global, Storage, Tensor };
    Kind kind = Kind::None;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;                // Text; Global: "module name"; Storage: its key
    std::vector<const Node*> items;  // Tuple, List
    std::vector<std::pair<const Node*, const Node*>> entries;  // Dict
    torch::ScalarType type = torch::kFloat32;                  // Storage
    torch::Tensor tensor;
};
using Kind = Node::Kind;

constexpr std::size_t kMostEntries = 1'000'000;  // of the result: shared parts count each time they appear
constexpr int kDeepest = 16;

class PickleReader {
  public:
    PickleReader(ZipArchive& archive, const std::string& member)
        : archive_(archive),
          folder_(member.substr(0, member.size() - std::string("data.pkl").size())),
          bytes_(archive.read(member)) {}

    TorchArchive read() {
        Node* root = run();
        if (root->kind != Kind::Dict) fail("holds no dictionary");
        TorchArchive result;
        flatten(*root, "", 0, result);
        return result;
    }

  private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw InputError(archive_.path().string(), problem,
                         "give a checkpoint of the reference: torch.save of tensors and plain values");
    }

    Node* make(Kind kind) {
        arena_.push_back(std::make_unique<Node>());
        arena_.back()->kind = kind;
        return arena_.back().get();
    }

    std::uint64_t take(int width) {
        if (bytes_.size() - at_ < static_cast<std::size_t>(width)) fail("its pickle is truncated");
        std::uint64_t value = 0;
        for (int i = width - 1; i >= 0; --i)
            value = value << 8 | static_cast<unsigned char>(bytes_[at_ + static_cast<std::size_t>(i)]);
        at_ += static_cast<std::size_t>(width);
        return value;
    }

    std::string take_text(std::uint64_t size) {
        if (bytes_.size() - at_ < size) fail("its pickle is truncated");
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }

    std::string take_line() {
        const auto end = bytes_.find('\n', at_);
        if (end == std::string::npos) fail("its pickle is truncated");
        auto line = bytes_.substr(at_, end - at_);
        at_ = end + 1;
        return line;
    }

    Node* pop() {
        if (stack_.empty()) fail("its pickle takes from an empty stack");
        auto* node = stack_.back();
        stack_.pop_back();
        return node;
    }

    // What was pushed since the last mark, which goes too.
    std::vector<const Node*> pop_to_mark() {
        std::size_t begin = stack_.size();
        while (begin > 0 && stack_[begin - 1]->kind != Kind::Mark) --begin;
        if (begin == 0) fail("its pickle has no mark where one is needed");
        std::vector<const Node*> items(stack_.begin() + static_cast<std::ptrdiff_t>(begin), stack_.end());
        stack_.resize(begin - 1);
        return items;
    }

    void push_integer(std::int64_t value, Kind kind = Kind::Integer) {
        auto* node = make(kind);
        node->integer = value;
        stack_.push_back(node);
    }

    void push_tuple(std::vector<const Node*> items) {
        auto* node = make(Kind::Tuple);
        node->items = std::move(items);
        stack_.push_back(node);
    }

    void push_memo(std::uint64_t index) {
        const auto found = memo_.find(index);
        if (found == memo_.end()) fail("its pickle recalls what it never stored");
        stack_.push_back(found->second);
    }

    void store_memo(std::uint64_t index) {
        if (stack_.empty()) fail("its pickle takes from an empty stack");
        memo_[index] = stack_.back();
    }

    Node* top(Kind kind, const char* what) {
        if (stack_.empty() || stack_.back()->kind != kind)
            fail(std::string("its pickle fills what is no ") + what);
        return stack_.back();
    }

    void add_entries(const std::vector<const Node*>& items) {
        if (items.size() % 2 != 0) fail("its pickle has a key without a value");
        auto* dict = top(Kind::Dict, "dictionary");
        for (std::size_t i = 0; i < items.size(); i += 2) dict->entries.emplace_back(items[i], items[i + 1]);
    }

    void add_items(const std::vector<const Node*>& items) {
        auto* list = top(Kind::List, "list");
        list->items.insert(list->items.end(), items.begin(), items.end());
    }

    void push_global();
    void push_storage();
    void reduce();
    Node* rebuild_tensor(const Node& arguments);
    Node* run();
    bool step(char opcode);
    bool step_build(char opcode);
    void flatten(const Node& node, const std::string& path, int depth, TorchArchive& result);

    ZipArchive& archive_;
    std::string folder_, bytes_;
    std::size_t at_ = 0, flattened_ = 0;
    std::uint64_t tensor_bytes_ = 0;
    std::vector<std::unique_ptr<Node>> arena_;
    std::vector<Node*> stack_;
    std::unordered_map<std::uint64_t, Node*> memo_;
};

void PickleReader::push_global() {
    auto* node = make(Kind::Global);
    const auto module = take_line();
    node->text = module + " " + take_line();
    for (const char* known : {"collections OrderedDict", "torch._utils _rebuild_tensor_v2",
                              "torch FloatStorage", "torch LongStorage"})
        if (node->text == known) return stack_.push_back(node);
    fail("its pickle mentions '" + node->text + "', which no checkpoint of the reference holds");
}

void PickleReader::push_storage() {
    const auto* id = pop();
    const auto is = [&](std::size_t i, Kind kind) { return id->items[i]->kind == kind; };
    if (id->kind != Kind::Tuple || id->items.size() != 5 || !is(0, Kind::Text) ||
        id->items[0]->text != "storage" || !is(1, Kind::Global) || !is(2, Kind::Text) || !is(3, Kind::Text) ||
        !is(4, Kind::Integer))
        fail("its pickle has a malformed storage");
    auto* node = make(Kind::Storage);
    if (id->items[1]->text == "torch FloatStorage")
        node->type = torch::kFloat32;
    else if (id->items[1]->text == "torch LongStorage")
        node->type = torch::kInt64;
    else
        fail("its pickle has a storage of an unknown type");
    node->text = id->items[2]->text;
    node->integer = id->items[4]->integer;
    stack_.push_back(node);
}

Node* PickleReader::rebuild_tensor(const Node& arguments) {
    const auto& items = arguments.items;
    if (items.size() < 4 || items[0]->kind != Kind::Storage || items[1]->kind != Kind::Integer ||
        items[2]->kind != Kind::Tuple || items[3]->kind != Kind::Tuple)
        fail("its pickle has a malformed tensor");
    const auto& storage = *items[0];
    StoredTensor stored{
        folder_ + "data/" + storage.text, storage.type, storage.integer, items[1]->integer, {}, {}};
    for (const int part : {2, 3})
        for (const auto* number : items[static_cast<std::size_t>(part)]->items) {
            if (number->kind != Kind::Integer) fail("its pickle has a malformed tensor");
            (part == 2 ? stored.sizes : stored.strides).push_back(number->integer);
        }
    // Tensors that share a storage are copied apart; nothing honest shares it often.
    const auto found = archive_.members().find(stored.member);
    if (found != archive_.members().end()) tensor_bytes_ += found->second.size;
    if (tensor_bytes_ / 8 > archive_.size()) fail("its pickle uses a storage again and again");
    auto* node = make(Kind::Tensor);
    node->tensor = read_stored_tensor(archive_, stored);
    return node;
}

void PickleReader::reduce() {
    const auto* arguments = pop();
    const auto* function = pop();
    if (function->kind != Kind::Global || arguments->kind != Kind::Tuple)
        fail("its pickle calls what is no function");
    if (function->text == "collections OrderedDict" && arguments->items.empty())
        stack_.push_back(make(Kind::Dict));
    else if (function->text == "torch._utils _rebuild_tensor_v2")
        stack_.push_back(rebuild_tensor(*arguments));
    else
        fail("its pickle calls '" + function->text + "' in an unknown way");
}

// The opcodes that build containers and calls; false if it is none of them.
bool PickleReader::step_build(char opcode) {
    switch (opcode) {
        case '(':
            stack_.push_back(make(Kind::Mark));
            return true;
        case ')':
            push_tuple({});
            return true;
        case '}':
            stack_.push_back(make(Kind::Dict));
            return true;
        case ']':
            stack_.push_back(make(Kind::List));
            return true;
        case 't':
            push_tuple(pop_to_mark());
            return true;
        case '\x85':
            push_tuple({pop()});
            return true;
        case '\x86': {
            const auto* second = pop();
            const auto* first = pop();
            push_tuple({first, second});
            return true;
        }
        case 's': {
            const auto* value = pop();
            const auto* key = pop();
            add_entries({key, value});
            return true;
        }
        case 'u':
            add_entries(pop_to_mark());
            return true;
        case 'a':
            add_items({pop()});
            return true;
        case 'e':
            add_items(pop_to_mark());
            return true;
        case 'c':
            push_global();
            return true;
        case 'Q':
            push_storage();
            return true;
        case 'R':
            reduce();
            return true;
        case 'b':  // attributes of the OrderedDict (_metadata): not needed
            pop();
            top(Kind::Dict, "dictionary");
            return true;
        default:
            return false;
    }
}

// The opcodes that push plain values or use the memo; false at the end.
bool PickleReader::step(char opcode) {
    if (step_build(opcode)) return true;
    switch (opcode) {
        case '\x80':
            if (take(1) != 2) fail("its pickle is of another protocol");
            return true;
        case 'X': {
            auto* node = make(Kind::Text);
            node->text = take_text(take(4));
            stack_.push_back(node);
            return true;
        }
        case 'J':
            push_integer(static_cast<std::int32_t>(take(4)));
            return true;
        case 'K':
            push_integer(static_cast<std::int64_t>(take(1)));
            return true;
        case 'M':
            push_integer(static_cast<std::int64_t>(take(2)));
            return true;
        case 'G': {  // big-endian
            auto* node = make(Kind::Real);
            std::uint64_t bits = 0;
            for (int i = 0; i < 8; ++i) bits = bits << 8 | take(1);
            node->real = std::bit_cast<double>(bits);
            stack_.push_back(node);
            return true;
        }
        case 'N':
            stack_.push_back(make(Kind::None));
            return true;
        case '\x88':
            push_integer(1, Kind::Bool);
            return true;
        case '\x89':
            push_integer(0, Kind::Bool);
            return true;
        case 'q':
            store_memo(take(1));
            return true;
        case 'r':
            store_memo(take(4));
            return true;
        case 'h':
            push_memo(take(1));
            return true;
        case 'j':
            push_memo(take(4));
            return true;
        case '.':
            return false;
        default:
            break;
    }
    fail("its pickle holds the operation " + std::to_string(static_cast<unsigned char>(opcode)) +
         ", which no checkpoint of the reference holds");
}

Node* PickleReader::run() {
    while (step(static_cast<char>(take(1)))) continue;
    return pop();
}

void PickleReader::flatten(const Node& node, const std::string& path, int depth, TorchArchive& result) {
    if (depth > kDeepest || ++flattened_ > kMostEntries) fail("its pickle is nested too deeply");
    const auto below = [&](const std::string& key) { return path.empty() ? key : path + "/" + key; };
    switch (node.kind) {
        case Kind::Dict:
            for (const auto& [key, value] : node.entries) {
                if (key->kind != Kind::Text && key->kind != Kind::Integer)
                    fail("its pickle has a key of an unknown kind");
                flatten(*value, below(key->kind == Kind::Text ? key->text : std::to_string(key->integer)),
                        depth + 1, result);
            }
            return;
        case Kind::List:
        case Kind::Tuple:
            for (std::size_t i = 0; i < node.items.size(); ++i)
                flatten(*node.items[i], below(std::to_string(i)), depth + 1, result);
            return;
        case Kind::Tensor:
            result.tensors[path] = node.tensor;
            return;
        case Kind::Text:
            result.values[path] = node.text;
            return;
        case Kind::Integer:
            result.values[path] = std::to_string(node.integer);
            return;
        case Kind::Bool:
            result.values[path] = node.integer != 0 ? "true" : "false";
            return;
        case Kind::Real:
            result.values[path] = format_double(node.real);
            return;
        default:
            return;
    }
}

}  // namespace

TorchArchive read_torch_archive(const std::filesystem::path& path) {
    ZipArchive archive(path);
    std::string pickle;
    for (const auto& [name, member] : archive.members())
        if (name == "data.pkl" || name.ends_with("/data.pkl")) pickle = name;
    if (pickle.empty())
        throw InputError(path.string(), "holds no data.pkl: it is no PyTorch checkpoint",
                         "give a file of torch.save");
    const auto order = pickle.substr(0, pickle.size() - std::string("data.pkl").size()) + "byteorder";
    if (archive.has(order) && archive.read(order) != "little")
        throw InputError(path.string(), "was written on a big-endian machine",
                         "save it again on a usual one");
    return PickleReader(archive, pickle).read();
}

}  // namespace epi
