// A parsed source file: tree-sitter's tree, copied once into a flat array so that every question about parents,
// siblings and "all nodes of this type" is cheap, and nothing recurses with the depth of a hostile file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/syntax/pieces.h"
#include "base/result.h"

namespace gatehouse::audit::syntax {

enum class Language : std::uint8_t { python, javascript, typescript, tsx };

// By file ending; nothing for what we have no grammar for.
std::optional<Language> language_of(std::string_view path);

class Tree;
struct Grammar;  // the numbers of its types and fields

// A place in a tree; copying costs nothing. An absent node answers every question with emptiness.
class Node {
 public:
  Node() = default;
  Node(const Tree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

  explicit operator bool() const { return tree_ != nullptr; }
  bool operator==(const Node& other) const { return tree_ == other.tree_ && index_ == other.index_; }
  std::uint32_t index() const { return index_; }

  std::string_view type() const;
  bool is(std::string_view type) const { return tree_ && this->type() == type; }
  template <class... T>
  bool any_of(const T&... types) const {
    if (!tree_) return false;
    const std::string_view own = type();
    return ((own == view(types)) || ...);
  }
  bool named() const;
  std::string_view text() const;
  Code code() const;  // the same bytes with comments and docstrings blanked
  std::uint32_t begin() const;
  std::uint32_t end() const;
  int line() const;      // from 1
  int end_line() const;  // from 1

  Node parent() const;
  Node next() const;                             // next named sibling
  Node previous() const;                         // previous named sibling
  Node child(std::string_view field) const;      // by field name of the grammar
  std::vector<Node> children() const;            // named only
  std::vector<Node> tokens() const;              // all, punctuation and keywords included
  Node first() const;                            // first named child
  bool has_token(std::string_view token) const;  // a direct unnamed child of this text
  // The nearest ancestor of this type, not this node itself.
  template <class... T>
  Node above(const T&... types) const {
    for (Node n = parent(); n; n = n.parent())
      if (n.any_of(types...)) return n;
    return {};
  }
  bool inside(Node outer) const;  // this node or below it
  // Every node below (this one excluded) of the type, in the order of the text.
  std::vector<Node> all(std::string_view type) const;

 private:
  template <std::size_t kSize>
  static constexpr std::string_view view(const char (&literal)[kSize]) {
    return {literal, kSize - 1};  // its length without counting
  }
  static constexpr std::string_view view(std::string_view s) { return s; }

  const Tree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

class Tree {
 public:
  // Bounds: at most 1 MiB of text, 60,000 words and marks, and two seconds. Problem codes: "too_large", "too_slow".
  // `written` is what line_text() shows, when `text` is the same in other words, line by line.
  static Result<Tree> parse(Language language, std::string_view text, std::string_view written = {});

  Language language() const { return language_; }
  bool python() const { return language_ == Language::python; }
  std::string_view text() const { return text_; }  // what was parsed; the caller keeps it alive
  Code code() const { return {code_, &pieces_}; }
  Node root() const { return Node(this, 0); }
  Node at(std::uint32_t index) const { return Node(this, index); }
  // All nodes of a type, in the order of the text.
  std::vector<Node> all(std::string_view type) const;
  int line_of(std::uint32_t byte) const;
  std::string_view line_text(int line) const;
  // A hostile file can make checks ask the same of a huge tree again and again. Each answer costs its length; when the
  // tree's credit is used up, all() and code() answer with nothing, and the file counts as not checked.
  bool spent() const { return credit_ < 0; }
  bool charge(std::size_t cost) const {
    credit_ -= static_cast<std::int64_t>(cost) + 1;
    return credit_ >= 0;
  }
  // A quarter of the credit once more, for a reader that asks something else; at most four times.
  bool renew() const {
    if (renewals_ == 0) return false;
    --renewals_;
    credit_ = full_ / 4;
    return true;
  }
  // Share of the text that the grammar could not read, 0 … 1.
  double error_share() const { return error_share_; }

  // Trees point into themselves through Node only while they stay where they are.
  Tree(Tree&&) = default;
  Tree& operator=(Tree&&) = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

 private:
  friend class Node;
  // A node with a name that is no comment.
  bool counts(std::uint32_t index) const { return nodes_[index].named && nodes_[index].symbol != comment_; }
  struct Flat {
    std::uint32_t begin, end;
    std::uint32_t parent, next;  // next: index after this node's last descendant
    std::uint16_t symbol, field;
    bool named;
  };
  Tree() = default;

  Language language_ = Language::python;
  std::string_view text_;
  std::string_view written_;                   // as its author wrote it
  std::vector<std::uint32_t> written_starts_;  // its lines
  std::string code_;         // text_ with comments and docstrings as blanks, so that words in them prove nothing
  Pieces pieces_;            // of code_
  std::vector<Flat> nodes_;  // pre-order; nodes_[0] is the root
  const Grammar* grammar_ = nullptr;
  const std::string_view* types_ = nullptr;  // the grammar's names, by number
  std::uint16_t comment_ = 0;                // its number
  // The named nodes of type n, in the order of the text: by_symbol_[starts_[n]] up to by_symbol_[starts_[n + 1]].
  std::vector<std::uint32_t> by_symbol_, starts_;
  std::vector<std::uint32_t> line_starts_;
  double error_share_ = 0;
  std::int64_t full_ = 0;
  mutable std::int64_t credit_ = 0;
  mutable int renewals_ = 4;
};

// What checks ask at every step.
inline std::string_view Node::type() const { return tree_ ? tree_->types_[tree_->nodes_[index_].symbol] : ""; }
inline std::uint32_t Node::begin() const { return tree_ ? tree_->nodes_[index_].begin : 0; }
inline std::uint32_t Node::end() const { return tree_ ? tree_->nodes_[index_].end : 0; }
inline Node Node::parent() const { return tree_ && index_ != 0 ? Node(tree_, tree_->nodes_[index_].parent) : Node(); }

}  // namespace gatehouse::audit::syntax
