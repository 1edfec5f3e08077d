#include "audit/close/policy_line.h"

#include <algorithm>

#include "base/conf/node.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

using conf::Node;

std::vector<std::string_view> lines_of(std::string_view text) {
  auto out = text::split(text, '\n');
  if (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& l : lines) out += l + "\n";
  return out;
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.integer != b.integer || a.boolean != b.boolean || a.time != b.time)
    return false;
  return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
         std::equal(
             a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
             [](const conf::Entry& x, const conf::Entry& y) { return x.name == y.name && same(x.node, y.node); });
}

// "a = 1; b = "x; y"" as its two pieces: a semicolon inside quotes belongs to the value.
std::vector<std::string> keys_of(std::string_view words) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (char c : words) {
    if (c == '"') quoted = !quoted;
    if (c == ';' && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  for (std::string& s : out) s = std::string(text::trim(s));
  return out;
}

std::string value_of(const PolicyLine& line, std::string_view key) {
  for (const auto& [name, value] : line.keys)
    if (name == key) return value;
  return {};
}

// The text of a string value, without its quotes.
std::string bare(std::string_view value) {
  return value.size() > 1 && value.front() == '"' ? std::string(value.substr(1, value.size() - 2)) : std::string(value);
}

class Editor {
 public:
  Editor(const PolicyLine& line, std::string path, std::string_view why, std::string_view text, std::string file)
      : line_(line), path_(std::move(path)), why_(why), file_(std::move(file)) {
    for (std::string_view l : lines_of(text)) lines_.emplace_back(l);
  }

  Result<PolicyEdit> run(std::string_view text) {
    conf::Findings findings;
    auto root = conf::parse_toml(text, file_, findings);
    if (!root) return fail(Source::client, "syntax", findings.empty() ? file_ : conf::render_text(findings, false));
    root_ = std::move(*root);
    headers(root_);
    if (auto done = line_.of_route() ? route() : table(); !done) return fail(done.error());
    PolicyEdit edit{joined(lines_), {}};
    if (lines_of(text) == lines_of(edit.text)) edit.text = text;  // a missing last line break is no change
    edit.diff = unified_diff(text, edit.text, file_);
    return edit;
  }

 private:
  std::string at(int line) const { return file_ + ":" + std::to_string(line); }

  // Lines on which a table's [header] stands.
  void headers(const Node& node) {
    for (const conf::Entry& e : node.entries) {
      if (has_header(e.node)) headers_.push_back(e.node.place.line);
      headers(e.node);
    }
    for (const Node& i : node.items) {
      if (has_header(i)) headers_.push_back(i.place.line);
      headers(i);
    }
  }
  bool has_header(const Node& n) const {
    const auto at = static_cast<std::size_t>(n.place.line);
    return n.kind == Node::Kind::table && at >= 1 && at <= lines_.size() && text::trim(lines_[at - 1]).starts_with('[');
  }

  // The keys below a header that is there: what is missing comes right under it.
  Result<void> below(const Node& table) {
    if (!has_header(table))
      return fail(Source::client, "inline",
                  at(table.place.line) + ": [" + line_.table +
                      "] is written without a header of its own\n  remedy: " + "add there " + keys_in_short());
    std::vector<std::string> added;
    for (const auto& [name, value] : line_.keys) {
      conf::Findings none;
      const auto wanted = conf::parse_toml(name + " = " + value, "policy", none);
      const Node* there = table.find(name);
      if (there == nullptr) {
        added.push_back(name + " = " + value);
      } else if (!wanted || !same(*there, *wanted->find(name))) {
        return fail(Source::client, "clash",
                    at(there->place.line) + ": `" + name + "` is there with another value: " +
                        text::printable(text::trim(lines_[static_cast<std::size_t>(there->place.line) - 1]), 200) +
                        "\n  remedy: decide there; the line that closes it is `" + name + " = " + value + "`");
      }
    }
    if (!added.empty()) added.front() += "  # closes " + why_;
    insert(table.place.line, added);
    return {};
  }

  void insert(int after_line, const std::vector<std::string>& added) {
    lines_.insert(lines_.begin() + after_line, added.begin(), added.end());
  }
  void append(const std::string& text) {
    if (!lines_.empty()) lines_.emplace_back();
    lines_.push_back("# Closes " + why_ + ".");
    for (std::string_view l : lines_of(text)) lines_.emplace_back(l);
  }

  Result<void> table() {
    const Node* n = &root_;
    for (std::string_view part : text::split(line_.table, '.')) {
      n = n->find(part);
      if (n == nullptr) return append(line_.text()), Result<void>{};
    }
    return below(*n);
  }

  // The route written for a path, and the one that answers there now.
  const Node* written(std::string_view path) const {
    return route_where([&](std::string_view p) { return p == path; });
  }
  const Node* answering(std::string_view path) const {
    const Node* best = nullptr;
    std::size_t length = 0;
    if (const Node* list = root_.find("route"))
      for (const Node& r : list->items)
        if (const Node* p = r.find("path"); p != nullptr) {
          const std::string_view pattern = p->text;
          const bool takes = pattern.starts_with('=') ? path == pattern.substr(1)
                                                      : pattern.ends_with('/') && path.starts_with(pattern);
          if (takes && pattern.size() >= length) {
            best = &r;
            length = pattern.size();
          }
        }
    return best;
  }
  template <class F>
  const Node* route_where(F matches) const {
    if (const Node* list = root_.find("route"))
      for (const Node& r : list->items)
        if (const Node* p = r.find("path"); p != nullptr && matches(p->text)) return &r;
    return nullptr;
  }

  Result<void> route() {
    std::string path = bare(value_of(line_, "path"));
    if (path.empty()) path = path_;
    if (path.empty()) return fail(Source::client, "no_path", "which route? Name it with --route PATH");
    const Node* r = written(path);
    if (r == nullptr) r = written("=" + path);
    const bool sub = line_.table != "route";
    const std::string name = sub ? line_.table.substr(6) : "";
    if (r != nullptr && !sub) return below(*r);
    if (r != nullptr) {
      const Node* there = r->find(name);
      if (there == nullptr) return insert(end_of(*r), sub_lines()), Result<void>{};
      if (has_header(*there)) return below(*there);
      return fail(Source::client, "inline",
                  at(there->place.line) + ": the route states `" + name + "` in short form\n  remedy: write [" +
                      line_.table + "] below the route's keys in its place, with " + keys_in_short());
    }
    std::string text = "[[route]]\npath = \"" + path + "\"\n";
    if (!sub) {
      for (const auto& [key, value] : line_.keys)
        if (key != "path") text += key + " = " + value + "\n";
    }
    if (name != "access" && value_of(line_, "access").empty()) {
      const Node* now = answering(path);
      const Node* access = now == nullptr ? nullptr : now->find("access");
      if (access == nullptr || access->kind != Node::Kind::string)
        return fail(Source::client, "no_access",
                    "no route of " + file_ + " answers at " + path +
                        " with a plain `access`\n  remedy: write a [[route]] for it first, and who may use it");
      text += "access = \"" + access->text + "\"\n";
      if (const Node* upstream = now->find("upstream"); upstream != nullptr && upstream->kind == Node::Kind::string)
        text += "upstream = \"" + upstream->text + "\"\n";
    }
    if (sub) text += line_.text();
    append(text);
    return {};
  }

  std::string keys_in_short() const {
    std::string out;
    for (const auto& [key, value] : line_.keys) out += (out.empty() ? "" : ", ") + key + " = " + value;
    return out;
  }
  std::vector<std::string> sub_lines() const {
    std::vector<std::string> out;
    const std::string text = line_.text();
    for (std::string_view l : lines_of(text)) out.emplace_back(l);
    out.front() += "  # closes " + why_;
    return out;
  }
  // The last line of a route with its sub-tables; blanks and comments before the next header belong to that.
  int end_of(const Node& r) const {
    int end = static_cast<int>(lines_.size());
    for (const int h : headers_)
      if (h > r.place.line && h <= end) {
        const std::string_view head = text::trim(lines_[static_cast<std::size_t>(h) - 1]);
        if (!head.starts_with("[route.") && !head.starts_with("[[route.")) end = h - 1;
      }
    while (end > r.place.line) {
      const std::string_view l = text::trim(lines_[static_cast<std::size_t>(end) - 1]);
      if (!l.empty() && !l.starts_with('#')) break;
      --end;
    }
    return end;
  }

  const PolicyLine& line_;
  std::string path_, why_, file_;
  std::vector<std::string> lines_;
  Node root_;
  std::vector<int> headers_;
};

}  // namespace

