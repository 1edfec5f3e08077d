// Flags of cookies that hang on a setting: what they are where nobody sets it.
#include "audit/source/python.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct CookieNotes {
  std::map<std::string, Spot> off;  // settings of that kind that are false unless somebody says otherwise
  std::set<std::string> on;
  struct Use {
    std::string setting, label;
    Spot spot;
  };
  std::vector<Use> uses;
};

bool about_secure(std::string_view name) {
  return has_word(name, {"secure", "https", "ssl"}) && !has_word(name, {"redirect", "verify", "mode", "key", "cert"});
}

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

// Said anywhere that this program is started from: environment files, compose files, images.
bool switched_on(const Project& project, const std::string& setting) {
  const std::string name = capitals(setting);
  const auto yes = [](std::string_view value) {
    const std::string low = text::to_lower(text::trim(value));
    return low.starts_with("true") || low.starts_with("1") || low.starts_with("yes") || low.starts_with("on");
  };
  for (const EnvVariable& v : project.env)
    if (capitals(v.name).ends_with(name) && yes(v.value)) return true;
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::yaml && e.kind != Kind::toml && !icontains(e.path, "dockerfile")) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    const std::string_view text = source->text();
    for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
      std::size_t from = at + name.size();
      while (from < text.size() && (text[from] == ':' || text[from] == '=' || text[from] == ' ' || text[from] == '"' ||
                                    text[from] == '\'' || text[from] == '$' || text[from] == '{' || text[from] == '-'))
        ++from;
      if (yes(text.substr(from, 8)) || text.substr(from).starts_with(name)) return true;
    }
  }
  return false;
}

}  // namespace

void read_python_cookies(File& file) {
  auto& notes = file.project.notes<CookieNotes>();
  for (const Node a : file.tree.all("assignment")) {
    const std::string name = dotted(a.child("left"));
    if (!a.child("right") || !about_secure(last(name))) continue;
    Node right = unwrap(a.child("right"));
    if (const auto c = as_call(right); c && last(c->name) == "Field")
      right = c->keyword("default") ? c->keyword("default") : c->arg(0);
    const Value v = evaluate(right, {});
    if (!v.known()) continue;
    const bool off = v.is_false() || (v.kind == Value::Kind::text && icontains_any(v.text, {"false", "0", "no"}));
    if (off)
      notes.off.emplace(std::string(last(name)), Spot{place(file.path, a.line()), file.shown(a)});
    else
      notes.on.insert(std::string(last(name)));
  }
  for (const Call& c : file.calls) {
    if (last(c.name) != "set_cookie") continue;
    const Node key = c.arg(0) ? c.arg(0) : c.keyword("key");
    const Node given = unwrap(c.keyword("secure"));
    const std::string label = literal(key) ? *literal(key) : dotted(key);
    if (!given.any_of("identifier", "attribute") ||
        !has_word(label, {"session", "sessionid", "token", "auth", "jwt", "access", "refresh", "sid", "user"}) ||
        icontains(label, "csrf"))
      continue;
    notes.uses.push_back(
        {std::string(last(dotted(given))), label, {place(file.path, given.line()), file.shown(given)}});
  }
}

// Stops: a session that travels in clear because the switch for it was forgotten.
void judge_python_cookies(const Project& project, Sink& sink) {
  const auto& notes = project.notes<CookieNotes>();
  Recurring told;
  for (const CookieNotes::Use& use : notes.uses) {
    const auto off = notes.off.find(use.setting);
    if (off == notes.off.end() || notes.on.contains(use.setting) || switched_on(project, use.setting)) continue;
    if (auto* f = told.find(sink, "FA-013", use.spot)) {
      f->title = "The cookie " + use.label + " is set without Secure unless somebody sets " + use.setting;
      f->severity = proof::Severity::medium;
      f->locations.push_back(off->second.at);
      f->evidence.push_back(off->second.shown);
    }
  }
}

}  // namespace gatehouse::audit::source
