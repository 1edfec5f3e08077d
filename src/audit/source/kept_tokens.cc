#include "audit/source/kept_tokens.h"

#include <optional>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct KeptTokens {
  std::optional<Spot> looked_up;
};

// resetPasswordToken, password_reset_token, resetToken
bool reset_column(std::string_view name) {
  name = last(name);
  return has_word(name, {"reset", "forgot", "recovery"}) && has_word(name, {"token"}) &&
         !has_word(name, {"hash", "hashed", "digest", "expires", "expiry", "at"});
}

// The value is what was sent, and not a digest of it.
bool as_sent(const File& file, Node value) {
  value = unwrap(value);
  if (!value.any_of("identifier", "member_expression", "attribute", "subscript", "subscript_expression",
                    "shorthand_property_identifier"))
    return false;
  if (icontains_any(value.code(), {"hash", "digest", "null", "none"})) return false;
  if (!value.any_of("identifier", "shorthand_property_identifier")) return true;
  const Node f = function_around(value);
  for (const char* type : {"assignment", "variable_declarator"})
    for (const Node a : (f ? f : file.tree.root()).all(type)) {
      const Node left = a.child("left") ? a.child("left") : a.child("name");
      const Node right = a.child("right") ? a.child("right") : a.child("value");
      if (left.text() == value.text() && icontains_any(right.code(), {"hash", "digest", "hmac"})) return false;
    }
  return true;
}

bool looks_up(const Call& c) {
  const std::string_view m = last(c.name);
  return m.starts_with("find") || m == "get" || m == "filter" || m == "filter_by" || m == "where" || m == "eq" ||
         m == "get_object_or_404" || m == "exists" || m == "first";
}

}  // namespace

void read_kept_tokens(File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<KeptTokens>();
  if (notes.looked_up || !icontains_any(code, {"reset", "forgot", "recovery"}) || !icontains(code, "token") ||
      has_word(file.path, {"test", "tests", "seed", "mock", "mocks"}) || (!file.tree.python() && client_file(file)))
    return;
  for (const Call& c : file.calls) {
    if (!looks_up(c) || c.node.child("arguments").code().size() > 600) continue;
    Node at;
    const auto take = [&](std::string_view key, Node value) {
      if (!at && reset_column(key) && as_sent(file, value)) at = value;
    };
    for (const auto& [key, value] : c.keywords) take(key, value);
    if (const auto column = literal(c.arg(0))) take(*column, c.arg(1));  // .eq("reset_token", token)
    for (const Node a : c.args) {
      for (const Node p : a.all("pair"))
        take(literal(p.child("key")).value_or(std::string(p.child("key").text())), p.child("value"));
      for (const Node s : a.all("shorthand_property_identifier")) take(s.text(), s);
      for (const Node o : a.all("comparison_operator"))
        if (const auto parts = o.children(); parts.size() == 2 && o.has_token("=="))
          take(dotted(parts.front()), parts.back());
      if (a.is("comparison_operator"))
        if (const auto parts = a.children(); parts.size() == 2 && a.has_token("=="))
          take(dotted(parts.front()), parts.back());
    }
    if (!at) continue;
    notes.looked_up = Spot{place(file.path, at.line()), file.shown(at)};
    return;
  }
}

void judge_kept_tokens(const Project& project, Sink& sink) {
  const auto& notes = project.notes<KeptTokens>();
  // Stops: a copy of the database, with which every account that asked for a new password is taken.
  if (notes.looked_up) sink.find("AU-014", notes.looked_up->at, notes.looked_up->shown);
}

}  // namespace gatehouse::audit::source