std::string PolicyLine::text() const {
  std::string out = list ? "[[" + table + "]]\n" : "[" + table + "]\n";
  for (const auto& [name, value] : keys) out += name + " = " + value + "\n";
  return out;
}

std::optional<PolicyLine> policy_line(std::string_view mitigation) {
  if (!mitigation.starts_with('[')) return std::nullopt;
  const std::size_t end = mitigation.find("] ");
  if (end == mitigation.npos) return std::nullopt;
  PolicyLine out;
  out.list = mitigation.starts_with("[[");
  out.table = mitigation.substr(out.list ? 2 : 1, end - (out.list ? 3 : 1));
  // Read as a file, it must be that table with those keys and nothing else: words of advice are none.
  std::string body;
  for (const std::string& part : keys_of(mitigation.substr(end + 2))) body += part + "\n";
  conf::Findings findings;
  const auto keys = conf::parse_toml(body, "policy", findings);
  if (!keys || keys->entries.empty() || body.find("…") != body.npos) return std::nullopt;
  const auto lines = lines_of(body);
  for (const conf::Entry& e : keys->entries) {
    const std::string_view l = lines[static_cast<std::size_t>(e.node.place.line) - 1];
    const std::size_t equals = l.find('=');
    if (equals == l.npos || text::trim(l.substr(0, equals)) != e.name) return std::nullopt;
    out.keys.emplace_back(e.name, std::string(text::trim(l.substr(equals + 1))));
  }
  return out;
}

