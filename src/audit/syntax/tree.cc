#include "audit/syntax/tree.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>

#include "audit/syntax/parser_memory.h"
#include "base/text.h"

extern "C" {
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_typescript();
const TSLanguage* tree_sitter_tsx();
}

namespace gatehouse::audit::syntax {

namespace {

// Finds a name among a few hundred: the table has four places for each, and hardly two names want the same one.
class Names {
 public:
  static constexpr std::uint16_t kNone = 0xffff;

  explicit Names(std::size_t most) : slots_(std::bit_ceil(most * 4 + 1)) {}

  // The number that was added with the name, kNone without one.
  std::uint16_t find(std::string_view name) const {
    for (std::size_t i = place(name);; i = (i + 1) & (slots_.size() - 1))
      if (slots_[i].number == kNone || same(slots_[i].name, name)) return slots_[i].number;
  }
  void add(std::string_view name, std::uint16_t number) {
    std::size_t i = place(name);
    while (slots_[i].number != kNone) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {name, number};
  }

 private:
  struct Slot {
    std::string_view name;
    std::uint16_t number = kNone;
  };
  std::size_t place(std::string_view name) const {
    if (name.empty()) return 0;
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(name[i])); };
    return (name.size() * 37 + byte(0) * 5 + byte(name.size() / 2) * 17 + byte(name.size() - 1)) & (slots_.size() - 1);
  }
  // Names are short: a call of memcmp costs more than its work.
  static bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i] != b[i]) return false;
    return true;
  }
  std::vector<Slot> slots_;  // a power of two, and never full
};

}  // namespace

// What the library would look up by comparing text at every step.
struct Grammar {
  const TSLanguage* language = nullptr;
  std::vector<std::string_view> symbols;  // by number; the last is ERROR, for which the library's own number is 65535
  std::vector<std::vector<std::uint16_t>> numbers;  // of every type's name, in rising order
  Names types, fields;                              // type: an index of numbers; field: its number

  explicit Grammar(const TSLanguage* l)
      : language(l), types(ts_language_symbol_count(l) + 1), fields(ts_language_field_count(l)) {
    const std::uint32_t count = ts_language_symbol_count(l);
    for (std::uint32_t s = 0; s < count; ++s)
      symbols.emplace_back(ts_language_symbol_name(l, static_cast<TSSymbol>(s)));
    symbols.emplace_back("ERROR");
    for (std::size_t s = 0; s < symbols.size(); ++s) {
      std::uint16_t type = types.find(symbols[s]);
      if (type == Names::kNone) {
        type = static_cast<std::uint16_t>(numbers.size());
        types.add(symbols[s], type);
        numbers.emplace_back();
      }
      numbers[type].push_back(static_cast<std::uint16_t>(s));
    }
    for (std::uint32_t i = 1; i <= ts_language_field_count(l); ++i)
      fields.add(ts_language_field_name_for_id(l, static_cast<TSFieldId>(i)), static_cast<std::uint16_t>(i));
  }
  // The numbers of a type; none for a name the grammar has not.
  std::span<const std::uint16_t> of(std::string_view type) const {
    const std::uint16_t known = types.find(type);
    return known == Names::kNone ? std::span<const std::uint16_t>() : numbers[known];
  }
};

namespace {

constexpr std::size_t kMostBytes = 1u << 20;
// Stops: tree-sitter 0.20 frees a wrong address when one node gets more than 65,535 children, which an unclosed file of
// that many tokens can cause. A file cannot have more tokens than words and marks.
constexpr std::size_t kMostTokens = 60'000;
constexpr std::size_t kMostNodes = 2'000'000;
constexpr std::uint64_t kMostMicroseconds = 2'000'000;

const Grammar& grammar(Language language) {
  static const std::array<Grammar, 4> all = {Grammar(tree_sitter_python()), Grammar(tree_sitter_javascript()),
                                             Grammar(tree_sitter_typescript()), Grammar(tree_sitter_tsx())};
  return all[static_cast<std::size_t>(language)];
}

// A tree goes with its memory; only where there is none of its own is it taken apart.
struct Forget {
  void operator()(TSTree* tree) const {
    if (!ParserMemory::kAtOnce) ts_tree_delete(tree);
  }
};

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return path.ends_with(e); });
}

}  // namespace

std::optional<Language> language_of(std::string_view path) {
  if (ends_with_any(path, {".py", ".pyw"})) return Language::python;
  if (path.ends_with(".tsx")) return Language::tsx;
  if (ends_with_any(path, {".d.ts", ".d.mts", ".d.cts"})) return std::nullopt;  // declarations hold no behaviour
  if (ends_with_any(path, {".ts", ".mts", ".cts"})) return Language::typescript;
  if (ends_with_any(path, {".js", ".jsx", ".mjs", ".cjs"})) return Language::javascript;
  return std::nullopt;
}

