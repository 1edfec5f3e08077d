#include "base/conf/form.h"
#include "base/conf/node.h"
#include "base/conf/table_form.h"
#include "base/text.h"

namespace gatehouse::conf {
namespace {

// Every key of a visited table that nobody asked for. A table nobody visited was complained about as a whole.
void report_unknown(const Node& node, const std::string& path, const Node& root, const Session& session) {
  if (node.kind == Node::Kind::list) {
    for (std::size_t i = 0; i < node.items.size(); ++i)
      report_unknown(node.items[i], element_path(path, i), root, session);
    return;
  }
  auto it = session.asked.find(&node);
  if (it == session.asked.end()) return;
  std::vector<std::string_view> known(it->second.begin(), it->second.end());
  for (const Entry& e : node.entries) {
    std::string key = join_path(path, e.name);
    if (it->second.contains(e.name)) {
      report_unknown(e.node, key, root, session);
      continue;
    }
    auto near = text::nearest(e.name, known);
    auto top = session.asked.find(&root);
    bool misplaced = &node != &root && top != session.asked.end() && top->second.contains(e.name);
    std::string remedy;
    if (near) remedy = "did you mean `" + std::string(*near) + "`?";
    if (misplaced)
      remedy += (near ? " Or: `" : "`") + e.name + "` is a key of the whole file, written before the first [table]";
    if (remedy.empty()) {
      remedy = "remove it";
      if (known.size() <= 12) remedy += "; known here:";
      for (std::string_view k : known)
        if (known.size() <= 12) remedy += " " + std::string(k);
    }
    session.findings.add({Severity::error, "unknown_key", e.node.place, key, "unknown key", remedy});
  }
}

void report_literal(Findings& findings, const std::string& file, int line) {
  findings.add({Severity::error,
                "literal_secret",
                {file, line, 0},
                "",
                "this line holds what looks like a provider's secret key",
                "replace it now, it is in the history of this file; then write { env = \"NAME\" }"});
}

}  // namespace

struct Document::Impl {
  std::string file;
  std::optional<Node> root;  // nothing after a syntax error
  std::set<int> secret_lines;
};

Document::Document() : impl_(std::make_unique<Impl>()) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::parse(std::string_view text, std::string file_name, Findings& findings) {
  Document d;
  d.impl_->file = std::move(file_name);
  d.impl_->root = parse_toml(text, d.impl_->file, findings);
  int number = 0;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    if (!looks_like_secret(line)) continue;
    if (d.impl_->root) {
      d.impl_->secret_lines.insert(number);
    } else {
      report_literal(findings, d.impl_->file, number);
    }
  }
  return d;
}

void Document::read(const std::function<void(Form&)>& describe, Findings& findings,
                    std::vector<SecretRef>* references) const {
  if (!impl_->root) return;
  Session session{findings, references, {}, {}, {}};
  read_root(*impl_->root, session, describe);
  report_unknown(*impl_->root, "", *impl_->root, session);
  for (int line : impl_->secret_lines)
    if (!session.said_lines.contains(line)) report_literal(findings, impl_->file, line);
  findings.sort();
}

}  // namespace gatehouse::conf
