// Whether a webhook proves who sent it, in one pass over its handler.
#include "audit/source/webhook.h"

#include <algorithm>

#include "audit/source/event_marks.h"
#include "audit/source/event_order.h"
#include "audit/source/provider_events.h"
#include "audit/source/webhook_losses.h"
#include "audit/source/webhook_proofs.h"
#include "audit/source/webhook_silences.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct WebhookNotes {
  struct Pending {
    proof::Location at;
    std::string shown;
    std::set<std::string> calls;
  };
  std::vector<Pending> pending;
  std::set<std::string> verifiers;
};

bool proves(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "constructEvent" || f == "constructEventAsync" || f == "construct_event" || f == "compare_digest" ||
      f == "timingSafeEqual" || f == "unwrap" || f == "verifyWebhook" || f == "verifyHeader" || f == "verify_header")
    return true;
  const auto w = words(f);
  const auto has = [&](std::string_view x) { return std::find(w.begin(), w.end(), x) != w.end(); };
  const bool judge = has("verify") || has("validate") || has("check") || has("verified") || has("assert") ||
                     has("authenticate") || has("is") || has("construct") || has("parse");
  const bool what = has("signature") || has("webhook") || has("svix") || has("hmac") || has("sig") || has("stripe") ||
                    has("event") || has("signed");
  if (judge && what && !(has("parse") && !has("verified") && !has("signed") && !has("verify")))
    return !(has("check") && has("event") && !has("signature"));
  if (f == "verify") {  // wh.verify(payload, headers), new Webhook(secret).verify(…)
    return icontains_any(c.name, {"wh", "webhook", "svix", "hook", "signature", "hmac", "crypto", "subtle"}) ||
           c.args.size() >= 2;
  }
  return false;
}

// Functions of this file that `within` calls by name.
std::vector<Node> helpers(const File& file, Node within) {
  std::vector<Node> out;
  std::set<std::string> called;
  for (const Call* c : file.calls_in(within)) called.insert(std::string(last(c->name)));
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (!f.inside(within) && !within.inside(f) && called.contains(function_name(f))) out.push_back(f);
  return out;
}

// Something here makes a second delivery harmless: events are known again by their ids, or the effect is one that can
// be repeated. The id alone proves nothing: most handlers write it to their log.
bool remembers(const Code& code) {
  if (icontains_any(code,
                    {"idempot",           "dedup",          "get_or_create",   "update_or_create", "upsert",
                     "on conflict",       "onconflict",     "webhookevent",    "webhook_event",    "svix-id",
                     "svix_id",           "processedevent", "processed_event", "processedwebhook", "stripeevent.",
                     "already processed", "already paid",   "already handled", "already been",     "on duplicate"}))
    return true;
  return icontains_any(code, {"event.id", "event[\"id\"]", "event['id']", "event_id", "eventid", "event.get(\"id\")",
                              "event.get('id')", "webhook_id", "webhookid", "payload.id", "evt.id"}) &&
         icontains_any(code, {"exists", "findunique", "findfirst", "findone", "find_one", "already", "duplicate",
                              "p2002", "23505", "integrityerror", "setnx", "nx: true", "nx=true", ".has(", ".first()",
                              "one_or_none", "maybesingle", "processed", ".get("});
}

const Call* proof_in(const File& file, Node within) {
  const Call* named = nullptr;
  for (const Call* c : file.calls_in(within)) {
    if (!proves(*c)) continue;
    const std::string_view f = last(c->name);
    if (f == "constructEvent" || f == "construct_event" || f == "constructEventAsync" || f == "compare_digest" ||
        f == "timingSafeEqual" || f == "verify")
      return c;
    if (!named) named = c;
  }
  return named;
}

}  // namespace

bool refuses(Node block) {
  const Code code = block.code();
  if (contains(code, "raise ") || contains(code, "raise\n") || contains(code, "throw ") || contains(code, "abort(") ||
      contains(code, "exit("))
    return true;
  if (!contains(code, "return") && !contains(code, "status(4") && !contains(code, "status(5")) return false;
  return icontains_any(
      code, {"400", "401", "403", "404", "422", "500", "501", "503", "error", "badrequest", "forbidden", "unauthorized",
             "return false", "invalid", "return null", "return none", "reject", "bad_request"});
}