bool Node::named() const { return tree_ && tree_->nodes_[index_].named; }
Code Node::code() const {
  if (!tree_ || !tree_->charge((end() - begin()) / 4)) return {};
  return {std::string_view(tree_->code_).substr(begin(), end() - begin()), &tree_->pieces_};
}
std::string_view Node::text() const { return tree_ ? tree_->text_.substr(begin(), end() - begin()) : ""; }
int Node::line() const { return tree_ ? tree_->line_of(begin()) : 0; }
int Node::end_line() const { return tree_ ? tree_->line_of(end() > begin() ? end() - 1 : begin()) : 0; }

Node Node::next() const {
  if (!tree_ || index_ == 0) return {};
  const auto& nodes = tree_->nodes_;
  const std::uint32_t stop = nodes[nodes[index_].parent].next;
  for (std::uint32_t i = nodes[index_].next; i < stop; i = nodes[i].next)
    if (tree_->counts(i)) return Node(tree_, i);
  return {};
}

Node Node::previous() const {
  if (!tree_ || index_ == 0) return {};
  Node last;
  for (Node n : parent().children()) {
    if (n.index_ == index_) return last;
    last = n;
  }
  return {};
}

Node Node::child(std::string_view field) const {
  if (!tree_) return {};
  const std::uint16_t id = tree_->grammar_->fields.find(field);
  if (id == Names::kNone) return {};
  const auto& nodes = tree_->nodes_;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i].next)
    if (nodes[i].field == id) return Node(tree_, i);
  return {};
}

std::vector<Node> Node::children() const {
  std::vector<Node> out;
  if (!tree_) return out;
  const auto& nodes = tree_->nodes_;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i].next)
    if (tree_->counts(i)) out.emplace_back(tree_, i);
  return out;
}

std::vector<Node> Node::tokens() const {
  std::vector<Node> out;
  if (!tree_) return out;
  const auto& nodes = tree_->nodes_;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i].next) out.emplace_back(tree_, i);
  return out;
}

Node Node::first() const {
  if (!tree_) return {};
  const auto& nodes = tree_->nodes_;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i].next)
    if (tree_->counts(i)) return Node(tree_, i);
  return {};
}

bool Node::has_token(std::string_view token) const {
  if (!tree_) return false;
  const auto& nodes = tree_->nodes_;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i].next)
    if (!nodes[i].named && tree_->grammar_->symbols[nodes[i].symbol] == token) return true;
  return false;
}

bool Node::inside(Node outer) const {
  if (!tree_ || tree_ != outer.tree_) return false;
  return index_ >= outer.index_ && index_ < tree_->nodes_[outer.index_].next;
}

std::vector<Node> Node::all(std::string_view type) const {
  std::vector<Node> out;
  if (!tree_) return out;
  const std::uint32_t stop = tree_->nodes_[index_].next;
  if (!tree_->charge(64)) return out;
  bool mixed = false;  // types of one name under several numbers
  for (const std::uint16_t symbol : tree_->grammar_->of(type)) {
    const auto list = std::span(tree_->by_symbol_)
                          .subspan(tree_->starts_[symbol], tree_->starts_[symbol + 1u] - tree_->starts_[symbol]);
    const auto from = std::upper_bound(list.begin(), list.end(), index_);
    const auto to = std::lower_bound(from, list.end(), stop);
    if (from == to) continue;
    mixed = mixed || !out.empty();
    out.reserve(out.size() + static_cast<std::size_t>(to - from));
    for (auto it = from; it != to; ++it) out.emplace_back(tree_, *it);
  }
  if (mixed) std::sort(out.begin(), out.end(), [](const Node& a, const Node& b) { return a.index_ < b.index_; });
  tree_->charge(out.size());
  return out;
}

std::vector<Node> Tree::all(std::string_view type) const { return root().all(type); }

int Tree::line_of(std::uint32_t byte) const {
  const auto it = std::upper_bound(line_starts_.begin(), line_starts_.end(), byte);
  return static_cast<int>(it - line_starts_.begin());
}

std::string_view Tree::line_text(int line) const {
  if (line < 1 || static_cast<std::size_t>(line) > written_starts_.size()) return {};
  const std::size_t begin = written_starts_[static_cast<std::size_t>(line) - 1];
  std::size_t end = written_.find('\n', begin);
  if (end == std::string_view::npos) end = written_.size();
  return written_.substr(begin, end - begin);
}

