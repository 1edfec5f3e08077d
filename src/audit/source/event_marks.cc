#include "audit/source/event_marks.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "audit/source/webhook_losses.h"
#include "audit/source/webhook_silences.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool of_events(const Code& code) {
  return icontains_any(
      code, {"event_id", "eventid", "event.id", "event[\"id\"]", "event['id']", "webhook_event", "webhookevent",
             "stripe_event", "stripeevent", "processed_event", "processedevent", "evt.id", "webhook:", "idempotency"});
}

bool told_near(const File& file, std::string_view id, int line, int near) {
  return std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& f) {
    return f.id == id && f.locations.front().path == file.path && std::abs(f.locations.front().line - line) <= near;
  });
}

// if await cache.exists(key): return …; await cache.set(key, "1")
void judge_two_steps(File& file, Node f) {
  const Code code = f.code();
  if (icontains_any(code, {"nx=true", "nx: true", "'nx'", "\"nx\"", "setnx", "set_nx", ".add(", "watch("})) return;
  for (const Call* asked : file.calls_in(body(f))) {
    const std::string_view m = last(asked->name);
    if ((m != "exists" && m != "get" && m != "has") || asked->args.empty() ||
        !icontains_any(asked->name, {"cache", "redis", "kv", "client", "store", "seen", "processed"}))
      continue;
    const std::string key(asked->arg(0).code());
    std::string said = key;
    if (asked->arg(0).is("identifier")) {
      for (const char* type : {"assignment", "variable_declarator"})
        for (const Node a : f.all(type))
          if ((a.child("left") ? a.child("left") : a.child("name")).text() == key)
            said += " " + std::string((a.child("right") ? a.child("right") : a.child("value")).code());
    }
    if (!of_events(said) && !of_events(asked->name) && !has_word(said, {"event", "webhook", "stripe"})) continue;
    for (const Call* noted : file.calls_in(body(f))) {
      const std::string_view n = last(noted->name);
      if ((n != "set" && n != "setex" && n != "setEx" && n != "put") || noted->node.begin() < asked->node.end() ||
          noted->arg(0).code() != key)
        continue;
      if (told_near(file, "WHK-002", asked->line(), 15)) return;
      // Stops: one event that is delivered twice at the same moment, and handled twice.
      auto& found = file.hit("WHK-002", asked->node);
      found.title = "Whether an event was seen is asked and noted in two steps";
      found.confidence = proof::Confidence::medium;
      found.fix = "Note it and ask in one step: SET key NX, or an insert whose unique key decides.";
      also(found, file, noted->node);
      return;
    }
  }
}

// try { look for the event's row; insert it } catch { already = false }: the key's own refusal counts as "not seen"
void judge_lenient_marks(File& file, Node f) {
  for (const Node attempt : f.all("try_statement")) {
    const auto parts = attempt.children();
    if (parts.size() < 2 || !of_events(parts.front().code()) ||
        !icontains_any(parts.front().code(), {"insert", "create", ".add(", "save("}) ||
        parts.front().code().size() > 1'500)
      continue;
    for (const Node c : parts) {
      if (!c.any_of("catch_clause", "except_clause")) continue;
      const Code code = c.code();
      if (contains(code, "return") || contains(code, "throw") || contains(code, "raise") ||
          contains(code, "continue") || icontains_any(code, {"true", "23505", "p2002", "status(", "duplicate"}))
        continue;
      // What is done for the event stands behind it.
      bool behind = false;
      for (Node n = attempt.next(); n && !behind; n = n.next())
        behind = icontains_any(n.code(), {"credit", "update", "create", "insert", "activate", "fulfil", "grant", "save",
                                          "process", "handle"});
      if (!behind || told_near(file, "WHK-002", c.line(), 15)) continue;
      // Stops: the credits of one payment twice, where two deliveries come together.
      auto& found = file.hit("WHK-002", c);
      found.title = "Any error while an event is looked up counts as one that was never seen";
      found.severity = proof::Severity::high;
      found.fix = "Let the violated key mean that it was seen, and answer every other error with 500.";
      return;
    }
  }
}

// await db.from("stripe_events").insert({ event_id }) and nobody looks at its error
void judge_unread_marks_of(File& file, Node f) {
  if (file.tree.python() || !icontains(file.code(), "supabase")) return;
  for (const Touch& t : touches(file, body(f))) {
    if (t.kind != Touch::Kind::create || !icontains_any(t.record, {"event", "webhook", "processed"})) continue;
    if (!of_events(t.whole.code())) continue;
    const Node at = dropped_write(file, f, t);
    if (!at || told_near(file, "WHK-002", at.line(), 15)) continue;
    const Code before = f.code().substr(0, at.begin() - f.begin());
    if (!icontains_any(before, {".select("})) continue;
    auto& found = file.hit("WHK-002", at);
    found.title = "The mark against a second delivery is written, and nobody looks whether it could be";
    found.confidence = proof::Confidence::medium;
    found.impact = "Two deliveries at once both find no mark; the second insert fails unseen, and both count.";
    found.fix = "Insert first, look at its error, and stop where the unique key refuses.";
    return;
  }
}

// It goes out with no status, which is 200.
bool answered_well(const File& file, Node block) {
  const Code code = block.code();
  if (contains(code, "throw") || contains(code, "raise") || contains(code, "abort(") || contains(code, "next(") ||
      icontains_any(code, {"badrequest", "forbidden", "httperror", "unauthorized", "servererror"}))
    return false;
  for (const Node r : block.all("return_statement")) {
    const Code said = r.code();
    const bool answer =
        icontains_any(said, {"nextresponse.json(", "response.json(", "new response(", "new nextresponse(", "res.json(",
                             "res.send(", "c.json(", "c.text(", "ctx.json(", "jsonresponse(", "httpresponse(",
                             "jsonify(", "reply.send("}) ||
        (file.tree.python() && said.size() > 8 && contains(said.substr(0, 12), "{"));
    if (!answer) continue;
    bool other = icontains(said, "status");
    for (std::size_t i = 0; i + 2 < said.size() && !other; ++i)
      other = (said[i] == '4' || said[i] == '5') && text::is_digit(said[i + 1]) && text::is_digit(said[i + 2]);
    if (!other) return true;
    // status: 200, said aloud
    return icontains_any(said, {"status: 200", "status=200", "status(200)"}) && !icontains_any(said, {"40", "50"});
  }
  return false;
}

}  // namespace