Result<PolicyEdit> put_line(const PolicyLine& line, std::string_view path, std::string_view why, std::string_view text,
                            const std::string& file) {
  return Editor(line, std::string(path), why, text, file).run(text);
}

std::string unified_diff(std::string_view before, std::string_view after, const std::string& file) {
  if (before == after) return {};
  constexpr std::size_t kAround = 3;
  const auto a = lines_of(before), b = lines_of(after);
  std::size_t head = 0, tail = 0;
  while (head < std::min(a.size(), b.size()) && a[head] == b[head]) ++head;
  while (tail < std::min(a.size(), b.size()) - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  const std::size_t from = head > kAround ? head - kAround : 0;
  const std::size_t after_tail = std::min(kAround, tail);
  const std::size_t a_end = a.size() - tail, b_end = b.size() - tail;
  auto range = [&](std::size_t end) {
    const std::size_t count = end + after_tail - from;
    return std::to_string(count == 0 ? from : from + 1) + "," + std::to_string(count);
  };
  std::string out = "--- " + file + "\n+++ " + file + "\n@@ -" + range(a_end) + " +" + range(b_end) + " @@\n";
  for (std::size_t i = from; i < head; ++i) out += " " + std::string(a[i]) + "\n";
  for (std::size_t i = head; i < a_end; ++i) out += "-" + std::string(a[i]) + "\n";
  for (std::size_t i = head; i < b_end; ++i) out += "+" + std::string(b[i]) + "\n";
  for (std::size_t i = a_end; i < a_end + after_tail; ++i) out += " " + std::string(a[i]) + "\n";
  return out;
}

}  // namespace gatehouse::audit
