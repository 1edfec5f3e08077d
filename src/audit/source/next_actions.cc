// Server actions: doors that anybody may knock at, whatever page calls them.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "audit/source/script_objects.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Arguments of a server action are what a client sends, whatever their types say.
void judge_action_values(File& file, Node action) {
  std::vector<std::string> given;
  const auto all = action.child("parameters").all("identifier");
  for (const Node n : all)
    if (n.parent().any_of("required_parameter", "optional_parameter", "formal_parameters"))
      given.emplace_back(n.text());
  const auto takes = [&](const Code& code) {
    return std::any_of(given.begin(), given.end(), [&](const std::string& g) { return has_token(code, g); });
  };
  for (const Node p : action.all("pair")) {
    const std::string_view key = p.child("key").text();
    if ((key != "unit_amount" && key != "amount") || !takes(p.child("value").code())) continue;
    const Code code = body(action).code();
    if (icontains_any(code, {"stripe", "paymentintents", "checkout.sessions"})) file.hit("PAY-001", p);
  }
  for (const Call* c : file.calls_in(body(action))) {
    const std::string_view f = last(c->name);
    if (f != "update" && f != "insert" && f != "upsert" && f != "create" && f != "set" && f != "values") continue;
    std::string code(c->node.child("arguments").code());
    // const values = Object.fromEntries(formData); update({ data: values })
    for (const Node d : action.all("variable_declarator")) {
      const Node made = unwrap(d.child("value"));
      if (!d.child("name").is("identifier") || !made.is("call_expression") ||
          !contains(made.code().substr(0, 19), "Object.fromEntries("))
        continue;
      const std::string name(d.child("name").text());
      for (const std::string_view whole : {"data: ", "...", "("})
        if (const std::size_t used = code.find(std::string(whole) + name);
            used != std::string::npos && !contains(code.substr(used, whole.size() + name.size() + 1), name + ".")) {
          code += " " + std::string(made.code());
          break;
        }
    }
    const std::size_t at = code.find("Object.fromEntries(");
    if (at == std::string::npos || icontains_any(code, {"parse(", "pick("}) || !takes(code.substr(at))) continue;
    file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
  }
}

// export const save = authAction(schema, async (input, user) => …): what stands around the function, outermost first.
std::string wrappers(Node function) {
  std::string out;
  for (Node p = function.parent(); p; p = p.parent()) {
    if (p.any_of("variable_declarator", "export_statement", "statement_block", "program")) break;
    if (const auto c = p.is("call_expression") ? as_call(p) : std::nullopt) (out += c->name) += ' ';
  }
  return out;
}

bool exported(const File& file, Node function) {
  // async function drop() {…} export default drop; export { drop };
  const std::string name = function_name(function);
  for (const Node e : file.tree.all("export_statement")) {
    if (e.has_token("default") && e.child("value").is("identifier") && e.child("value").text() == name) return true;
    for (const Node clause : e.children())
      if (clause.is("export_clause"))
        for (const Node s : clause.children())
          if (!name.empty() && s.child("name").text() == name) return true;
  }
  for (Node p = function.parent(); p && !p.is("statement_block"); p = p.parent()) {
    if (p.is("export_statement")) return true;
    if (is_function(p)) return false;
  }
  return false;
}

// A form everybody may send, and leaving.
bool for_everybody(std::string_view name) {
  return sign_in_door(name) || has_word(name, {"logout", "signout", "contact", "newsletter", "waitlist", "feedback",
                                               "unsubscribe", "locale", "theme", "language", "consent", "cookie"});
}

bool asks_somehow(const Code& code) {
  if (asks_identity(code)) return true;
  for (std::size_t at = code.find("etUser"); at != std::string_view::npos; at = code.find("etUser", at + 1)) {
    const std::string_view rest = code.substr(at + 6);
    if (!rest.starts_with("s") && !rest.starts_with("By") && !rest.starts_with("Name")) return true;
  }
  // cookies() that are lent to a client of the database say nothing about who asks.
  if (contains(code, "cookies()") && !icontains_any(code, {"createserverclient", "createserveractionclient",
                                                           "createroutehandlerclient", "createservercomponentclient"}))
    return true;
  return icontains_any(code, {"auth.get", "auth.user", "auth.session", "auth.protect", "auth.require", "auth.current",
                              "auth.valid", "auth.verify", "auth.check", "protect", "safeaction", "authaction",
                              "currentuser", "auth()", "requireuser", "requireadmin", "withauth", "isauthenticated"});
}

