#include "batches/cell_filter.hpp"

#include <algorithm>
#include <functional>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {
struct CellFilter::Node {
    enum class Kind { And, Or, Not, In } kind = Kind::In;
    std::vector<std::unique_ptr<Node>> parts;  // of And, Or, Not
    AtlasCells::Label column = nullptr;        // of In
    std::vector<std::string> values;

    bool matches(const AtlasCells& atlas, std::int64_t cell) const {
        const auto good = [&](const auto& part) { return part->matches(atlas, cell); };
        switch (kind) {
            case Kind::And:
                return std::all_of(parts.begin(), parts.end(), good);
            case Kind::Or:
                return std::any_of(parts.begin(), parts.end(), good);
            case Kind::Not:
                return !good(parts[0]);
            case Kind::In:
                break;
        }
        const auto label = (atlas.*column)(cell);
        return std::find(values.begin(), values.end(), label) != values.end();
    }
};

class FilterParser {
  public:
    using Node = CellFilter::Node;
    explicit FilterParser(std::string_view text) : text_(text) {}

    std::unique_ptr<Node> parse() {
        next();
        if (token_.empty() && !quoted_) return nullptr;
        auto root = any();
        if (!token_.empty() || quoted_) fail("'and', 'or' or the end is expected");
        return root;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw UsageError("'" + std::string(text_) + "'",
                         "at '" + std::string(text_.substr(begin_)) + "': " + what,
                         "such as: tissue == lung and not donor in [D1, 'D 2']");
    }

    // The next token: an operator, a bracket, a quoted or a bare word; empty at the end.
    void next() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        begin_ = at_;
        quoted_ = false;
        if (at_ == text_.size()) return token_.clear();
        const char c = text_[at_];
        if (c == '\'' || c == '"') {
            const auto end = text_.find(c, at_ + 1);
            if (end == std::string_view::npos) fail("the quote is not closed");
            token_ = text_.substr(at_ + 1, end - at_ - 1);
            quoted_ = true;
            at_ = end + 1;
            return;
        }
        while (at_ < text_.size() && is_bare(text_[at_])) ++at_;
        if (at_ == begin_)
            at_ += (c == '=' || c == '!') && text_.substr(at_).starts_with(c == '=' ? "==" : "!=") ? 2 : 1;
        token_ = text_.substr(begin_, at_ - begin_);
    }

    static bool is_bare(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_.:+/-*").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) >= 0x80;
    }

    bool take(std::string_view word) {
        if (quoted_ || token_ != word) return false;
        next();
        return true;
    }

    std::string value() {
        if (!quoted_ && (token_.empty() || !is_bare(token_[0]))) fail("a value is expected");
        auto word = token_;
        next();
        return word;
    }

    std::unique_ptr<Node> joined(Node::Kind kind, std::string_view word,
                                 const std::function<std::unique_ptr<Node>()>& part) {
        auto first = part();
        if (quoted_ || token_ != word) return first;
        auto node = std::make_unique<Node>();
        node->kind = kind;
        node->parts.push_back(std::move(first));
        while (take(word)) node->parts.push_back(part());
        return node;
    }

    std::unique_ptr<Node> any() {
        return joined(Node::Kind::Or, "or", [this] { return all(); });
    }
    std::unique_ptr<Node> all() {
        return joined(Node::Kind::And, "and", [this] { return one(); });
    }

    static std::unique_ptr<Node> negated(std::unique_ptr<Node> part) {
        auto node = std::make_unique<Node>();
        node->kind = Node::Kind::Not;
        node->parts.push_back(std::move(part));
        return node;
    }

    std::unique_ptr<Node> one() {
        constexpr int kDeepest = 100;
        if (++depth_ > kDeepest) fail("is nested too deeply");
        std::unique_ptr<Node> node;
        if (take("not")) {
            node = negated(one());
        } else if (take("(")) {
            node = any();
            if (!take(")")) fail("')' is expected");
        } else {
            node = comparison();
        }
        --depth_;
        return node;
    }

    std::unique_ptr<Node> comparison() {
        const auto column = AtlasCells::label_named(token_);
        if (quoted_ || column == nullptr)
            fail("a column is expected: sample, batch, donor, tissue, cell_type or split");
        next();
        auto node = std::make_unique<Node>();
        node->column = column;
        if (take("==")) {
            node->values.push_back(value());
            return node;
        }
        if (take("!=")) {
            node->values.push_back(value());
            return negated(std::move(node));
        }
        const bool without = take("not");
        if (!take("in")) fail("==, !=, in or not in is expected");
        if (!take("[")) fail("'[' is expected");
        do {
            node->values.push_back(value());
        } while (take(","));
        if (!take("]")) fail("',' or ']' is expected");
        return without ? negated(std::move(node)) : std::move(node);
    }

    std::string_view text_;
    std::size_t at_ = 0, begin_ = 0;
    std::string token_;
    bool quoted_ = false;
    int depth_ = 0;
};

CellFilter::CellFilter(std::string text, std::unique_ptr<Node> root)
    : text_(std::move(text)), root_(std::move(root)) {}
CellFilter::CellFilter(CellFilter&&) noexcept = default;
CellFilter& CellFilter::operator=(CellFilter&&) noexcept = default;
CellFilter::~CellFilter() = default;

CellFilter CellFilter::parse(std::string_view text) {
    return {std::string(text), FilterParser(text).parse()};
}

bool CellFilter::operator()(const AtlasCells& atlas, std::int64_t cell) const {
    return root_ == nullptr || root_->matches(atlas, cell);
}

std::vector<std::int64_t> CellFilter::choose(const AtlasCells& atlas,
                                             std::span<const std::int64_t> cells) const {
    std::vector<std::int64_t> chosen;
    for (const auto cell : cells)
        if ((*this)(atlas, cell)) chosen.push_back(cell);
    if (chosen.empty())
        throw InputError(atlas.path().string(), "no cell is chosen by '" + text_ + "'",
                         "`epifoundry atlas info` lists the labels there are");
    return chosen;
}

}  // namespace epi
