// What a request claims and a server writes down or pays for: who did it, how much was used, which model answers.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool spends(std::string_view name) {
  return has_word(name, {"credits", "credit", "balance", "wallet", "points", "coins", "quota", "tokens"}) &&
         !has_word(name, {"id", "at", "card", "max", "limit", "get", "fetch", "load", "access", "refresh", "note"});
}

// The one who acted, as a column says it: not the one it was done to.
bool actor(std::string_view key) {
  static constexpr std::string_view kWho[] = {"adminId",     "admin_id",     "senderId",    "sender_id",  "authorId",
                                              "author_id",   "reviewerId",   "reviewer_id", "approverId", "approver_id",
                                              "moderatorId", "actorId",      "actor_id",    "createdBy",  "created_by",
                                              "updatedBy",   "approvedBy",   "approved_by", "verifiedBy", "verified_by",
                                              "performedBy", "performed_by", "processedBy", "uploadedBy", "uploaded_by",
                                              "reviewedBy",  "rejectedBy",   "acceptedBy",  "deletedBy",  "postedBy"};
  return std::find(std::begin(kWho), std::end(kWho), key) != std::end(kWho);
}

struct Claimed {
  std::vector<std::pair<std::string, Node>> fields;
  std::set<std::string> names, wholes;  // fields by their own names; what holds the body

  // A value the client sent, as it came or with a default behind it.
  bool sent(Node value, int depth = 0) const {
    value = unwrap(value);
    if (depth > 3 || !value) return false;
    if (value.any_of("identifier", "shorthand_property_identifier")) return names.contains(std::string(value.text()));
    if (value.is("member_expression")) {
      const std::string object = dotted(value.child("object"));
      return body_object(object) || wholes.contains(object);
    }
    if (value.is("binary_expression") && (value.has_token("||") || value.has_token("??")))
      return sent(value.child("left"), depth + 1) || sent(value.child("right"), depth + 1);
    return false;
  }
};

Claimed claimed_by(const File& file, Node function) {
  Claimed out;
  ClientData data = client_data(file, function);
  for (auto& [key, at] : data.fields) {
    if (at.any_of("shorthand_property_identifier_pattern", "object_assignment_pattern")) out.names.insert(key);
    if (at.is("pair_pattern")) out.names.insert(std::string(at.child("value").text()));
  }
  for (const Node d : function.all("variable_declarator"))  // const model = body.model
    if (d.child("name").is("identifier") && unwrap(d.child("value")).is("member_expression"))
      if (const std::string object = dotted(unwrap(d.child("value")).child("object"));
          body_object(object) || data.wholes.contains(object))
        out.names.insert(std::string(d.child("name").text()));
  out.wholes = std::move(data.wholes);
  out.fields = std::move(data.fields);
  return out;
}

// Stops: an approval in the name of another, a message that somebody else is said to have written.
void judge_actors(File& file, Node function, const Claimed& claimed) {
  const Code code = function.code();
  for (const auto& [key, at] : claimed.fields) {
    if (!actor(key)) continue;
    const std::string who(key);
    if (contains(code, who + " !=") || contains(code, who + " ==") || contains(code, "= " + who) ||
        icontains_any(code,
                      {"!== req.user", "!== session", "!== user.id", "!== userid", "req.user.id", "req.user._id"}))
      continue;
    for (const Touch& t : touches(file, body(function))) {
      if ((t.kind != Touch::Kind::create && t.kind != Touch::Kind::change) || t.by_rules) continue;
      // { verifiedBy: adminId }, { adminId }, { senderId: req.body.senderId }; a condition is no writing.
      bool written = false;
      for (const Node n : t.whole.all("shorthand_property_identifier")) written = written || n.text() == who;
      for (const Node p : t.whole.all("pair"))
        written = written || (claimed.sent(p.child("value")) && has_token(p.child("value").code(), who));
      if (!written) continue;
      file.hit("AZ-002", at).title = "Who did it is what the request says (" + who + ")";
      return;
    }
  }
}

