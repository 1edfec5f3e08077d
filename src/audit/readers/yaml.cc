#include "audit/readers/yaml.h"

#include <yaml.h>

#include <map>

namespace gatehouse::audit::yaml {
namespace {

constexpr int kDepth = 48;
constexpr std::size_t kNodes = 200'000;

class Parser {
 public:
  explicit Parser(std::string_view text) {
    ok_ = yaml_parser_initialize(&parser_) == 1;
    if (ok_) yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() {
    if (have_) yaml_event_delete(&event_);
    if (ok_) yaml_parser_delete(&parser_);
  }

  Result<std::vector<Node>> all() {
    std::vector<Node> out;
    if (!ok_) return fail(Source::us, "bad_yaml", "no memory");
    for (;;) {
      if (!next()) return bad();
      if (event_.type == YAML_STREAM_END_EVENT) return out;
      if (event_.type != YAML_DOCUMENT_START_EVENT) continue;
      anchors_.clear();
      if (!next()) return bad();
      Node root;
      if (!node(root, 0)) return bad();
      out.push_back(std::move(root));
    }
  }

 private:
  bool next() {
    if (have_) yaml_event_delete(&event_);
    have_ = yaml_parser_parse(&parser_, &event_) == 1;
    return have_;
  }

  tl::unexpected<Problem> bad() const {
    const std::string why = parser_.problem != nullptr ? parser_.problem : "too deep, too large or cut off";
    return fail(Source::us, "bad_yaml", std::to_string(parser_.problem_mark.line + 1) + ": " + why);
  }

  void remember(const unsigned char* anchor, const Node& n) {
    if (anchor != nullptr) anchors_[reinterpret_cast<const char*>(anchor)] = n;
  }

  static std::size_t weight(const Node& n) {
    std::size_t w = 1;
    for (const Node& i : n.items) w += weight(i);
    return w;
  }

  // The event in hand begins a node; afterwards the event in hand is its last.
  bool node(Node& out, int depth) {
    if (depth > kDepth || ++nodes_ > kNodes) return false;
    out.line = static_cast<int>(event_.start_mark.line) + 1;
    switch (event_.type) {
      case YAML_SCALAR_EVENT: {
        const auto& s = event_.data.scalar;
        out.text.assign(reinterpret_cast<const char*>(s.value), s.length);
        out.plain = s.style == YAML_PLAIN_SCALAR_STYLE;
        remember(s.anchor, out);
        return true;
      }
      case YAML_ALIAS_EVENT: {
        auto it = anchors_.find(reinterpret_cast<const char*>(event_.data.alias.anchor));
        if (it == anchors_.end()) return true;
        // Stops: aliases of aliases that unfold to more nodes than memory holds.
        nodes_ += weight(it->second);
        if (nodes_ > kNodes) return false;
        const int line = out.line;
        out = it->second;
        out.line = line;
        return true;
      }
      case YAML_SEQUENCE_START_EVENT: {
        out.kind = Node::Kind::list;
        const std::string anchor = name_of(event_.data.sequence_start.anchor);
        for (;;) {
          if (!next()) return false;
          if (event_.type == YAML_SEQUENCE_END_EVENT) break;
          out.items.emplace_back();
          if (!node(out.items.back(), depth + 1)) return false;
        }
        if (!anchor.empty()) anchors_[anchor] = out;
        return true;
      }
      case YAML_MAPPING_START_EVENT: {
        out.kind = Node::Kind::map;
        const std::string anchor = name_of(event_.data.mapping_start.anchor);
        for (;;) {
          if (!next()) return false;
          if (event_.type == YAML_MAPPING_END_EVENT) break;
          Node key;
          if (!node(key, depth + 1)) return false;
          if (!next()) return false;
          Node value;
          if (!node(value, depth + 1)) return false;
          if (value.kind == Node::Kind::scalar || value.line == 0) value.line = std::max(value.line, key.line);
          if (value.kind != Node::Kind::scalar) value.line = key.line;
          if (key.text == "<<" && value.kind == Node::Kind::map) {
            for (std::size_t i = 0; i < value.keys.size(); ++i) {
              out.keys.push_back(std::move(value.keys[i]));
              out.items.push_back(std::move(value.items[i]));
            }
          } else {
            out.keys.push_back(std::move(key.text));
            out.items.push_back(std::move(value));
          }
        }
        if (!anchor.empty()) anchors_[anchor] = out;
        return true;
      }
      default:
        return false;
    }
  }

  static std::string name_of(const unsigned char* anchor) {
    return anchor == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(anchor));
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ok_ = false, have_ = false;
  std::size_t nodes_ = 0;
  std::map<std::string, Node, std::less<>> anchors_;
};

}  // namespace

std::vector<std::pair<std::string_view, const Node*>> Node::members() const {
  std::vector<std::pair<std::string_view, const Node*>> out;
  for (std::size_t i = 0; i < keys.size(); ++i) out.emplace_back(keys[i], &items[i]);
  return out;
}

const Node* Node::find(std::string_view key) const {
  const Node* found = nullptr;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == key) found = &items[i];  // the last wins, as loaders have it
  return found;
}

std::string_view Node::text_at(std::string_view key) const {
  const Node* n = find(key);
  return n == nullptr ? std::string_view{} : std::string_view(n->text);
}

Result<std::vector<Node>> parse(std::string_view text) { return Parser(text).all(); }

}  // namespace gatehouse::audit::yaml