void read_verifiers(File& file) {
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const Call* proof = proof_in(file, f);
      if (!proof) continue;
      const std::string name = function_name(f);
      if (!name.empty() && name != "post" && name != "POST") file.project.notes<WebhookNotes>().verifiers.insert(name);
      const Code code = f.code();
      if (!icontains_any(code, {"webhook", "signature", "svix"}) || !(function_around(proof->node) == f)) continue;
      if (!has_word(name, {"verify", "validate", "check", "construct", "parse", "is", "assert", "ok", "valid",
                           "genuine", "authentic"}))
        continue;
      if (const Node gap = skipped_proof(proof->node, f)) also(file.hit("EX-021", gap), file, proof->node);
    }
}

void judge_pending_webhooks(const Project& project, Sink& sink) {
  const auto& notes = project.notes<WebhookNotes>();
  for (const auto& p : notes.pending) {
    const bool elsewhere =
        std::any_of(p.calls.begin(), p.calls.end(), [&](const std::string& c) { return notes.verifiers.contains(c); });
    // Stops: anybody who knows the address tells the application that an order was paid.
    if (!elsewhere) sink.find("EX-018", p.at, p.shown);
  }
}

bool verifies_signature(const File& file, Node within) { return proof_in(file, within) != nullptr; }

bool takes_signed_events(Node handler) {
  const Code code = handler.code();
  // Parts that one of the words below has, each: almost no function goes on to those.
  if (!icontains_any(code, {"sig", "succe", ".completed", "webhooks.c", "verif-hash", "stkcallback", "payment.captured",
                            "_created"}))
    return false;
  return icontains_any(code, {"stripe-signature",
                              "svix-signature",
                              "webhooks.constructevent",
                              "x-signature",
                              "paddle-signature",
                              "webhook-signature",
                              "x-paystack-signature",
                              "x-razorpay-signature",
                              "x-hub-signature",
                              "creem-signature",
                              "polar-signature",
                              "verif-hash",
                              "x-callback-signature",
                              "x-nowpayments-sig",
                              "stkcallback",
                              "\"checkout.session.completed\"",
                              "'checkout.session.completed'",
                              "\"charge.success\"",
                              "'charge.success'",
                              "\"payment.captured\"",
                              "'payment.captured'",
                              "'transaction.completed'",
                              "\"transaction.completed\"",
                              "payment.capture.completed",
                              "'subscription_created'",
                              "\"subscription_created\"",
                              "'order_created'",
                              "\"order_created\"",
                              "'charge.completed'",
                              "\"charge.completed\"",
                              "invoice.payment_succeeded"});
}