bool asks_model(const Code& code) {
  return icontains_any(code, {"openai", "anthropic", "gemini", "generativeai", "streamtext", "generatetext",
                              "generateimage", "generatecontent", "generateobject", "completions", "lib/ai", "groq",
                              "mistral", "openrouter", "replicate", "fal.", "llm"});
}

// Stops: the dearest model and the longest answer on the owner's bill, with a prompt of the caller's own.
void judge_models(File& file, Node function, const Claimed& claimed) {
  if (!asks_model(file.code())) return;
  const Code code = function.code();
  if (icontains_any(code, {"includes(model", "has(model", "indexof(model", "allowed", "enum(", "zod", "safeparse",
                           "models[", "modelmap", "switch (", "supported", "validmodel", "whitelist"}))
    return;
  const auto told = [&](Node at) {
    auto& f = file.hit("PAY-001", at);
    f.title = "The client chooses which model is asked, or how long its answer may be, whatever it costs";
    f.severity = proof::Severity::medium;
  };
  for (const Call* c : file.calls_in(function)) {
    if (c->name.starts_with("console.") ||
        icontains_any(c->name, {"log", "prisma", "stripe", ".insert", "json", "findone"}))
      continue;
    for (const Node a : c->args)
      for (const auto& [key, value] : members(unwrap(a)))
        if ((key == "model" || key == "max_tokens" || key == "maxTokens" || key == "maxOutputTokens" ||
             key == "max_completion_tokens") &&
            claimed.sent(value) && !icontains_any(code, {"math.min(max", "math.min(" + std::string(key)}))
          return told(value);
  }
  // Handed on by other ways: openai(model), { model: pick(selectedModel) }
  if (!asks_model(code)) return;
  const auto used = [&](const std::string& name, Node at) {
    if (!at.any_of("shorthand_property_identifier_pattern", "object_assignment_pattern", "pair_pattern")) return true;
    for (const char* type : {"identifier", "shorthand_property_identifier"})
      for (const Node n : function.all(type))
        if (n.text() == name) return true;
    return false;
  };
  for (const std::string_view which : {"model", "modelId", "modelName", "selectedModel"})
    for (const auto& [key, at] : claimed.fields)
      if (key == which && used(key, at) && !icontains(code, "includes(" + text::to_lower(key)) &&
          !icontains(code, "has(" + text::to_lower(key)))
        return told(at);
}

// Stops: -1000000 used, which is a gift to oneself, and 0 used, which is everything for nothing.
void judge_spending(File& file, Node function, const Claimed& claimed) {
  for (const auto& [key, at] : claimed.fields) {
    if (!spends(key) || !claimed.names.contains(key)) continue;
    std::set<std::string> names{key};
    for (const Node d : function.all("variable_declarator"))
      if (d.child("name").is("identifier") && has_token(d.child("value").code(), key) &&
          !is_function(unwrap(d.child("value"))) && !client_data(file, d).fields.size())
        names.insert(std::string(d.child("name").text()));
    for (const Call* c : file.calls_in(body(function))) {
      const std::string_view f = last(c->name);
      if (!spends(f) || !has_word(f, {"update", "add", "set", "grant", "refund", "increment", "deduct", "consume",
                                      "spend", "use", "change", "adjust", "give", "decrement", "subtract", "charge"}))
        continue;
      const bool handed = std::any_of(c->args.begin(), c->args.end(), [&](Node a) {
        return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(a.code(), n); });
      });
      if (!handed) continue;
      auto& found = file.hit("AZ-007", at);
      found.title = "The client says how much of its " + words(key).front() + " it has used";
      also(found, file, c->node);
      return;
    }
  }
}

