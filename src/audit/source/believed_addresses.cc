#include "audit/source/believed_addresses.h"

#include <algorithm>
#include <optional>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct BelievedAddresses {
  std::optional<Spot> either;  // looked up by address or name, with the same value for both
  bool bounds_names = false;   // a user name is held to letters and digits
  bool signs_up = false;       // a user name is chosen at the sign-up
};

// The name that the claims of a verified token of Firebase are given: const claims = await auth.verifyIdToken(t).
std::set<std::string> claims_in(const File& file, Node f) {
  std::set<std::string> out;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "verifyIdToken" && m != "verify_id_token") continue;
    const Node held = file.tree.python() ? c->node.above("assignment").child("left")
                                         : c->node.above("variable_declarator").child("name");
    if (held.is("identifier")) out.emplace(held.text());
  }
  return out;
}

bool address_of(const std::set<std::string>& claims, const Code& code) {
  return std::any_of(claims.begin(), claims.end(), [&](const std::string& n) {
    return contains(code, n + ".email") || contains(code, n + "[\"email\"]") || contains(code, n + "['email']") ||
           contains(code, n + ".get(\"email\"") || contains(code, n + ".get('email'");
  });
}

// Stops: somebody else's account, opened by whoever registers its address at the provider and verifies nothing.
void judge_claims(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"verifyidtoken(", "verify_id_token("}) ||
      icontains_any(code, {"email_verified", "emailverified"}))
    return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto claims = claims_in(file, f);
      if (claims.empty()) continue;
      // const { email } = claims, email = claims.get("email")
      std::set<std::string> names;
      for (const char* kind : {"variable_declarator", "assignment"})
        for (const Node d : f.all(kind)) {
          const Node left = d.is("assignment") ? d.child("left") : d.child("name");
          const Node right = d.is("assignment") ? d.child("right") : d.child("value");
          if (left.is("identifier") && address_of(claims, right.code())) names.emplace(left.text());
          if (left.is("object_pattern") && claims.contains(std::string(unwrap(right).text())) &&
              has_token(left.code(), "email"))
            names.emplace("email");
        }
      for (const Call* c : file.calls_in(body(f))) {
        const std::string_view m = last(c->name);
        const Code given = c->node.child("arguments").code();
        if (given.size() > 600 || !icontains(given, "email")) continue;
        const bool looks = m.starts_with("find") || m == "upsert" || m == "get" || m == "filter" || m == "filter_by" ||
                           m == "get_or_create" || m == "update_or_create" || m == "where" || m == "eq" ||
                           m == "find_one" || m == "get_user_by_email" || m == "first";
        const bool by = address_of(claims, given) || std::any_of(names.begin(), names.end(), [&](const std::string& n) {
                          return has_token(given, n);
                        });
        if (!looks || !by) continue;
        auto& found = file.hit("OAU-003", c->node);
        found.title = "An account is found by an address that the provider may never have verified";
        found.severity = proof::Severity::high;
        found.impact =
            "Firebase lets anybody register any address with the public key; the token then opens the account that "
            "has this address here.";
        found.fix = "Refuse tokens whose email_verified is not true, and find accounts by the provider's own id (uid).";
        return;
      }
    }
}

// $or: [{ email: id }, { username: id }], OR: [{ email }, { username: email }], Q(username=x) | Q(email=x),
// (User.email == x) | (User.username == x): the same value is held against both.
void note_either(const File& file, BelievedAddresses& notes) {
  const Code code = file.code();
  if (notes.either || !icontains(code, "username") || !icontains(code, "email")) return;
  const auto same = [&](Node n) {
    std::map<std::string, int> sides;  // value -> 1 address, 2 name, 3 both
    const auto add = [&](std::string_view key, const Code& value) {
      if (value.size() > 60) return;
      const std::string_view field = last(key);
      const bool mail = field == "email" || field == "email__iexact",
                 name = field == "username" || field == "user_name" || field == "username__iexact";
      if (mail || name) sides[std::string(value)] |= mail ? 1 : 2;
    };
    for (const Node p : n.all("pair")) add(p.child("key").text(), p.child("value").code());
    for (const Node s : n.all("shorthand_property_identifier")) add(s.text(), s.code());
    for (const Node k : n.all("keyword_argument")) add(k.child("name").text(), k.child("value").code());
    for (const Node c : n.all("comparison_operator")) {
      const auto parts = c.children();
      if (parts.size() == 2) add(dotted(parts.front()), parts.back().code());
    }
    return std::any_of(sides.begin(), sides.end(), [](const auto& s) { return s.second == 3; });
  };
  const auto note = [&](Node n) { notes.either = Spot{place(file.path, n.line()), file.shown(n)}; };
  if (file.tree.python()) {
    for (const Node b : file.tree.all("binary_operator"))
      if (!notes.either && b.has_token("|") && b.code().size() < 400 && same(b)) note(b);
    for (const Call& c : file.calls)
      if (!notes.either && last(c.name) == "or_" && same(c.node)) note(c.node);
    return;
  }
  if (client_file(file)) return;
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (!notes.either && (key == "$or" || key == "OR" || key == "or") && p.child("value").code().size() < 400 &&
        same(p.child("value")))
      note(p);
  }
}

}  // namespace

void read_believed_addresses(File& file) {
  if (has_word(file.path, {"test", "tests", "seed", "scripts", "mock", "mocks"})) return;
  judge_claims(file);
  auto& notes = file.project.notes<BelievedAddresses>();
  note_either(file, notes);
  const Code code = file.code();
  if (!icontains(code, "username")) return;
  // username: z.string().regex(…), a validator that refuses "@"
  for (std::size_t at = code.find("username"); at != std::string_view::npos && !notes.bounds_names;
       at = code.find("username", at + 8))
    notes.bounds_names =
        icontains_any(code.substr(at, 160), {"regex", "pattern", "matches(", "isalphanumeric", "alphanum", "isalnum",
                                             "validators", "\"@\"", "'@'", "constr(", "a-z"});
  notes.signs_up =
      notes.signs_up || icontains_any(code, {"register", "signup", "sign_up", "createuser", "create_user"});
}

void judge_believed_addresses(const Project& project, Sink& sink) {
  const auto& notes = project.notes<BelievedAddresses>();
  if (!notes.either || notes.bounds_names || !notes.signs_up) return;
  // Stops: another one's address as a user name, which a sign-in by either finds first.
  auto& f = sink.find("AU-013", notes.either->at, notes.either->shown);
  f.title = "A user name may be somebody else's address, and the sign-in looks for both";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.impact = "Whoever takes the address of another as a name shuts him out of his account, or is served as him.";
  f.fix = "Refuse names with an @ in them, and look for an address only where one was typed.";
}

}  // namespace gatehouse::audit::source
