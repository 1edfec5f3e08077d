// Webhook handlers in Python: functions and the post methods of views that are named or routed as such.
#include <algorithm>
#include <set>

#include "audit/source/python.h"
#include "audit/source/recurring.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Somebody keeps the ids of events, and asks for them: a table, a cache, a function named for it.
bool remembers_events(const File& file, Node f) {
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    const Code args = c->node.child("arguments").code();
    const bool of_event =
        icontains_any(args, {"event_id", "event.id", "event['id']", "event[\"id\"]", "evt", "webhook_id", "delivery"});
    if (of_event && contains(c->name, ".objects") && m != "update") return true;
    if (of_event && (m == "add" || m == "set" || m == "setnx" || m == "sadd" || m == "get") &&
        icontains_any(c->name, {"cache", "redis"}))
      return true;
    if (has_word(m, {"already", "seen", "duplicate", "dedup", "dedupe", "processed", "idempotent", "claim"}))
      return true;
  }
  return icontains_any(f.code(), {"integrityerror", "already processed", "already handled", "update_or_create"});
}

// What a second delivery does a second time: another row, another mail, another credit.
Node repeats(const File& file, Node f) {
  if (icontains_any(f.code(), {".exists()", "get_or_create", "update_or_create", "already", "integrityerror"}))
    return {};
  for (const Node b : f.all("if_statement"))
    if (icontains_any(b.child("condition").code(), {"status ==", "status !=", "is_paid", ".paid"})) return {};
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "create" && contains(c->name, ".objects")) return c->node;
    if (m == "send_mail" || m == "send_email" ||
        (m == "delay" && has_word(c->name, {"mail", "email", "notify", "notification"})))
      return c->node;
  }
  for (const Node a : f.all("augmented_assignment"))
    if (a.has_token("+=") && a.child("left").is("attribute")) return a;
  return {};
}

// Stops: one payment that is delivered twice and counted twice, in the function that does it.
void judge_repeats(File& file, Node handler) {
  for (const auto& f : file.sink.findings())
    if (f.id == "WHK-002" && f.locations.front().path == file.path) return;
  if (remembers_events(file, handler)) return;
  Recurring told;
  const Code code = handler.code();
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    bool reached = f == handler || (name.size() > 4 && has_token(code, name));
    for (const Node a : file.tree.all("assignment"))  // HANDLERS = {"invoice.paid": paid}
      reached = reached || (!function_around(a) && a.child("left").is("identifier") &&
                            has_token(code, a.child("left").text()) && has_token(a.child("right").code(), name));
    if (!reached || function_around(f) || remembers_events(file, f)) continue;
    if (const Node again = repeats(file, f)) told.hit(file, "WHK-002", again);
  }
}

// def verify_signature(payload, signature, secret): sha256(payload + secret) is no HMAC. No provider sends that, so
// true events are turned away, and what was hashed can be lengthened.
void judge_plain_hashes(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (!has_word(name, {"signature", "webhook"}) || !has_word(name, {"verify", "check", "validate", "valid"}))
      continue;
    if (icontains_any(f.code(), {"hmac", "construct_event", "ecdsa", "public_key", "rsa"})) continue;
    for (const Call* c : file.calls_in(body(f))) {
      const std::string full = file.full(c->name);
      if (!full.starts_with("hashlib.sha") && full != "hashlib.md5") continue;
      if (!icontains_any(c->node.child("arguments").code(), {"secret", "key"})) continue;
      auto& found = file.hit("EX-018", c->node);
      found.title = "The signature is a plain hash over content and secret, no HMAC";
      found.severity = proof::Severity::medium;
      break;
    }
  }
}

// attributes["custom_data"]["plan_id"]: the buyer may write that into the checkout's address.
// Stops: paying for the cheap plan and naming the dear one.
void judge_custom_data(File& file, Node f) {
  const Code code = f.code();
  if (!contains(code, "custom_data") || icontains_any(code, {"variant_id", "product_id", "price_id", "checkout_token"}))
    return;
  std::set<std::string> custom{"custom_data"};
  for (const Node a : f.all("assignment"))
    if (contains(a.child("right").code(), "custom_data") && a.child("left").is("identifier") &&
        !has_word(a.child("left").text(), {"id", "user"}))
      custom.insert(std::string(a.child("left").text()));
  for (const Call* c : file.calls_in(body(f))) {
    const auto key = last(c->name) == "get" ? literal(c->arg(0)) : std::nullopt;
    if (!key || !has_word(*key, {"plan", "tier", "credits", "amount", "package"})) continue;
    const Code object = c->node.child("function").child("object").code();
    if (std::none_of(custom.begin(), custom.end(), [&](const std::string& n) { return has_token(object, n); }))
      continue;
    auto& found = file.hit("PAY-001", c->node);
    found.title = "What was bought is read from data the buyer may write (" + *key + ")";
    found.severity = proof::Severity::medium;
    found.confidence = proof::Confidence::medium;
    return;
  }
}