namespace {

// const row = await find…; if (row) update… else create…: the second delivery writes the same again.
bool found_or_made(Node handler) {
  for (const Node branch : handler.all("if_statement")) {
    const Node other = branch.child("alternative");
    if (!other) continue;
    const Code then = branch.child("consequence").code(), rest = other.code();
    const auto makes = [](std::string_view c) { return icontains_any(c, {".create(", ".insert(", ".add("}); };
    const auto changes = [](std::string_view c) { return icontains_any(c, {".update(", ".save(", ".set("}); };
    if ((changes(then) && makes(rest)) || (makes(then) && changes(rest))) return true;
  }
  // create({ data: { id: evt.data.id } }) and nothing else: the second time its key is taken already.
  std::size_t made = 0, keyed = 0, others = 0;
  for (const Node n : handler.all("call_expression")) {
    const auto c = as_call(n);
    if (!c) continue;
    const std::string_view f = last(c->name);
    if (f == "create" && icontains_any(c->name, {"prisma", "db.", "user"})) {
      ++made;
      for (const Node p : n.all("pair")) {
        const std::string_view key = p.child("key").text();
        if (key == "id" || key == "_id" || key == "clerkId" || key == "clerk_id" || key == "clerkUserId") {
          ++keyed;
          break;
        }
      }
    } else if (f == "update" || f == "updateMany" || f == "upsert" || f == "insert" || f == "save" || f == "send") {
      ++others;
    }
  }
  return made > 0 && made == keyed && others == 0;
}

// Stops: one payment that is delivered twice and counted twice.
bool judge_repeats(File& file, Node handler, bool counts_only) {
  const Repeats repeats = repeats_of(file, handler);
  std::vector<Node> places = repeats.counts;
  if (!counts_only) places.insert(places.end(), repeats.others.begin(), repeats.others.end());
  if (places.empty()) return false;
  std::sort(places.begin(), places.end(), [](Node a, Node b) { return a.begin() < b.begin(); });
  if (repeats.remembered) return true;
  auto& f = file.hit("WHK-002", places.front());
  if (!repeats.counts.empty()) {
    f.title = "An event that is delivered twice counts twice";
    f.severity = proof::Severity::high;
  }
  for (std::size_t i = 1; i < places.size() && i < 5; ++i) also(f, file, places[i]);
  return true;
}

// Stops: a payment that nobody unlocks, because the provider was told that all is well.
void judge_losses(File& file, Node handler) {
  for (const Node f : handler_and_helpers(file, handler))
    if (const Node lost = lost_event(file, f)) {
      file.hit("WHK-003", lost);
      return;
    }
}

// Where the handler first takes what was sent, when that is far below its head: there it begins to believe.
Node far_reading(const File& file, Node handler, Node at) {
  constexpr int kFar = 5;  // lines
  Node best;
  const auto keep = [&](Node n) {
    if (!best || n.begin() < best.begin()) best = n;
  };
  for (const char* type : {"member_expression", "attribute"})
    for (const Node n : handler.all(type))
      if (const Code code = n.code(); code == "req.body" || code == "request.body" || code == "request.data" ||
                                      code == "req.rawBody" || code == "event.body")
        keep(n);
  for (const Call* c : file.calls_in(handler)) {
    const std::string_view f = last(c->name);
    const bool sent = icontains_any(c->name.substr(0, 9), {"req.", "request.", "c.req."});
    if (sent && (f == "json" || f == "text" || f == "arrayBuffer" || f == "get_json" || f == "get_data" || f == "body"))
      keep(c->node);
  }
  return best && best.line() - at.line() >= kFar ? best : at;
}

// if (calculated !== signature) return refuse: what it is compared with was counted somewhere. Telegram, GitLab and
// others sign nothing and send a secret along: that is held against what the settings say.
bool compared_by_hand(Node handler) {
  for (const Node branch : handler.all("if_statement")) {
    const Node condition = branch.child("condition");
    if (!refuses(branch.child("consequence"))) continue;
    for (const char* type : {"binary_expression", "comparison_operator"})
      for (const Node b : (unwrap(condition).is(type) ? std::vector<Node>{unwrap(condition)} : condition.all(type))) {
        const Code said = b.code();
        if (said.size() > 200 || (!contains(said, "!=") && !contains(said, "=="))) continue;
        if (has_word(said, {"signature", "hmac", "digest", "checksum", "hash", "sig", "sign", "md5", "secret"}) &&
            !icontains_any(said, {"null", "undefined", "none", "typeof", "''", "\"\"", "length"}))
          return true;
      }
  }
  return false;
}

}  // namespace

namespace {

// return jsonify({"status": "success"}): nothing is read, and nothing comes of it.
bool does_nothing(const File& file, Node handler) {
  const auto calls = file.calls_in(body(handler));
  if (icontains_any(body(handler).code(), {"await ", ".body", "request.", "payload", "event"})) return false;
  return std::all_of(calls.begin(), calls.end(), [](const Call* c) {
    return has_word(last(c->name), {"jsonify", "json", "send", "status", "end", "response", "log", "info", "print",
                                    "warn", "debug", "sendstatus", "make"});
  });
}

}  // namespace

