// Which marks nobody ever looks at.
#include <algorithm>

#include "audit/source/account_flags.h"
#include "audit/source/python_notes.h"
#include "audit/source/schema.h"
#include "audit/source/sign_ups.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Kind = FlagUse::Kind;

constexpr std::size_t kMostPlaces = 6;  // named in one finding

// Where many people belong: shut it, and its people should stand before a closed door.
bool tenant(std::string_view record) {
  static constexpr std::string_view kTenants[] = {"tenant", "organization", "organisation", "company", "workspace",
                                                  "org",    "agency",       "mandant",      "empresa", "firma"};
  return std::find(std::begin(kTenants), std::end(kTenants), record) != std::end(kTenants);
}

bool somebody(const Schema& schema, std::string_view record) {
  if (people(record) || tenant(record) || record.ends_with("user")) return true;
  static constexpr std::string_view kMore[] = {"usuario", "benutzer", "nutzer", "kunde",   "mitglied",
                                               "cliente", "vendor",   "driver", "rider",   "agent",
                                               "author",  "tutor",    "host",   "merchant"};
  if (std::find(std::begin(kMore), std::end(kMore), record) != std::end(kMore)) return true;
  if (record.size() > 7 && record.ends_with("profile"))  // TutorProfile
    return somebody(schema, record.substr(0, record.size() - 7));
  const Record* r = schema.of(record);
  return r != nullptr && r->person;
}

// Libraries that ask themselves, at the sign-in or with every request.
bool asked_elsewhere(const Project& project, std::string_view key) {
  const auto any = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return project.depends_on(n); });
  };
  if (key == "isactive" && (!project.notes<PythonNotes>().settings.empty() ||
                            any({"django", "flask-login", "fastapi-users", "djangorestframework"})))
    return true;
  if ((key == "banned" || key == "emailverified") && any({"better-auth"})) return true;
  if ((key == "isverified" || key == "verified") && any({"fastapi-users"})) return true;
  return any({"flask-security", "flask-security-too", "django-allauth"}) &&
         (key == "active" || key.find("verif") != key.npos);
}

// Does this question concern the record? A product's is_active says nothing of users.
bool concerns(const Schema& schema, const std::set<std::string>& declared, const FlagUse& use,
              const std::string& record, bool state) {
  if (use.record.empty()) return !state;  // whose status a plain word is, nobody knows
  if (use.record == record) return true;
  if (tenant(use.record)) return tenant(record);
  if (somebody(schema, use.record) || icontains_any(use.record, {"user", "account", "member", "usuario", "person"}))
    return !tenant(record);
  if (state)  // many things have one: what stands before it must sound like somebody
    return has_word(use.record, {"u", "me", "acc", "existing", "found", "caller", "current", "self", "owner"});
  // Another record of the project's own.
  if (declared.contains(use.record) || schema.records.contains(use.record)) return false;
  static constexpr std::string_view kThings[] = {"product", "item",    "category", "plan",         "coupon",  "job",
                                                 "task",    "event",   "offer",    "post",         "course",  "banner",
                                                 "order",   "payment", "booking",  "subscription", "invoice", "device",
                                                 "session", "token",   "this",     "file"};
  return std::find(std::begin(kThings), std::end(kThings), use.record) == std::end(kThings);
}

// { isBlocked: true } is written to a store without columns, and asked for only where it is written.
void judge_unkept(const std::vector<FlagUse>& uses, std::string_view key, Sink& sink) {
  if (key.find("block") == key.npos && key.find("ban") == key.npos && key.find("suspend") == key.npos) return;
  const FlagUse* shut = nullptr;
  for (const FlagUse& u : uses) {
    if (u.kind == Kind::declared) return;
    if (u.kind == Kind::shuts && shut == nullptr) shut = &u;
  }
  if (shut == nullptr) return;
  for (const FlagUse& asked : uses)
    if (asked.kind == Kind::asked && std::none_of(uses.begin(), uses.end(), [&](const FlagUse& u) {
          return u.kind != Kind::asked && u.at.path == asked.at.path && u.at.line >= asked.at.line &&
                 u.at.line - asked.at.line < 8;
        }))
      return;
  sink.find("AZ-010", shut->at, shut->shown);
}

// Stops: somebody who was shut out at noon and works on with the token of the morning.
void judge_only_at_door(const Schema& schema, const AccountFlags& flags, std::string_view key,
                        const std::vector<FlagUse>& uses, Sink& sink) {
  const bool by_guard = flags.guard.line != 0;
  if ((!by_guard && flags.refresh.line == 0) || proof_flag(key) || key.find("approv") != key.npos) return;
  const FlagUse* door = nullptr;
  for (const FlagUse& u : uses) {
    if (u.kind != Kind::asked) continue;
    const bool persons = somebody(schema, u.record) || u.record.ends_with("account");
    if (u.door && persons && door == nullptr) door = &u;
    if (!u.door && (persons || (u.record.empty() && !state_flag(key)))) return;
  }
  if (door == nullptr) return;
  auto& f = by_guard ? sink.find("AZ-010", flags.guard, flags.guard_shown)
                     : sink.find("AZ-010", flags.refresh, flags.refresh_shown);
  f.title = "Only the sign-in asks whether an account was shut: its tokens work on";
  f.confidence = proof::Confidence::medium;
  f.locations.push_back(door->at);
  f.evidence.push_back(door->shown);
}

}  // namespace