struct EmptySecrets {
  std::map<std::string, Spot> defaults;  // lower-case name of a setting that is an empty text unless it is given
  std::vector<std::pair<std::string, Spot>> asked;
};

// STRIPE_WEBHOOK_SECRET = os.getenv("STRIPE_WEBHOOK_SECRET", ""), and elsewhere what proves signatures with it.
void note_empty_secrets(File& file) {
  auto& notes = file.project.notes<EmptySecrets>();
  for (const Node a : file.tree.all("assignment")) {
    const std::string_view name = a.child("left").text();
    if (function_around(a) || !icontains(name, "webhook") || !a.child("left").is("identifier")) continue;
    Node value = unwrap(a.child("right"));
    if (const auto c = as_call(value); c && last(c->name) == "Field")
      value = c->keyword("default") ? c->keyword("default") : c->arg(0);
    const auto read = env_read(value);
    if (literal(value) == "" || (read && literal(read->fallback) == ""))
      notes.defaults.emplace(text::to_lower(name), Spot{place(file.path, a.line()), file.shown(a)});
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool stripe = f == "construct_event", hmac = file.full(c.name) == "hmac.new";
    const Node secret = stripe ? (c.arg(2) ? c.arg(2) : c.keyword("secret")) : hmac ? c.arg(0) : Node();
    if (!secret) continue;
    std::string name = dotted(secret);
    if (const auto coded = as_call(unwrap(secret)); coded && last(coded->name) == "encode")
      name = dotted(coded->node.child("function").child("object"));
    if (!icontains(last(name), "webhook")) continue;
    const Code around = function_around(c.node).code();
    if (contains(around, "not " + name) || contains(around, "if " + name)) continue;
    notes.asked.emplace_back(text::to_lower(last(name)), Spot{place(file.path, c.line()), file.shown(c.node)});
  }
}

}  // namespace

void judge_python_webhooks(const Project& project, Sink& sink) {
  const auto& notes = project.notes<EmptySecrets>();
  for (const auto& [name, spot] : notes.asked) {
    const auto it = notes.defaults.find(name);
    if (it == notes.defaults.end()) continue;
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "EX-021" && !f.locations.empty() && f.locations.front().path == spot.at.path &&
             f.locations.front().line == spot.at.line;
    });
    if (told) continue;
    // Stops: events signed with the empty key, where nobody gave the setting.
    auto& f = sink.find("EX-021", spot.at, spot.shown);
    f.severity = proof::Severity::high;
    f.title = "Without its setting the signature is checked with an empty secret";
    f.locations.push_back(it->second.at);
    f.evidence.push_back(it->second.shown);
  }
}

void read_python_webhooks(File& file) {
  judge_plain_hashes(file);
  note_empty_secrets(file);
  const bool file_named = webhook_door(file.path);
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    const Node cls = f.above("class_definition");
    if (function_around(f)) continue;
    judge_custom_data(file, f);
    bool handler = false;
    if (cls) {
      handler = name == "post" && (webhook_door(cls.child("name").text()) || file_named);
      // A view, not a service object.
      handler = handler && contains(cls.child("superclasses").text(), "View");
    } else {
      const Node parent = f.parent();
      bool route = false;
      if (parent.is("decorated_definition"))
        for (const Node d : parent.children()) {
          if (!d.is("decorator")) continue;
          const auto call = as_call(d.first());
          if (call && (last(call->name) == "post" || last(call->name) == "route" || last(call->name) == "api_route" ||
                       last(call->name) == "api_view")) {
            route = true;
            if (const auto path = literal(call->arg(0)); path && webhook_door(*path)) handler = true;
          }
          if (contains(d.code(), "csrf_exempt") || contains(d.code(), "require_POST")) route = true;
        }
      const auto parameters = f.child("parameters").children();
      bool takes_request = false;
      for (const Node p : parameters) takes_request = takes_request || p.code().starts_with("request");
      if (route && webhook_door(name)) handler = true;
      // @router.post("/lemonsqueezy") of a file of webhooks
      if (route && !handler && f.parent().is("decorated_definition") &&
          (takes_signed_events(f) ||
           (file_named && icontains_any(f.code(), {"request.body()", "get_data(", "request.json"}))))
        handler = !contains(f.parent().code().substr(0, 80), ".get(");
      if (takes_request && webhook_door(name) &&
          !has_word(name, {"verify", "handle", "process", "get", "parse", "validate", "list", "create", "log"}))
        handler = true;
      if (has_word(name, {"test", "register", "delete", "list", "verify"})) handler = false;
      // Who signs in to it is no provider.
      for (const Call* c : file.calls_in(f.child("parameters")))
        if (last(c->name) == "Depends" && has_word(dotted(c->arg(0)), {"user", "admin", "current", "require", "role"}))
          handler = false;
    }
    if (handler) judge_webhook(file, f, f);
    if (handler) judge_repeats(file, f);
  }
}

}  // namespace gatehouse::audit::source
