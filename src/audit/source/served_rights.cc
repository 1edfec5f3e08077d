#include "audit/source/served_rights.h"

#include <algorithm>

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A house of several people: whoever names another one acts within it.
bool tenant_key(std::string_view key) {
  return has_word(key, {"workspace", "organization", "organisation", "org", "tenant", "company", "team", "clinic",
                        "school", "agency"}) &&
         has_word(key, {"id"});
}

bool foreign_key(std::string_view key) {
  const std::string low = text::to_lower(key);
  return low.ends_with("_id") || key.ends_with("Id");
}

// The word a person would use: conversation_id, conversationId -> conversation.
std::string thing(std::string_view key) {
  std::string out(key.substr(0, key.size() - (text::to_lower(key).ends_with("_id") ? 3 : 2)));
  std::replace(out.begin(), out.end(), '_', ' ');
  return text::to_lower(out);
}

class Judge {
 public:
  Judge(File& file, Node handler)
      : file_(file),
        handler_(handler),
        names_(handler_names(file, handler)),
        touches_(source::touches(file, body(handler))) {
    // const { instanceId } = data, where data came with the body
    for (const Node d : body(handler).all("variable_declarator")) {
      const std::string value = dotted(unwrap(d.child("value")));
      const std::string root = value.substr(0, value.find('.'));
      if (root.empty() || (!names_.client.contains(root) && !names_.body.contains(root))) continue;
      for (const char* type : {"shorthand_property_identifier_pattern", "identifier"})
        for (const Node n : d.child("name").all(type)) names_.client.emplace(n.text());
    }
  }

  void look() {
    for (const Touch& t : touches_)
      if (t.mighty) written(t);
    for (const auto& [key, t] : into_) {
      auto& f = file_.hit("AZ-001", t->call);
      f.title = "The service key writes into whichever " + thing(key) + " the request names";
      f.confidence = proof::Confidence::medium;
    }
    for (const Call* c : file_.calls_in(body(handler_))) outside(*c);
  }

 private:
  // The name of a value the client chose; empty when it is none, or part of a text.
  std::string chosen(Node value) const {
    value = unwrap(value);
    if (value.is("binary_expression") && (value.has_token("||") || value.has_token("??")))
      value = unwrap(value.child("left"));
    if (value.is("shorthand_property_identifier") || value.is("identifier"))
      return names_.client.contains(std::string(value.text())) ? std::string(value.text()) : std::string();
    if (!value.is("member_expression")) return {};
    const std::string whole = dotted(value), root = whole.substr(0, whole.find('.'));
    return names_.client.contains(root) || names_.body.contains(root) ? whole : std::string();
  }

  bool by_caller(const Code& condition) const {
    return std::any_of(names_.identity.begin(), names_.identity.end(),
                       [&](const std::string& n) { return has_token(condition, n); }) ||
           icontains_any(condition, {"user.id", "userid", "user_id", "session.user", "claims."});
  }

  // Somebody looked up what the name means: as the caller, or together with who the caller is.
  bool looked_up(std::string_view name, Node before, bool with_caller) const {
    const std::string_view bare = last(name);
    for (const Touch& t : touches_) {
      if (t.call.begin() >= before.begin()) break;
      if (!has_token(t.condition, bare)) continue;
      if (t.by_rules || by_caller(t.condition) || !with_caller) return true;
    }
    // canAccess(user.id, conversationId), conversation.ownerId !== user.id
    for (const Call* c : file_.calls_in(body(handler_))) {
      if (c->node.begin() >= before.begin()) break;
      const Code arguments = c->node.child("arguments").code();
      if (c->name.find("from") == std::string::npos &&
          !has_word(last(c->name), {"fetch", "log", "insert", "stringify"}) && has_token(arguments, bare) &&
          by_caller(arguments))
        return true;
    }
    for (const Node b : body(handler_).all("binary_expression"))
      if (b.begin() < before.begin() && has_token(b.code(), bare) && by_caller(b.code())) return true;
    return contains(handler_.code(), std::string(bare) + ".startsWith(") ||
           contains(handler_.code(), std::string(bare) + ".includes(");
  }