void read_event_marks(File& file) {
  const Code code = file.code();
  if (!of_events(code) || (!file.tree.python() && client_file(file)) ||
      has_word(file.path, {"test", "tests", "mock", "mocks", "seed"}))
    return;
  if (!icontains_any(code, {"webhook", "stripe", "razorpay", "paystack", "signature"})) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if ((function_around(f) && !f.is("method_definition") && !f.parent().is("arguments")) ||
          f.code().size() > 30'000 || !of_events(f.code()))
        continue;
      judge_two_steps(file, f);
      judge_lenient_marks(file, f);
      judge_unread_marks_of(file, f);
    }
}

void judge_early_answers(File& file, Node handler) {
  // try { event = constructEvent(…) } catch (err) { return NextResponse.json({ error }) }
  for (const Node attempt : handler.all("try_statement")) {
    const auto parts = attempt.children();
    if (parts.size() < 2 || parts.front().code().size() > 1'200 ||
        !icontains_any(parts.front().code(), {"constructevent", "construct_event", ".verify(", "verifywebhook"}))
      continue;
    for (const Node c : parts) {
      if (!c.any_of("catch_clause", "except_clause") || !answered_well(file, c)) continue;
      // Stops: events that are lost while a secret is wrong, and that the provider counts as delivered.
      auto& found = file.hit("WHK-003", c);
      found.title = "An event whose signature does not hold is answered with success";
      found.impact =
          "The provider takes it for handled: while the secret is wrong, every payment is lost without a trace.";
      found.fix = "Answer 400.";
      return;
    }
  }
  // background_tasks.add_task(process_event, event); return {"status": "received"}
  for (const Call* c : file.calls_in(body(handler))) {
    const std::string_view m = last(c->name);
    if (m != "add_task" && m != "create_task" && m != "setImmediate" && m != "ensure_future") continue;
    const Code what = c->node.child("arguments").code();
    if (!icontains_any(what, {"event", "payload", "webhook"}) ||
        !icontains_any(what, {"process", "handle", "fulfil", "dispatch", "activate", "credit", "grant", "sync"}) ||
        icontains_any(what, {"mail", "notif", "log"}))
      continue;
    // What was kept first can be worked on again.
    const Code before = handler.code().substr(0, c->node.begin() - handler.begin());
    if (icontains_any(before, {"commit(", ".create(", ".insert(", "insert_one(", "insertone(", ".save(", "store_event",
                               "save_event", "upsert", "enqueue", ".add("}))
      continue;
    if (told_near(file, "WHK-003", c->line(), 30)) return;
    // Stops: a payment that is lost with the process, or with an error nobody hears.
    auto& found = file.hit("WHK-003", c->node);
    found.title = "An event is answered before it is handled, and what fails then is never sent again";
    found.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace gatehouse::audit::source
