#include "audit/source/webhook_losses.h"

#include <algorithm>
#include <map>

#include "audit/source/data.h"
#include "audit/source/provider_events.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 500;  // functions that are kept

bool logs(std::string_view name) {
  const auto first = words(name.substr(0, name.find('.')));
  const std::string root = first.empty() ? std::string() : first.front();
  return root == "console" || root == "logger" || root == "logging" || root == "log" || root == "print" ||
         contains(name, ".logger.") || contains(name, ".log.") || icontains_any(name, {"sentry", "capture_exception"});
}

std::string without_logs(const File& file, Node within) {
  std::string out(within.code());
  for (const Call* c : file.calls_in(within))
    if (logs(c->name))
      for (std::uint32_t i = c->node.begin() - within.begin(); i < c->node.end() - within.begin() && i < out.size();
           ++i)
        out[i] = ' ';
  return out;
}

// 400, 404, 500 …: a status by which the provider tries again, or at least somebody notices.
bool error_status(const Code& code) {
  for (std::size_t i = 0; i + 2 < code.size(); ++i) {
    if ((code[i] != '4' && code[i] != '5') || !text::is_digit(code[i + 1]) || !text::is_digit(code[i + 2])) continue;
    const bool before = i == 0 || !(text::is_digit(code[i - 1]) || text::is_alpha(code[i - 1]) || code[i - 1] == '.');
    const bool after = i + 3 >= code.size() || !(text::is_digit(code[i + 3]) || text::is_alpha(code[i + 3]));
    if (before && (after || code.substr(i + 3, 1) == "_")) return true;
  }
  return icontains_any(code, {"http_4", "http_5", "badrequest", "servererror", "notfound(", "internalserver"});
}

// It leaves with the failure, or keeps the event for another try.
bool tells(const Code& code) {
  return error_status(code) || contains(code, "raise") || contains(code, "throw ") || contains(code, "next(") ||
         icontains_any(code, {"reject(", "abort(", "retry", "queue", "deadletter", "dead_letter", "failed_event",
                              "failedevent", "exit(", "rollback();\n  throw", "status: 'failed", "status=\"failed",
                              "failedwebhook", "failed_webhook"});
}

bool changes(const Code& code) {
  return icontains_any(code, {".create(", ".update(", ".insert(", ".save(", ".upsert(", "insert into", "commit(",
                              "update_or_create(", "findoneandupdate(", "findbyidandupdate(", "updateone(",
                              "updatemany(", "update_one(", ".set(", "update "});
}

bool hands_on(const File& file, Node block) {
  for (const Call* c : file.calls_in(block))
    if (has_word(last(c->name),
                 {"handle", "process", "fulfill", "fulfil",     "activate", "provision", "update",   "grant",
                  "on",     "sync",    "apply",   "credit",     "upgrade",  "mark",      "complete", "dispatch",
                  "upsert", "save",    "store",   "record",     "create",   "insert",    "delete",   "remove",
                  "cancel", "set",     "add",     "deactivate", "handler"}) &&
        !icontains_any(c->name, {"constructevent", "construct_event", "console", "stripe."}))
      return true;
  return false;
}

// try { await handle(event) } catch (e) { console.error(e) }
Node swallowed(const File& file, Node function) {
  for (const Node attempt : function.all("try_statement")) {
    if (!(function_around(attempt) == function) && !attempt.inside(function)) continue;
    const auto parts = attempt.children();
    if (parts.empty()) continue;
    if (!changes(parts.front().code()) && !hands_on(file, parts.front())) continue;
    for (const Node c : parts) {
      if (!c.any_of("catch_clause", "except_clause")) continue;
      const std::string_view head = c.code().substr(0, c.code().find('\n'));
      const bool any = c.is("catch_clause") || contains(head, "except:") || contains(head, "except Exception") ||
                       icontains_any(head, {"databaseerror", "sqlalchemyerror", "baseexception"});
      if (!any || tells(without_logs(file, c))) continue;
      // What answers with a text of its own, and no status, may be an error of the framework's.
      if (c.is("catch_clause") &&
          icontains_any(without_logs(file, c), {"return false", "return null", "success: false"}) &&
          !icontains_any(c.code(), {"200", "received"}))
        continue;
      return c;
    }
  }
  // db.booking.update(…).catch((e) => logger.error(e))
  for (const Call* c : file.calls_in(function)) {
    if (last(c->name) != "catch" || !is_function(unwrap(c->arg(0)))) continue;
    const Node tried = c->node.child("function").child("object");
    if ((!changes(tried.code()) && !hands_on(file, tried)) || tells(without_logs(file, unwrap(c->arg(0))))) continue;
    return c->node;
  }
  return {};
}