Result<Tree> Tree::parse(Language language, std::string_view text, std::string_view written) {
  if (text.size() > kMostBytes) return fail(Source::client, "too_large", "more than 1 MiB of source");
  std::size_t tokens = 0;
  bool word = false;
  for (const char c : text) {
    const bool letter = gatehouse::text::is_alpha(c) || gatehouse::text::is_digit(c) || c == '_' ||
                        static_cast<unsigned char>(c) >= 0x80;
    if (c == '\n' || (letter ? !word : c != ' ' && c != '\t' && c != '\r')) ++tokens;
    word = letter;
  }
  if (tokens > kMostTokens) return fail(Source::client, "too_large", "more than 60,000 words and marks");
  const Grammar& known = grammar(language);
  const ParserMemory memory;
  const std::unique_ptr<TSParser, decltype(&ts_parser_delete)> parser(ts_parser_new(), ts_parser_delete);
  if (!ts_parser_set_language(parser.get(), known.language))
    return fail(Source::us, "bad_grammar", "the grammar's version does not fit the library");
  ts_parser_set_timeout_micros(parser.get(), kMostMicroseconds);
  const std::unique_ptr<TSTree, Forget> parsed(
      ts_parser_parse_string(parser.get(), nullptr, text.data(), static_cast<std::uint32_t>(text.size())));
  if (!parsed) return fail(Source::client, "too_slow", "parsing took more than two seconds");

  Tree tree;
  tree.language_ = language;
  tree.text_ = text;
  tree.written_ = written.empty() ? text : written;
  tree.full_ = 60'000'000 + static_cast<std::int64_t>(text.size()) * 90;
  tree.credit_ = tree.full_;
  const auto starts = [](std::string_view of, std::vector<std::uint32_t>& out) {
    out.push_back(0);
    for (std::size_t i = 0; i < of.size(); ++i)
      if (of[i] == '\n') out.push_back(static_cast<std::uint32_t>(i + 1));
  };
  starts(text, tree.line_starts_);
  starts(tree.written_, tree.written_starts_);

  tree.grammar_ = &known;
  const auto symbols = static_cast<std::uint32_t>(known.symbols.size() - 1);  // the number of ERROR
  tree.types_ = known.symbols.data();
  if (const auto comment = known.of("comment"); !comment.empty()) tree.comment_ = comment.front();
  tree.starts_.resize(symbols + 2);
  tree.nodes_.reserve(text.size() / 4 + 16);

  struct Cursor {
    TSTreeCursor it;
    explicit Cursor(TSNode n) : it(ts_tree_cursor_new(n)) {}
    ~Cursor() { ts_tree_cursor_delete(&it); }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
  } cursor(ts_tree_root_node(parsed.get()));

  std::size_t unread = 0;
  std::vector<std::uint32_t> open;  // indices of the ancestors
  while (true) {
    const TSNode node = ts_tree_cursor_current_node(&cursor.it);
    const TSSymbol symbol = ts_node_symbol(node);
    const auto at = static_cast<std::uint32_t>(symbol < symbols ? symbol : symbols);
    const auto index = static_cast<std::uint32_t>(tree.nodes_.size());
    if (tree.nodes_.size() >= kMostNodes) return fail(Source::client, "too_large", "more than two million nodes");
    const auto begin = std::min<std::uint32_t>(ts_node_start_byte(node), static_cast<std::uint32_t>(text.size()));
    const auto end = std::clamp<std::uint32_t>(ts_node_end_byte(node), begin, static_cast<std::uint32_t>(text.size()));
    tree.nodes_.push_back({begin, end, open.empty() ? 0 : open.back(), index + 1, static_cast<std::uint16_t>(at),
                           ts_tree_cursor_current_field_id(&cursor.it), ts_node_is_named(node)});
    if (tree.nodes_.back().named) ++tree.starts_[at + 1];
    if (at == symbols) unread += end - begin;
    if (ts_tree_cursor_goto_first_child(&cursor.it)) {
      open.push_back(index);
      continue;
    }
    bool done = false;
    while (!ts_tree_cursor_goto_next_sibling(&cursor.it)) {
      if (!ts_tree_cursor_goto_parent(&cursor.it) || open.empty()) {
        done = true;
        break;
      }
      tree.nodes_[open.back()].next = static_cast<std::uint32_t>(tree.nodes_.size());
      open.pop_back();
    }
    if (done) break;
  }
  for (const std::uint32_t i : open) tree.nodes_[i].next = static_cast<std::uint32_t>(tree.nodes_.size());
  for (std::size_t i = 1; i < tree.starts_.size(); ++i) tree.starts_[i] += tree.starts_[i - 1];
  tree.by_symbol_.resize(tree.starts_.back());
  std::vector<std::uint32_t> ends(tree.starts_.begin() + 1, tree.starts_.end());
  for (std::size_t i = tree.nodes_.size(); i-- > 0;)
    if (const Flat& n = tree.nodes_[i]; n.named) tree.by_symbol_[--ends[n.symbol]] = static_cast<std::uint32_t>(i);
  tree.code_.assign(text);
  const auto blank = [&](const Node& n) {
    for (std::uint32_t i = n.begin(); i < n.end(); ++i)
      if (tree.code_[i] != '\n') tree.code_[i] = ' ';
  };
  for (const Node& n : tree.all("comment")) blank(n);
  if (tree.python())
    for (const Node& n : tree.all("expression_statement"))
      if (const Node only = n.first(); only.is("string") && !only.next()) blank(only);
  tree.pieces_ = Pieces(tree.code_);
  tree.error_share_ = text.empty() ? 0 : std::min(1.0, static_cast<double>(unread) / static_cast<double>(text.size()));
  return tree;
}

}  // namespace gatehouse::audit::syntax