void judge_webhook(File& file, Node handler, Node at) {
  const Code code = handler.code();
  if (does_nothing(file, handler)) return;
  judge_endings(file, handler);
  note_webhook_door(file, handler);
  judge_losses(file, handler);
  judge_silences(file, handler);
  judge_early_answers(file, handler);
  const Call* proof = proof_in(file, handler);
  std::vector<Proof> proofs;
  if (proof) proofs.push_back({proof, handler});
  for (const Node h : helpers(file, handler)) {
    const Call* inner = proof_in(file, h);
    if (inner) proofs.push_back({inner, h});
  }
  // A direct comparison of signatures is a proof too, if a leaky one.
  const bool compares = contains(code, "createHmac") || contains(code, "hmac.new");
  if (proofs.empty() && !compares && !compared_by_hand(handler)) {
    if (icontains_any(code, {"requireauth", "getauth("})) return;
    // Handed on as a whole to a package made for it, which nobody can read here: nothing is known.
    for (const Call* c : file.calls_in(handler)) {
      const std::string full = file.full(c->name);
      const bool package = full != c->name && !full.starts_with(".") && !full.starts_with("@/") &&
                           !full.starts_with("~") && !full.starts_with("src/") &&
                           !file.path.ends_with(".py");  // where all modules look alike
      const bool whole = c->arg(0).is("identifier") && icontains_any(c->arg(0).text(), {"req"});
      if (package && whole && has_word(last(c->name), {"webhook", "webhooks"})) return;
    }
    WebhookNotes& notes = file.project.notes<WebhookNotes>();
    // Stops: a credit for each time that anybody says a job has failed.
    judge_repeats(file, handler, true);
    const Node from = far_reading(file, handler, at);
    WebhookNotes::Pending pending{
        place(file.path, from.line(), std::min(at.end_line(), from.line() + 12)), file.shown(from), {}};
    for (const Call* c : file.calls_in(handler)) pending.calls.insert(std::string(last(c->name)));
    notes.pending.push_back(std::move(pending));
    return;
  }
  // Stops: a digest of what was parsed and written again, which is not what was signed. Paystack signs exactly that.
  if (compares && !icontains(code, "paystack"))
    for (const Call* c : file.calls_in(handler))
      if (last(c->name) == "update" && contains(c->arg(0).code(), "JSON.stringify(") &&
          icontains(c->arg(0).code(), "body")) {
        file.hit("EX-019", c->node).severity = proof::Severity::medium;
        break;
      }
  if (proofs.empty())  // compared by hand
    for (const Call* c : file.calls_in(handler))
      if ((last(c->name) == "createHmac" || c->name == "hmac.new")) {
        proofs.push_back({c, handler});
        break;
      }
  const bool skipped = judge_skipped_proofs(file, handler, proofs, !proof && compares);
  if (proof && !skipped) {
    const std::string_view f = last(proof->name);
    // A proof over text that was parsed and written again proves nothing about what was sent.
    const std::string first = written_out(proof->arg(0), handler);
    const bool rewritten =
        (f == "constructEvent" || f == "construct_event" || f == "constructEventAsync" || f == "verify") &&
        (contains(first, "JSON.stringify(") || contains(first, "json.dumps("));
    if (rewritten) file.hit("EX-019", proof->node);
    if (icontains_any(f, {"constructevent", "construct_event"}))
      file.sink.positive("Stripe webhooks are verified with the provider's own check (" + std::string(file.path) + ":" +
                         std::to_string(proof->line()) + ").");
    else
      file.sink.positive("Webhook signatures are verified before events are handled (" + std::string(file.path) + ":" +
                         std::to_string(proof->line()) + ").");
  }
  std::string here(code);
  for (const Node h : helpers(file, handler)) here += h.code();
  if (judge_repeats(file, handler, false)) return;
  const bool acts = icontains_any(here, {"paid", "activate", "mark", ".save(", ".create(", ".update(", ".insert(",
                                         "insert into", "update ", ".upsert(", "send_mail", "sendmail", "resend",
                                         "create_user", "createuser", "updateuser", "provision", "fulfill", "grant"});
  if (acts && ((!remembers(file.code()) && !found_or_made(handler)) || reawakens(here)) &&
      !fetched_anew(file, handler)) {
    const auto branches = event_branches(file, handler);
    file.hit("WHK-002", branches.empty() ? at : branches.front().at);
  }
}

}  // namespace gatehouse::audit::source