bool looks_up(const File& file, Node value) {
  if (!file.tree.python()) {
    const auto all = touches(file, value);
    return std::any_of(all.begin(), all.end(),
                       [](const Touch& t) { return t.kind == Touch::Kind::one || t.kind == Touch::Kind::list; });
  }
  std::vector<Node> calls = value.all("call");
  if (value.is("call")) calls.push_back(value);
  for (const Node n : calls)
    if (const auto c = as_call(n)) {
      const std::string_view f = last(c->name);
      if (f == "first" || f == "one_or_none" || f == "scalar_one_or_none" || f == "find_one" || f == "get_or_none" ||
          f == "fetchone" || f == "fetchrow" ||
          (f == "get" && icontains_any(c->name, {"query", ".objects", "session"})) || f == "filter_by" ||
          has_word(f, {"find", "by"}))
        return true;
    }
  return false;
}

// if (!user) return res.json({ received: true })
Node not_found(const File& file, Node function) {
  for (const Node branch : function.all("if_statement")) {
    std::string_view condition = text::trim(branch.child("condition").code());
    if (condition.starts_with("(")) condition = text::trim(condition.substr(1, condition.size() - 2));
    std::string name;
    if (condition.starts_with("!"))
      name = condition.substr(1);
    else if (condition.starts_with("not "))
      name = text::trim(condition.substr(4));
    else if (const std::size_t end = condition.find_first_of(" =");
             end != condition.npos &&
             icontains_any(condition.substr(end), {"is none", "== null", "=== null", "=== undefined"}))
      name = condition.substr(0, end);
    if (name.empty() || !std::all_of(name.begin(), name.end(),
                                     [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }))
      continue;
    if (icontains_any(name, {"event", "secret", "sig", "body", "payload", "key", "id"}) && !icontains(name, "paid"))
      continue;
    const std::string then = without_logs(file, branch.child("consequence"));
    const bool leaves = contains(then, "return") || contains(then, "break") || contains(then, "continue");
    if (!leaves || tells(then)) continue;
    Node value;
    for (const char* type : {"variable_declarator", "assignment"})
      for (const Node a : function.all(type)) {
        const Node left = a.child("name") ? a.child("name") : a.child("left");
        const bool named = left.is("identifier") ? left.text() == name : has_token(left.text(), name);
        if (named && a.begin() < branch.begin()) value = a.child("value") ? a.child("value") : a.child("right");
      }
    if (!value || !looks_up(file, value)) continue;
    if (icontains_any(value.code(),
                      {"webhookevent", "webhook_event", "processed", "stripeevent", "event_id", "eventid"}))
      continue;
    return branch;
  }
  return {};
}

// except User.DoesNotExist: pass, or a bare return
Node unknown_record(const File& file, Node function) {
  for (const Node c : function.all("except_clause")) {
    const std::string_view head = c.code().substr(0, c.code().find('\n'));
    if (!icontains_any(head, {"doesnotexist", "noresultfound", "objectdoesnotexist"})) continue;
    const std::string code = without_logs(file, c);
    if (tells(code)) continue;
    const auto block = c.children();
    if (block.empty()) continue;
    bool silent = true;
    for (const Node s : block.back().children()) {
      const auto call = s.is("expression_statement") ? as_call(s.first()) : std::nullopt;
      silent = silent && (s.any_of("pass_statement", "comment", "return_statement", "continue_statement") ||
                          (call && logs(call->name)));
    }
    if (silent) return c;
  }
  return {};
}

struct Services {
  struct Service {
    std::string path;
    std::optional<Spot> lost, counts;
  };
  std::multimap<std::string, Service, std::less<>> services;
  struct Door {
    std::string path;
    std::set<std::string> calls;
    bool remembers = false;
  };
  std::vector<Door> doors;
  std::set<std::string> registered;  // processor.register("invoice.paid", invoices.handle_paid)
};

// It speaks of events that a provider sends.
bool about_events(const Code& code) {
  return icontains_any(code, {"checkout.session.completed", "invoice.pa", "customer.subscription", "charge.success",
                              "payment.captured", "event.type", "event_type", "evt.type", "event[\"type\"]",
                              "event['type']", "webhook", "stripe.event", "payment_intent.succeeded", "order_created",
                              "event_name", "stripe.checkout.session", "payload.event", "eventtype"});
}

}  // namespace

