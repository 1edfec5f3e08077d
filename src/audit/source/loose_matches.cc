#include "audit/source/loose_matches.h"

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_value.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool secret_text(std::string_view name) {
  return has_word(name, {"secret", "token", "tokens", "key", "keys", "password", "passwords", "apikeys", "secrets",
                         "code", "codes"}) &&
         !has_word(name, {"public", "publishable"});
}

// process.env.KEYS, process.env.KEYS ?? "": one text, however many it lists.
bool one_text(const File& file, Node n) {
  n = unwrap(value_of(file, unwrap(n)));
  if (n.is("binary_expression") && (n.has_token("||") || n.has_token("??"))) {
    if (!literal(n.child("right"))) return false;
    n = unwrap(n.child("left"));
  }
  const auto name = env_name(n);
  return name && secret_text(*name);
}

bool sent_by_header(const File& file, Node n) {
  n = unwrap(n);
  const Code code = unwrap(value_of(file, n)).code();
  return icontains_any(code, {"header", ".get(", "req.query", "searchparams", "req.body"}) || from_client(file, n);
}

void tell(File& file, Node at) {
  auto& f = file.hit("EX-021", at);
  f.title = "A single letter of the secret passes for the secret";
  f.severity = proof::Severity::high;
  f.fix = "Split the list, refuse what is empty, and compare the whole in constant time.";
}

void read_script(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "includes" && f != "startsWith" && f != "indexOf" && f != "endsWith") continue;
    const Node kept = unwrap(c.node.child("function").child("object"));
    // if (!secret.startsWith(given)): the name may come from a module of settings.
    const bool named =
        f != "includes" && f != "indexOf" && kept.any_of("identifier", "member_expression") &&
        has_word(last(dotted(kept)), {"secret", "apikey"}) && !from_client(file, kept) &&
        value_of(file, kept).any_of("identifier", "member_expression", "shorthand_property_identifier_pattern");
    if ((!one_text(file, kept) && !named) || literal(c.arg(0)) || !sent_by_header(file, c.arg(0))) continue;
    tell(file, c.node);
    return;
  }
}

// x_api_key not in API_KEYS, where API_KEYS is one text
void read_python(File& file) {
  for (const Node b : file.tree.all("comparison_operator")) {
    if (!b.has_token("in") && !b.has_token("not in")) {
      bool in = false;
      for (const Node t : b.tokens()) in = in || t.text() == "in" || t.text() == "not in";
      if (!in) continue;
    }
    const auto sides = b.children();
    if (sides.size() != 2 || literal(sides[0]) || !sides[1].is("identifier") || !secret_text(sides[1].text())) continue;
    Node value;
    for (const Node a : file.tree.all("assignment"))
      if (a.child("left").text() == sides[1].text()) value = unwrap(a.child("right"));
    const auto read = value ? env_read(value) : std::nullopt;
    if (!read || !read->cast.empty() || (read->fallback && !literal(read->fallback))) continue;
    tell(file, b);
    return;
  }
}

}  // namespace

// Stops: a door whose key is any letter of the key, or nothing at all.
void read_loose_matches(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"env", "config", "secret"})) return;
  if (file.tree.python()) {
    if (icontains_any(code, {"getenv", "environ", "config("})) read_python(file);
  } else if (!client_file(file) && icontains_any(code, {".includes(", ".startswith(", ".indexof(", ".endswith("})) {
    read_script(file);
  }
}

}  // namespace gatehouse::audit::source
