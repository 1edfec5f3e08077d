#include "audit/source/route_judges.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_staff.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// What a client wins that writes every column: a new account's own password is no win.
bool gains(const Record& r, const Step& s) {
  const bool made = *s.touch == Touch::Kind::create;
  const auto set_later = [&](std::string_view c) {
    return std::find(s.fixed.begin(), s.fixed.end(), c) != s.fixed.end();
  };
  if (r.person && !made) return true;
  // Stops: somebody's row taken over by sending its id along with a new one.
  if (s.overwrites && !set_later("id") && (r.person || r.owned)) return true;
  return std::any_of(r.columns.begin(), r.columns.end(), [&](const std::string& c) {
    return Schema::rights(c) && !set_later(c) && !(made && r.person && has_word(c, {"password"}));
  });
}

}  // namespace

bool key_in_path(std::string_view path) {
  for (const auto part : text::split(path, '/'))
    if ((part.starts_with(':') || part.starts_with('[')) &&
        has_word(part, {"token", "secret", "signature", "hash", "accesskey", "magic", "nonce"}) &&
        !has_word(part, {"id"}))
      return true;
  return false;
}

// What people keep of their own: nobody else reads it.
bool papers(std::string_view record) {
  static constexpr std::string_view kPapers[] = {
      "order", "cart", "payment",  "invoice",     "booking",  "message",     "address", "wallet",
      "note",  "task", "document", "reservation", "purchase", "transaction", "todo",    "subscription"};
  return std::find(std::begin(kPapers), std::end(kPapers), record) != std::end(kPapers);
}

// The days a room is taken: nobody's own, but of what everybody may look at.
static bool hangs_on_published(const Record& r) {
  return r.owners.empty() &&
         std::any_of(r.belongs.begin(), r.belongs.end(), [](const std::string& up) { return published(up); });
}

// Without a question who is calling, it reads people, or what is theirs, or changes it.
bool opens(const Flows& flows, const Schema& schema, const Flow* flow) {
  if (flow == nullptr) return false;
  std::vector<const Step*> done;
  deeds(flows, *flow, done);
  for (const Step* s : done) {
    const Record* r = schema.of(s->record);
    const bool person = r != nullptr ? r->person : people(s->record);
    const bool owned = r != nullptr && r->owned;
    const bool reads = *s->touch == Touch::Kind::one || *s->touch == Touch::Kind::list;
    if (s->mighty && *s->touch != Touch::Kind::create &&
        (!reads || person || owned || people(s->record) || papers(s->record) || personal_noun(s->record)))
      return true;
    if (s->by_proof) return false;  // an address, a code or a token is asked for
    if (*s->touch == Touch::Kind::create) {
      if (owned && !person && !published(s->record)) return true;
    } else if (reads) {
      if (person || (owned && !published(s->record) && !hangs_on_published(*r))) return true;
    } else if (person || owned) {
      return true;
    }
    // Its name says enough, whether or not something declares whose it is.
    if (papers(s->record) && *s->touch != Touch::Kind::create) return true;
  }
  return false;
}

// All that is seen of its work is reading what is written for everybody: a listing that is asked by POST.
bool reads_only(const Flows& flows, const Flow* flow) {
  if (flow == nullptr) return false;
  std::vector<const Step*> done;
  deeds(flows, *flow, done);
  return !done.empty() && std::all_of(done.begin(), done.end(), [](const Step* s) {
    return (*s->touch == Touch::Kind::one || *s->touch == Touch::Kind::list) && published(s->record);
  });
}

// Where nobody is ever asked: it changes or removes what is kept, or adds to what visitors are shown.
bool keeps_unasked(const Flows& flows, const Flow* flow, std::string_view path) {
  if (flow == nullptr || has_word(path, {"view", "views", "like", "likes", "click", "clicks", "visit", "visits", "vote",
                                         "counter", "stats", "seed", "track"}))
    return false;
  std::vector<const Step*> done;
  deeds(flows, *flow, done);
  if (std::any_of(done.begin(), done.end(), [](const Step* s) { return s->by_proof; })) return false;
  return std::any_of(done.begin(), done.end(), [](const Step* s) {
    return *s->touch == Touch::Kind::change || *s->touch == Touch::Kind::remove ||
           (*s->touch == Touch::Kind::create && kept_by_staff(s->record));
  });
}

// A stub: every call goes into the project's own classes, and nothing is kept there.
bool idle(const Flows& flows, const Flow* flow) {
  if (flow == nullptr || flow->type.empty() || flow->steps.empty()) return false;
  std::vector<const Step*> done;
  deeds(flows, *flow, done);
  return done.empty() && std::all_of(flow->steps.begin(), flow->steps.end(), [&](const Step& s) {
           return flows.stubs.contains(s.callee.type + "." + s.callee.name);
         });
}