HandlerNames names_of(const File& file, Node action, bool wrapped) {
  HandlerNames out = handler_names(file, action);
  std::vector<Node> parameters = action.child("parameters").children();
  if (const Node only = action.child("parameter")) parameters = {only};
  const Code code = action.code();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Node p = parameters[i];
    const std::string_view type = p.child("type").text();
    if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
    if (p.is("assignment_pattern")) p = p.child("left");
    if (p.is("identifier")) {
      const std::string name(p.text());
      const bool caller = wrapped && i == 0 && parameters.size() > 1 &&
                          (name == "userId" || name == "user" || name == "currentUser" || name == "me");
      if (caller || has_word(name, {"ctx", "context", "session"}) ||
          (wrapped && i > 0 && has_word(name, {"user", "me"})) ||
          has_word(name, {"state", "prev", "previous", "initial"}) || name.starts_with("_")) {
        if (!has_word(name, {"state", "prev", "previous", "initial"})) out.identity.insert(name);
        continue;
      }
      out.client.insert(name);
      const bool plain = icontains_any(type, {"string", "number", "boolean", "formdata", "date", "file"}) &&
                         !contains(type, "{") && !contains(type, "<");
      const bool looked_at = icontains_any(code, {"parse(" + name, "parse({ ..." + name, "validate(" + name,
                                                  "parseasync(" + text::to_lower(name)}) ||
                             contains(code, "safeParse(" + name) || contains(code, "formData");
      if (!plain && !looked_at && !icontains(name, "form") && !has_word(name, {"id", "ids"})) out.body.insert(name);
    } else {
      for (const char* kind : {"shorthand_property_identifier_pattern", "identifier"})
        for (const Node n : p.all(kind)) {
          const bool caller = wrapped && has_word(n.text(), {"ctx", "user", "session", "context"});
          (caller ? out.identity : out.client).insert(std::string(n.text()));
        }
    }
  }
  return out;
}

}  // namespace

void read_server_actions(File& file, ScriptNotes& notes) {
  const bool whole = begins_with_directive(file, "use server");
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      if (!contains(f.text().substr(0, 10), "async")) continue;
      bool action = false;
      std::string around;
      if (whole) {
        action = exported(file, f);
        around = wrappers(f);
      } else {
        const std::string_view inner = body(f).text().substr(0, 60);
        action = contains(inner, "\"use server\"") || contains(inner, "'use server'");
      }
      if (!action) continue;
      judge_action_values(file, f);
      std::string name = function_name(f);
      if (name.empty())
        if (const Node d = f.above("variable_declarator")) name = d.child("name").text();
      std::string code(body(f).code());
      for (const Node g : called_here(file, f)) code += std::string(body(g).code());
      ScriptRoute r;
      r.framework = "action";
      r.file = module_of(file.path);
      r.path = "/" + name;
      r.method = "post";
      r.at = place(file.path, f.line());
      r.shown = file.shown(f);
      r.limited = asks_limit(file.code());
      r.hosted = icontains_any(code, {".auth.signin", ".auth.signup", ".auth.reset", ".auth.update", ".auth.verifyotp",
                                      "signin.create", "createuserwithemail", "signinwithemail"});
      const bool wrapped = !around.empty();
      const bool closing = wrapped && (guard_middleware(around) ||
                                       icontains_any(around, {"auth", "protected", "user", "session", "member"}));
      r.guarded = closing || asks_somehow(code);
      r.refuses = for_everybody(name);
      if (r.refuses) r.guarded = true;  // meant for everybody; only how often is the question
      r.privileged = staff_only(file, f) || icontains(around, "admin");
      r.acts = icontains_any(code, {"insert", "update", "delete", "create", "save", "writefile", "stripe", ".set(",
                                    "upsert", "select", ".find", "fetch(", "revalidate"});
      const HandlerNames own = names_of(file, f, wrapped);
      if (!r.privileged) r.unowned = judge_objects(file, f, own);
      judge_lost_filters(file, f);
      r.flow = flow_of(file, f, &own);
      notes.routes.push_back(std::move(r));
    }
}

}  // namespace gatehouse::audit::source