// credits - n worked out here, and written by a helper in the next line.
void judge_helpers(File& file, Node function) {
  if (icontains_any(function.code(), {"for update", "serializable", "lock:", "mutex", "withlock", "$transaction"}))
    return;
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    if (!spends(f) || !has_word(f, {"update", "set", "save", "write", "store"})) continue;
    if (client_file(file) || f.starts_with("set")) continue;
    for (const Node a : c->args) {
      Node value = unwrap(a);
      if (value.is("identifier"))
        for (const Node d : function.all("variable_declarator"))
          if (d.child("name").text() == value.text()) value = unwrap(d.child("value"));
      bool worked_out = false;
      std::vector<Node> sums = value.all("binary_expression");
      if (value.is("binary_expression")) sums.push_back(value);
      for (const Node b : sums)
        if ((b.has_token("-") || b.has_token("+")) && unwrap(b.child("left")).is("member_expression") &&
            spends(unwrap(b.child("left")).child("property").text()))
          worked_out = true;
      if (!worked_out) continue;
      file.hit("PAY-004", c->node);
      return;
    }
  }
}

// Stops: somebody whose card was refused and who changes the plan instead of paying.
void judge_switched_on(File& file, Node function) {
  const Code code = function.code();
  if (!icontains_any(code, {"subscriptions.update(", "subscriptions.resume("}) ||
      icontains_any(code, {"constructevent", "webhook"}))
    return;
  for (const Node m : function.all("member_expression"))
    if (m.child("property").text() == "status" && !m.parent().is("call_expression") && dotted(m) != "res.status")
      return;
  for (const Touch& t : touches(file, body(function))) {
    if (t.kind != Touch::Kind::change && t.kind != Touch::Kind::create) continue;
    for (const Node p : t.whole.all("pair")) {
      const std::string_view key = p.child("key").text();
      const Node value = unwrap(p.child("value"));
      const auto said = literal(value);
      const bool on = (has_word(key, {"subscription", "subscribed", "premium", "pro", "access"}) && value.is("true")) ||
                      (has_word(key, {"status"}) && said && text::iequals(*said, "active"));
      if (!on) continue;
      file.hit("PAY-002", p).title = "A subscription is switched on without asking whether it is paid";
      return;
    }
  }
}

}  // namespace

void read_claims(File& file) {
  if (client_file(file)) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (const Node outer = function_around(f); outer && !f.is("method_definition")) continue;
      const Code code = f.code();
      if (icontains(code, "credit") || icontains_any(code, {"balance", "tokens", "points", "coins", "wallet", "quota"}))
        judge_helpers(file, f);
      judge_switched_on(file, f);
      if (!icontains_any(code, {"body", ".json()"})) continue;
      const Claimed claimed = claimed_by(file, f);
      if (claimed.fields.empty() && claimed.wholes.empty()) continue;
      judge_actors(file, f, claimed);
      judge_models(file, f, claimed);
      judge_spending(file, f, claimed);
    }
}

// Stops: a purse that lies with its owner, who writes into it what he likes.
void read_browser_quotas(File& file) {
  const Project& p = file.project;
  if (!client_file(file) || !contains(file.code(), "localStorage")) return;
  const bool costs = p.depends_on("openai") || p.depends_on("ai") || p.depends_on("@anthropic-ai/sdk") ||
                     p.depends_on("@google/generative-ai") || p.depends_on("@google/genai") ||
                     p.depends_on("replicate") || p.depends_on("groq-sdk") || p.depends_on("stripe");
  if (!costs) return;
  for (const Call& c : file.calls) {
    if (!c.name.ends_with("localStorage.setItem")) continue;
    const std::string key = literal(c.arg(0)).value_or(std::string(c.arg(0).text()));
    const bool purse = has_word(key, {"tokens", "credits", "quota", "remaining", "generations"}) &&
                       !has_word(key, {"access", "refresh", "auth", "id", "session", "jwt"});
    if (!purse) continue;
    const std::vector<Node> sums = file.tree.all("binary_expression");
    const bool counted =
        std::any_of(sums.begin(), sums.end(), [](Node b) { return b.has_token("-") || b.has_token("+"); });
    if (!counted || contains(c.arg(1).code(), "JSON.stringify")) continue;
    if (icontains_any(function_around(c.node).code(), {"fetch(", "axios", ".rpc("})) continue;
    auto& f = file.hit("AZ-003", c.node);
    f.title = "What one may still use is counted in the browser, where everybody sets it as he likes";
    f.severity = proof::Severity::medium;
    return;
  }
}

}  // namespace gatehouse::audit::source
