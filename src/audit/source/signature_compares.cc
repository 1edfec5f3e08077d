#include "audit/source/signature_compares.h"

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;       // names behind names
constexpr std::size_t kMost = 6;  // places of one file

// The last value that a name was given before this place, in the function around it.
Node given(const File& file, Node name) {
  if (!file.tree.python()) return value_of(file, name);
  const Node f = function_around(name);
  Node out;
  for (const Node a : (f ? f : file.tree.root()).all("assignment"))
    if (a.begin() < name.begin() && a.child("left").text() == name.text()) out = a.child("right");
  return out ? out : name;
}

bool keyed(const Code& code) {
  return icontains_any(code, {"createhmac(", "hmac.new(", "hmacsha", "hmac.digest", "hmac(", ".hmac"});
}

// createHmac("sha256", key).update(body).digest("hex"), hmac.new(key, body, sha256).hexdigest(), or a name of that.
bool own_signature(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (depth > kDeepest) return false;
  if (n.is("identifier")) {
    const Node made = given(file, n);
    return !(made == n) && own_signature(file, made, depth + 1);
  }
  if (n.any_of("binary_expression", "binary_operator", "template_string", "string")) {  // "sha256=" + digest
    for (const char* type : {"identifier", "call_expression", "call"})
      for (const Node part : n.all(type))
        if (own_signature(file, part, depth + 1)) return true;
    return false;
  }
  if (!n.any_of("call_expression", "call")) return false;
  const Code code = n.code();
  if (code.size() > 1'000 || !icontains_any(code, {"digest(", ".tostring(", "hmacsha", "b64encode("})) return false;
  if (keyed(code)) return true;
  // const hmac = createHmac(…); hmac.update(body); hmac.digest("hex")
  const Node object = n.child("function").child("object");
  if (!object.is("identifier")) {
    const auto c = as_call(n);
    return c && c->args.size() == 1 && own_signature(file, c->arg(0), depth + 1);
  }
  const Node made = given(file, object);
  return !(made == object) && keyed(made.code());
}

bool equality(Node n) {
  for (const std::string_view mark : {"===", "!==", "==", "!="})
    if (n.has_token(mark)) return true;
  return false;
}

}  // namespace

// Stops: a signature that is guessed byte by byte, because the answer to a better guess takes longer.
void read_signature_compares(File& file) {
  const Code code = file.code();
  if (!icontains(code, "hmac") || (!file.tree.python() && client_file(file)) ||
      has_word(file.path, {"test", "tests", "mock", "mocks", "spec"}))
    return;
  Recurring told;
  std::size_t places = 0;
  for (const char* type : {"binary_expression", "comparison_operator"})
    for (const Node n : file.tree.all(type)) {
      if (places >= kMost || !equality(n) || n.code().size() > 600) continue;
      const auto sides = n.children();
      if (sides.size() < 2) continue;
      const Node left = unwrap(sides.front()), right = unwrap(sides.back());
      if (literal(left) || literal(right) || left.any_of("null", "none", "number") ||
          right.any_of("null", "none", "number", "undefined") || left.is("undefined"))
        continue;
      if (own_signature(file, left) == own_signature(file, right)) continue;  // neither, or two of one's own
      ++places;
      told.hit(file, "WHK-004", n);
    }
}

}  // namespace gatehouse::audit::source
