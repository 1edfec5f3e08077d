// Whether who is calling decides which record is touched, under whichever name the caller is known.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool capital(std::string_view name) { return !name.empty() && name.front() >= 'A' && name.front() <= 'Z'; }

// The code without the caller's role, plan or state: those say what they may do, and not whose the record is.
std::string without_rank(const Code& code, const std::string& who) {
  std::string out(code);
  for (const std::string_view field :
       {"role", "roles", "is_active", "is_verified", "disabled", "plan", "scope", "scopes", "is_premium", "credits",
        "status", "subscription", "user_type", "type"}) {
    const std::string rank = who + "." + std::string(field);
    for (std::size_t at = out.find(rank); at != std::string::npos; at = out.find(rank, at)) {
      const std::size_t end = at + rank.size();
      if (end < out.size() && (text::is_alpha(out[end]) || out[end] == '_'))
        at = end;
      else
        out.erase(at, rank.size());
    }
  }
  return out;
}

// `if not user:`, `user_id is None`: asked is only whether there is one.
bool only_there(const Code& condition, const std::string& who) {
  std::string said(text::trim(condition));
  while (said.starts_with("(") && said.ends_with(")")) said = std::string(text::trim(said.substr(1, said.size() - 2)));
  if (said.ends_with(" in session") && !contains(said, " and ") && !contains(said, " or ")) return true;
  return said == who || said == "not " + who || said == who + " is None" || said == who + " is not None" ||
         said == who + " == None" || said == "not " + who + ".is_authenticated" || said == who + ".is_authenticated";
}

// User.query.get(…), db.get(User, …), users.find_one(…)
bool of_people(const Call& c) {
  const std::string model = fetched_model(c);
  if (const auto parts = words(model); !parts.empty())  // UserProfile is a person, UserMedia is not
    return has_word(parts.back(), {"user", "users", "account", "customer", "member", "profile", "admin", "employee"});
  return (last(c.name) == "find_one" || last(c.name) == "get_user_by_id" || last(c.name) == "get_user") &&
         has_word(c.name, {"user", "users", "accounts", "customers", "members"});
}

}  // namespace

// The verified user decides something: compared, asked about, handed to what fetches. To be logged, noted as the last
// who wrote, or given back decides nothing.
bool decides(const File& file, Node b, const std::string& who, bool of_somebody, int depth, Node but) {
  if (!has_token(b.code(), who)) return false;
  // user = User.query.get(user_id): the caller under another name
  std::vector<Node> looked_up;
  for (const Node a : b.all("assignment")) {
    const auto made = as_call(unwrap(a.child("right")));
    if (depth > 1 || !made || !a.child("left").is("identifier") || !has_token(a.child("right").code(), who) ||
        !of_people(*made) || a.child("left").text() == who)
      continue;
    looked_up.push_back(a);
    if (decides(file, b, std::string(a.child("left").text()), of_somebody, depth + 1, but)) return true;
  }
  const auto is_look = [&](Node n) {
    if (but && (n.inside(but) || unwrap(n.child("right")) == but)) return true;
    return std::any_of(looked_up.begin(), looked_up.end(), [&](Node a) { return n.inside(a); });
  };
  for (const Node c : b.all("comparison_operator"))
    if (!is_look(c) && !only_there(c.code(), who) && has_token(without_rank(c.code(), who), who)) return true;
  for (const Call* c : file.calls_in(b)) {
    if (is_look(c->node)) continue;
    if (!has_token(c->node.child("arguments").code(), who) && !has_token(c->node.child("function").code(), who))
      continue;
    const std::string_view f = last(c->name);
    const bool tells = icontains_any(c->name, {"log", "audit", "print", "track", "capture", "notify", "mail", "send",
                                               "sms", "publish", "emit", "broadcast", "add_task", "enqueue"}) ||
                       f == "info" || f == "warning" || f == "debug" || f == "error" || f == "str" || f == "dict" ||
                       f == "flash" || f == "jsonify" || f == "render_template";
    // Message(chat_id=chat_id, user_id=user.id): who wrote it, and not whose chat it is.
    bool author = of_somebody && capital(f) && !has_token(c->name, who);
    for (const auto& [key, value] : c->keywords)
      author = author && (!has_token(value.code(), who) || value.is("attribute"));
    for (const Node a : c->args) {
      const auto made = as_call(unwrap(a));  // db.add(Message(…)): told by what is made
      author = author && (!has_token(a.code(), who) || (made && capital(last(made->name))));
    }
    if (const auto made = as_call(unwrap(c->arg(0)));
        of_somebody && made && capital(last(made->name)) && (f == "add" || f == "append" || f == "insert"))
      author = true;
    if (!tells && !author) return true;
  }
  for (const char* type : {"if_statement", "conditional_expression", "assert_statement", "list_comprehension"})
    for (const Node n : b.all(type))
      if (const std::string_view said = (n.is("if_statement") ? n.child("condition") : n).code();
          !only_there(said, who) && has_token(without_rank(said, who), who))
        return true;
  // handed on under another name
  for (const Node a : b.all("assignment")) {
    const auto made = as_call(unwrap(a.child("right")));
    if (a.child("left").text() == who || is_look(a) || (of_somebody && made && capital(last(made->name))))
      continue;  // looked at above
    if (a.child("left").is("identifier") && has_token(without_rank(a.child("right").code(), who), who)) return true;
  }
  for (const Node d : b.all("dictionary"))
    if (has_token(d.code(), who) && d.parent().is("argument_list") && !is_look(d)) return true;
  return false;
}

static bool names_caller(const Code& code) {
  return icontains_any(
      code, {"get_jwt_identity", "session[", "session.get(\"", "session.get('", "g.user", "request.state.user"});
}

bool caller_decides(const File& file, Node b, bool unnamed, bool of_somebody) {
  std::set<std::string> names;
  if (unnamed && has_token(b.code(), "current_user")) names.insert("current_user");
  // uid = session.get("user_id")
  std::vector<std::pair<std::uint32_t, std::uint32_t>> said;
  for (const Node a : b.all("assignment")) {
    const Node right = a.child("right");
    const bool verified = verifies_request(right.code());
    if (!a.child("left").is("identifier") || (!verified && !names_caller(right.code()))) continue;
    const auto read = as_call(unwrap(right));
    const bool plain = verified || right.any_of("subscript", "attribute") ||
                       (read && (last(read->name) == "get" || last(read->name) == "get_jwt_identity" ||
                                 last(read->name) == "int" || last(read->name) == "str" || of_people(*read)));
    if (!plain) return true;
    names.insert(std::string(a.child("left").text()));
    said.emplace_back(a.begin() - b.begin(), a.end() - b.begin());
  }
  std::string rest(b.code());
  for (const auto& [from, to] : said)
    for (std::uint32_t i = from; i < to && i < rest.size(); ++i) rest[i] = ' ';
  if (names_caller(rest)) return true;
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return decides(file, b, n, of_somebody); });
}

}  // namespace gatehouse::audit::source