  // Stops: rows put into somebody else's conversation with the key that no policy holds.
  void written(const Touch& t) {
    if (t.kind != Touch::Kind::create && t.kind != Touch::Kind::change) return;
    const auto call = as_call(t.call);
    if (!call) return;
    Node row = unwrap(call->arg(0));
    if (row.is("array") && !row.children().empty()) row = unwrap(row.children().front());
    for (const auto& [key, value] : members(row)) {
      if (!foreign_key(key) || key == "id") continue;
      const std::string name = chosen(value);
      if (name.empty() || has_word(key, {"user", "customer", "owner", "author", "external", "session", "request",
                                         "message", "product", "plan", "price", "category", "template"}))
        continue;
      if (told_.contains(key)) continue;
      if (tenant_key(key)) {
        if (looked_up(name, t.call, true)) continue;
        auto& f = file_.hit("AZ-002", t.call);
        f.title = "Which " + thing(key) + " it is for is what the request says, and the service key takes its word";
        f.confidence = proof::Confidence::medium;
      } else {
        if (looked_up(name, t.call, false)) continue;
        // What is kept of the thing itself says more than a log of what it cost.
        const Touch*& best = into_[key];
        if (best == nullptr || (!icontains(best->record, thing(key)) && icontains(t.record, thing(key)))) best = &t;
        continue;
      }
      told_.insert(key);
    }
  }

  // Stops: another customer's instance, asked for with the key of the whole account.
  void outside(const Call& c) {
    const std::string_view f = last(c.name);
    if (f != "fetch" && !c.name.starts_with("axios")) return;
    const std::string options =
        c.node.child("arguments").code().size() < 4000 ? std::string(c.node.child("arguments").code()) : std::string();
    if (!icontains_any(options, {"apikey", "api-key", "authorization", "bearer", "token"}) ||
        icontains_any(options, {"headers.get(", "req.headers", "request.headers", "accesstoken", "access_token"}))
      return;
    for (const Node h : holes(unwrap(c.arg(0)))) {
      const std::string name = chosen(h);
      if (name.empty() || !foreign_key(last(name)) || looked_up(name, c.node, true)) continue;
      if (auto* first = outside_.hit(file_, "AZ-001", c.node)) {
        first->title = "Another service is asked with the server's key about whatever the request names";
        first->impact = "Every caller reads and changes what belongs to all others there.";
        first->fix =
            "Fetch the record that holds this id together with the caller's own id, and stop when there is none.";
        first->confidence = proof::Confidence::medium;
      }
      return;
    }
  }

  File& file_;
  Node handler_;
  HandlerNames names_;
  const std::vector<Touch> touches_;
  std::set<std::string, std::less<>> told_;
  std::map<std::string, const Touch*, std::less<>> into_;  // by key: where rows are put
  Recurring outside_;
};

// Stops: a conversation of a thousand turns, with orders of the system's own, at the cost of the house.
void judge_conversation(File& file, Node handler) {
  const Code code = handler.code();
  if (!asks_limit(code) ||
      !icontains_any(code, {"openai", "anthropic", "gemini", "groq", "mistral", "deepseek", "openrouter", "lovable"}) ||
      icontains_any(code, {".slice(", ".length >", ".length <", "max(", ".splice("}))
    return;
  const HandlerNames names = handler_names(file, handler);
  for (const char* type : {"pair", "shorthand_property_identifier"})
    for (const Node p : body(handler).all(type)) {
      const bool pair = p.is("pair");
      if ((pair ? p.child("key").text() : p.text()) != "messages") continue;
      const Node value = pair ? unwrap(p.child("value")) : p;
      if (!names.client.contains(std::string(value.text()))) continue;
      auto& f = file.hit("RL-002", p);
      f.title = "The client writes the whole conversation that the model is paid for";
      f.impact =
          "Calls are counted, their size is not: one call may carry what a hundred are meant to cost, and turns "
          "in the name of the system.";
      f.fix = "Bound number and length of the messages, and let the client send turns of the user only.";
      f.confidence = proof::Confidence::medium;
      return;
    }
}

}  // namespace

void judge_served_rights(File& file, Node handler) {
  judge_conversation(file, handler);
  if (asks_identity(handler.code())) Judge(file, handler).look();
}

}  // namespace gatehouse::audit::source