Node swallowed_write(const File& file, Node function) { return swallowed(file, function); }

Node lost_event(const File& file, Node function) {
  Node lost = swallowed(file, function);
  if (!lost) lost = file.tree.python() ? unknown_record(file, function) : Node();
  if (!lost) lost = not_found(file, function);
  return lost;
}

namespace {

void note_registered(const File& file, Services& notes) {
  if (!icontains_any(file.code(), {"invoice.", "customer.subscription", "checkout.session", "payment_intent",
                                   "payment.captured", "charge."}))
    return;
  for (const Call& c : file.calls) {
    const auto event = c.args.size() == 2 && notes.registered.size() < kMost ? literal(c.arg(0)) : std::nullopt;
    if (!event || !provider_event(*event)) continue;
    const Node handler = unwrap(c.arg(1));
    if (handler.any_of("identifier", "attribute", "member_expression"))
      notes.registered.insert(std::string(last(dotted(handler))));
  }
}

}  // namespace

void read_webhook_services(File& file) {
  if (!about_events(file.code())) return;
  auto& notes = file.project.notes<Services>();
  note_registered(file, notes);
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.services.size() >= kMost) return;
      const std::string name = function_name(f);
      if (name.size() < 4 || name == "POST" || name == "post" || name == "handler" || name == "constructor") continue;
      if (!has_word(name, {"handle", "process", "on", "webhook", "event", "fulfill", "fulfil", "dispatch", "sync",
                           "apply", "receive", "completed", "success", "succeeded", "paid", "checkout", "subscription",
                           "payment", "invoice"}))
        continue;
      Services::Service s;
      s.path = file.path;
      if (const Node lost = lost_event(file, f)) s.lost = Spot{place(file.path, lost.line()), file.shown(lost)};
      const Repeats repeats = repeats_of(file, f);
      if (!repeats.counts.empty() && !repeats.remembered)
        s.counts = Spot{place(file.path, repeats.counts.front().line()), file.shown(repeats.counts.front())};
      if (s.lost || s.counts) notes.services.emplace(name, std::move(s));
    }
}

void note_webhook_door(File& file, Node handler) {
  auto& notes = file.project.notes<Services>();
  if (notes.doors.size() >= kMost) return;
  Services::Door door;
  door.path = file.path;
  for (const Node f : handler_and_helpers(file, handler)) {
    for (const Call* c : file.calls_in(f)) {
      door.calls.insert(std::string(last(c->name)));
      if (const std::string_view m = last(c->name);  // add_task(processor.process_event, event)
          (m == "add_task" || m == "create_task" || m == "setImmediate") && c->arg(0))
        door.calls.insert(std::string(last(dotted(c->arg(0)))));
    }
    door.remembers = door.remembers || repeats_of(file, f).remembered;
  }
  notes.doors.push_back(std::move(door));
}

void judge_webhook_services(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Services>();
  const auto told = [&](std::string_view id, const Spot& at) {
    return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == id && !f.locations.empty() && f.locations.front().path == at.at.path;
    });
  };
  std::vector<Services::Door> doors = notes.doors;
  if (!doors.empty() && !notes.registered.empty()) {
    // What is handed over for an event is reached from the one door there is.
    Services::Door door{{}, notes.registered, doors.front().remembers};
    for (const Services::Door& d : notes.doors) door.remembers = door.remembers || d.remembers;
    doors.push_back(std::move(door));
  }
  for (const Services::Door& door : doors)
    for (const std::string& call : door.calls) {
      const auto [from, to] = notes.services.equal_range(call);
      if (std::distance(from, to) > 2) continue;
      for (auto it = from; it != to; ++it) {
        const Services::Service& s = it->second;
        if (s.path == door.path) continue;  // judged with its handler
        // Stops: a payment that nobody unlocks, because the provider was told that all is well.
        if (s.lost && !told("WHK-003", *s.lost)) sink.find("WHK-003", s.lost->at, s.lost->shown);
        // Stops: one payment that is delivered twice and counted twice.
        if (s.counts && !door.remembers && !told("WHK-002", *s.counts)) {
          auto& f = sink.find("WHK-002", s.counts->at, s.counts->shown);
          f.title = "An event that is delivered twice counts twice";
          f.severity = proof::Severity::high;
        }
      }
    }
}

}  // namespace gatehouse::audit::source
