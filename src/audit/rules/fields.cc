#include "audit/rules/fields.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit {

using conf::Node;

Fields::Fields(const Node& table, std::string path, conf::Findings& findings)
    : table_(table), path_(std::move(path)), findings_(findings) {}

const Node* Fields::take(std::string_view key) {
  asked_.emplace_back(key);
  return table_.find(key);
}

void Fields::bad(std::string_view key, std::string message, std::string remedy) {
  const Node* n = table_.find(key);
  const std::string path = path_.empty() || key.empty() ? path_ + std::string(key) : path_ + "." + std::string(key);
  findings_.add({conf::Severity::error, "bad_value", n == nullptr ? table_.place : n->place, path, std::move(message),
                 std::move(remedy)});
}

std::string Fields::text(std::string_view key, Need need) {
  const Node* n = take(key);
  if (n != nullptr && n->kind == Node::Kind::string && (need == Need::optional || !n->text.empty())) return n->text;
  if (n != nullptr) {
    bad(key, "expected a text", "write it in quotes");
  } else if (need == Need::required) {
    bad(key, "this key is missing", "add `" + std::string(key) + " = \"…\"`");
  }
  return {};
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> out;
  const Node* n = take(key);
  if (n == nullptr) return out;
  if (n->kind == Node::Kind::string) return {n->text};
  const bool strings = n->kind == Node::Kind::list && std::all_of(n->items.begin(), n->items.end(), [](const Node& i) {
                         return i.kind == Node::Kind::string;
                       });
  if (!strings) bad(key, "expected a list of texts", "write [\"…\", \"…\"]");
  if (strings)
    for (const Node& i : n->items) out.push_back(i.text);
  return out;
}

std::vector<std::string> Fields::joined(std::string_view key) {
  std::vector<std::string> out;
  const Node* n = take(key);
  if (n == nullptr) return out;
  for (const Node& item : n->items) {
    std::string text;
    for (const Node& piece : item.items) text += piece.text;
    if (!text.empty()) out.push_back(std::move(text));
  }
  if (out.size() != n->items.size() || out.empty())
    bad(key, "expected lists of texts", "write [[\"…\", \"…\"], [\"…\"]]");
  return out;
}

std::vector<int> Fields::numbers(std::string_view key) {
  std::vector<int> out;
  const Node* n = take(key);
  if (n == nullptr) return out;
  const bool whole = n->kind == Node::Kind::list && std::all_of(n->items.begin(), n->items.end(), [](const Node& i) {
                       return i.kind == Node::Kind::integer && i.integer >= 0 && i.integer <= 1'000'000;
                     });
  if (!whole) bad(key, "expected a list of whole numbers", "write [79, 693]");
  if (whole)
    for (const Node& i : n->items) out.push_back(static_cast<int>(i.integer));
  return out;
}

int Fields::one_of(std::string_view key, const std::vector<std::string_view>& names) {
  const Node* n = take(key);
  if (n == nullptr) return -1;
  const auto it = std::find(names.begin(), names.end(), n->text);
  if (n->kind == Node::Kind::string && it != names.end()) return static_cast<int>(it - names.begin());
  std::string all;
  for (std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  bad(key, "not one of the known words", "write one of " + all);
  return -1;
}

void Fields::each(std::string_view key, const std::function<void(Fields&)>& read) {
  const Node* n = take(key);
  if (n == nullptr) return;
  if (!n->list_of_tables())
    return bad(key, "expected a list of tables",
               "write [[" + (path_.empty() ? "" : path_.substr(0, path_.find('[')) + ".") + std::string(key) + "]]");
  for (std::size_t i = 0; i < n->items.size(); ++i) {
    Fields fields(n->items[i], (path_.empty() ? "" : path_ + ".") + std::string(key) + "[" + std::to_string(i) + "]",
                  findings_);
    read(fields);
    fields.finish();
  }
}

std::vector<std::string> Fields::keys() const {
  std::vector<std::string> out;
  for (const conf::Entry& e : table_.entries) out.push_back(e.name);
  return out;
}

void Fields::finish() {
  for (const conf::Entry& e : table_.entries) {
    if (std::find(asked_.begin(), asked_.end(), e.name) != asked_.end()) continue;
    const std::vector<std::string_view> words(asked_.begin(), asked_.end());
    const auto near = text::nearest(e.name, words);
    std::string known;
    for (std::string_view k : words) known += " " + std::string(k);
    findings_.add({conf::Severity::error, "unknown_key", e.node.place,
                   (path_.empty() ? "" : path_ + ".") + text::printable(e.name, 80), "unknown key",
                   near ? "did you mean `" + std::string(*near) + "`?" : "remove it; known here:" + known});
  }
}

}  // namespace gatehouse::audit