bool keeps_nothing(const Flows& flows, const Flow& flow) {
  std::vector<const Step*> done;
  deeds(flows, flow, done);
  if (!done.empty()) return false;
  bool any = false;
  for (const Step& s : flow.steps) {
    const bool handed = std::any_of(s.handed.begin(), s.handed.end(), [](const auto& h) { return h.second & kClient; });
    if (!handed) continue;
    const auto functions = meant_by(flows, s.callee);
    if (functions.empty()) return false;
    for (const Flow* f : functions)  // it asks another server, and nothing that we cannot see
      for (const Step& inner : f->steps)
        if (!inner.handed.empty() && (inner.callee.module.empty() || !meant_by(flows, inner.callee).empty()) &&
            inner.callee.name != "get" && inner.callee.name != "post" && inner.callee.name != "fetch")
          return false;
    any = true;
  }
  return any;
}

// The body handed to a service, and written there as it is.
void judge_written(const Flows& flows, const Schema& schema, const ScriptNotes& notes, const ScriptRoute& route,
                   const Flow& flow, Sink& sink) {
  const bool action = route.framework == "action";  // nobody else has looked at its own lines
  if (route.framework == "nest" && route.declared && (notes.nest_whitelist || route.whitelisted)) return;
  const auto found = whole_write(flows, flow, kBody);
  if (!found ||
      (!action && found->at.at.path == found->step->at.at.path && found->at.at.line == found->step->at.at.line))
    return;
  const Record* r = schema.of(found->step->record);
  const bool known = r != nullptr && !r->columns.empty();
  const bool rights = !known || gains(*r, *found->step);
  const bool money = known && std::any_of(r->columns.begin(), r->columns.end(), Schema::money);
  if (!rights && !money && (r == nullptr || r->owners.empty())) return;
  auto& f = sink.find("AZ-007", found->step->at.at, found->step->at.shown);
  f.title = "Every field the client sends is written to the record";
  if (known && found->step->overwrites) f.title += ", its id too: another row may be written over";
  if (found->at.at.path == found->step->at.at.path && found->at.at.line == found->step->at.at.line) return;
  f.locations.push_back(found->at.at);
  f.evidence.push_back(found->at.shown);
}

std::set<std::string> scoped_records(const Flows& flows, const ScriptNotes& notes) {
  std::set<std::string> out;
  const auto take = [&](const Flow& f) {
    for (const Step& s : f.steps)
      if (s.touch && s.by_owner && s.record != kAnyRecord && !people(s.record)) out.insert(s.record);
  };
  for (const auto& [name, f] : flows.by_name) take(f);
  for (const ScriptRoute& r : notes.routes)
    if (r.flow) take(*r.flow);
  return out;
}

// Does the record belong to one person, so that another may not take it by its id?
bool somebody(const Schema& schema, const Verdict& v, std::string_view path) {
  const bool reads = v.touch == Touch::Kind::one || v.touch == Touch::Kind::list;
  if (reads && published(v.record)) return false;
  if (v.claimed) return true;
  if (const Record* r = schema.of(v.record); r != nullptr && (r->person || r->owned)) return true;
  return people(v.record) || personal_noun(v.record) || (!reads && personal_noun(path));
}

bool makes_people(const Flows& flows, const Schema& schema, const Flow* flow) {
  if (flow == nullptr) return false;
  std::vector<const Step*> done;
  deeds(flows, *flow, done);
  return std::any_of(done.begin(), done.end(), [&](const Step* s) {
    const Record* r = schema.of(s->record);
    return *s->touch == Touch::Kind::create && r != nullptr && r->person && secret_column(*r);
  });
}

bool alters(const Flows& flows, const Schema& schema, const Flow* flow) {
  if (flow == nullptr) return false;
  std::vector<const Step*> done;
  deeds(flows, *flow, done);
  if (std::any_of(done.begin(), done.end(), [](const Step* s) { return s->by_proof; })) return false;
  return std::any_of(done.begin(), done.end(), [&](const Step* s) {
    if (*s->touch != Touch::Kind::change && *s->touch != Touch::Kind::remove) return false;
    const Record* r = schema.of(s->record);
    return papers(s->record) || (r != nullptr ? r->person || r->owned : people(s->record));
  });
}

void judge_unclaimed(const Schema& schema, const Verdict& v, Sink& sink) {
  if (v.touch != Touch::Kind::change && v.touch != Touch::Kind::remove) return;
  static constexpr std::string_view kEverybodys[] = {"like",    "follow",       "view",  "vote",        "reaction",
                                                     "token",   "otp",          "code",  "session",     "log",
                                                     "counter", "notification", "event", "refreshtoken"};
  if (std::find(std::begin(kEverybodys), std::end(kEverybodys), v.record) != std::end(kEverybodys)) return;
  const Record* r = schema.of(v.record);
  if (r != nullptr && r->columns.empty()) r = nullptr;
  auto& f = sink.find(r == nullptr ? "AZ-001" : "AZ-008", v.at.at, v.at.shown);
  if (r == nullptr) f.title = "A record is changed by its id without asking whose it is";
  f.confidence = proof::Confidence::medium;
}

}  // namespace gatehouse::audit::source