void judge_flags(const Project& project, const AccountFlags& flags, Sink& sink) {
  // Told where somebody ought to ask, with the place where nobody's question is set.
  proof::Finding* told = nullptr;  // at the sign-in, once for all marks of all people
  const auto at_sign_in = [&](const proof::Location& at, const std::string& shown) -> proof::Finding& {
    if (flags.sign_in.line == 0) return sink.find("AZ-010", at, shown);
    if (told != nullptr) {
      if (told->locations.size() < kMostPlaces) {
        told->locations.push_back(at);
        told->evidence.push_back(shown);
      }
      return *told;
    }
    auto& f = sink.find("AZ-010", flags.sign_in, flags.sign_in_shown);
    f.locations.push_back(at);
    f.evidence.push_back(shown);
    if (flags.guard.line != 0) {
      f.locations.push_back(flags.guard);
      f.evidence.push_back(flags.guard_shown);
    }
    told = &f;
    return f;
  };
  const Schema& schema = project.notes<Schema>();
  bool unconfirmed = false;  // told once
  for (const auto& [key, uses] : flags.uses) {
    if (asked_elsewhere(project, key)) continue;
    judge_unkept(uses, key, sink);
    judge_only_at_door(schema, flags, key, uses, sink);
    std::set<std::string> declared;
    for (const FlagUse& u : uses)
      if (u.kind == Kind::declared && !u.record.empty()) declared.insert(u.record);
    std::map<std::string, const FlagUse*> columns;  // of people and of what they belong to
    for (const FlagUse& u : uses) {
      if (u.kind != Kind::declared) continue;
      std::string record = u.record;
      // Mongoose and its kin: the schema of a file knows its name elsewhere.
      if (!somebody(schema, record)) {
        std::string file = u.at.path.substr(u.at.path.rfind('/') == u.at.path.npos ? 0 : u.at.path.rfind('/') + 1);
        record = record_key(file.substr(0, file.find('.')));
      }
      if (somebody(schema, record)) columns.emplace(record, &u);
    }
    for (const auto& [record, column] : columns) {
      const FlagUse* shut = nullptr;
      bool confirms = false, asked = false;
      for (const FlagUse& u : uses) {
        // if (user.isBlocked) return "already blocked"; user.isBlocked = true: asked by whoever sets it.
        const bool by_setter = std::any_of(uses.begin(), uses.end(), [&](const FlagUse& w) {
          return w.kind == Kind::shuts && w.at.path == u.at.path && w.at.line > u.at.line &&
                 w.at.line <= u.at.line + 10;
        });
        if (u.kind == Kind::asked && !by_setter && concerns(schema, declared, u, record, state_flag(key))) asked = true;
        if ((u.kind == Kind::shuts || u.kind == Kind::confirms) &&
            concerns(schema, declared, u, record, state_flag(key)) && shut == nullptr) {
          shut = &u;
          confirms = u.kind == Kind::confirms;
        }
      }
      if (asked) continue;
      if (proof_flag(key)) {
        // A mark of vendors or of identity papers is no address's.
        const bool address = key.find("mail") != key.npos || confirms || people(record) || record.ends_with("user");
        if (unconfirmed || !address || (shut == nullptr && project.notes<SignUps>().doors.empty())) continue;
        unconfirmed = true;
        const FlagUse& spot = shut != nullptr ? *shut : *column;
        auto& f = flags.sign_in.line == 0 ? sink.find("AU-012", spot.at, spot.shown)
                                          : sink.find("AU-012", flags.sign_in, flags.sign_in_shown);
        f.title = "Whether an address was confirmed is written down and never asked";
        f.severity = proof::Severity::medium;
        f.impact = "Whoever signs up with somebody else's address uses the account at once.";
        f.fix = "Refuse the sign-in while the address is not confirmed, or what needs it.";
        for (const FlagUse* more : {&spot, column})
          if (std::none_of(f.locations.begin(), f.locations.end(), [&](const proof::Location& l) {
                return l.path == more->at.path && l.line == more->at.line;
              })) {
            f.locations.push_back(more->at);
            f.evidence.push_back(more->shown);
          }
        for (const SignUp& d : project.notes<SignUps>().doors) {
          f.locations.push_back(d.at.at);
          f.evidence.push_back(d.at.shown);
          break;
        }
        continue;
      }
      if (shut == nullptr) {
        // Nobody sets it either, or not in this tree: a hand in the database does.
        const bool plain =
            key.starts_with("is") || key == "banned" || key == "blocked" || key == "suspended" || column->words;
        if (!plain || key == "isapproved" || key == "isdeleted") continue;
        const bool first = told == nullptr;
        auto& f = at_sign_in(column->at, column->shown);
        if (!first) continue;
        f.severity = proof::Severity::low;
        f.confidence = proof::Confidence::low;
        continue;
      }
      auto& f = at_sign_in(shut->at, shut->shown);
      f.severity = proof::Severity::medium;
      f.confidence = proof::Confidence::medium;
      f.locations.push_back(column->at);
      f.evidence.push_back(column->shown);
    }
  }
}

}  // namespace gatehouse::audit::source
