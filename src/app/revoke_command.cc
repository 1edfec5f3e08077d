#include "app/revoke_command.h"

#include <ostream>

#include "app/admin_command.h"
#include "base/json.h"
#include "base/text.h"
#include "gate/revocations.h"

namespace gatehouse::app {
namespace {

constexpr std::string_view kPath = "/revocations";
constexpr std::string_view kExits =
    "\nexit codes: 0 done; 1 there was nothing to lift; 2 the command line or the value cannot be used; 3 the running "
    "gatehouse could not be asked, or could not write it down.\n";

std::string described(const gate::Revocation& r) {
  std::string s;
  switch (r.kind) {
    case gate::Revocation::Kind::session:
      s = "session " + text::printable(r.value);
      break;
    case gate::Revocation::Kind::subject:
      s = "subject " + text::printable(r.value);
      break;
    case gate::Revocation::Kind::subject_before:
      s = "sessions of subject " + text::printable(r.value) + " issued up to " + utc_text(r.before);
      break;
    case gate::Revocation::Kind::everything:
      s = "everything issued up to " + utc_text(r.before);
      break;
  }
  s += r.expires == 0 ? ", until lifted" : ", until " + utc_text(r.expires);
  if (!r.reason.empty()) s += " (" + text::printable(r.reason) + ")";
  return s;
}

int add(const AskAdmin& ask, const Arguments& args, World& world, std::string_view kind, std::string_view value) {
  json::Value body;
  body.set("kind", kind);
  if (!value.empty()) body.set("value", value);
  if (auto length = args.value("for")) body.set("for", *length);
  if (auto reason = args.value("reason")) body.set("reason", *reason);
  const AdminReply asked = ask_running(ask, args, world, "POST", std::string(kPath), json::write(body));
  if (asked.exit != kOk) return asked.exit;
  const auto r = gate::revocation_from(asked.answer);
  if (!r) {
    world.err << "gatehouse: the admin listener answered with something else than an entry\n";
    return kIncomplete;
  }
  if (as_json(args))
    world.out << json::write(asked.answer) << "\n";
  else
    world.out << "revoked: " << described(*r) << "\n";
  return kOk;
}

int list(const AskAdmin& ask, const Arguments& args, World& world) {
  const AdminReply asked = ask_running(ask, args, world, "GET", std::string(kPath));
  if (asked.exit != kOk) return asked.exit;
  const json::Value* entries = asked.answer.find("revocations");
  if (entries == nullptr || !entries->is_array()) {
    world.err << "gatehouse: the admin listener answered with something else than a list\n";
    return kIncomplete;
  }
  if (as_json(args)) {
    world.out << json::write(asked.answer) << "\n";
    return kOk;
  }
  for (const json::Value& entry : entries->array())
    if (const auto r = gate::revocation_from(entry)) world.out << described(*r) << "\n";
  if (entries->array().empty()) world.out << "nothing is revoked\n";
  return kOk;
}

int lift(const AskAdmin& ask, const Arguments& args, World& world) {
  const std::string kind = args.words()[0] == "all" ? "everything" : args.words()[0];
  const std::string value = args.words().size() > 1 ? args.words()[1] : "";
  if (!gate::revocation_kind(kind)) return usage(world, "lift takes session, subject, subject-before or all");
  if ((kind == "everything") != value.empty())
    return usage(world, kind == "everything" ? "lift all takes no value" : "lift " + kind + " needs its value");
  json::Value body;
  body.set("kind", kind);
  if (!value.empty()) body.set("value", value);
  const AdminReply asked = ask_running(ask, args, world, "DELETE", std::string(kPath), json::write(body), true);
  if (asked.status == 404) world.err << "gatehouse: it is not on the list\n";
  if (asked.exit != kOk) return asked.exit;
  world.out << (as_json(args) ? "{\"lifted\":true}" : "lifted") << "\n";
  return kOk;
}

}  // namespace

std::vector<Command> revoke_commands(AskAdmin ask) {
  auto options = [](bool adds) {
    std::vector<Option> own;
    if (adds)
      own = {{"for", 0, "DURATION", "how long it holds, for example 30d"},
             {"reason", 0, "TEXT", "why, for whoever reads the list"}};
    return with_admin_options(std::move(own));
  };
  static const std::string kSession =
      "The session's tokens are refused from now on (code revoked), 90 days long unless --for says otherwise: longer "
      "than any token of it lives.\n\nexample: gatehouse revoke session sess_2abc --reason \"stolen laptop\"\n" +
      std::string(kExits);
  static const std::string kSubject =
      "Every token of the subject is refused until the entry is lifted or --for is over. With --sessions only those "
      "issued up to now are: the person is signed out everywhere and may sign in again.\n\nexamples:\n  gatehouse "
      "revoke subject "
      "user_2abc --sessions\n  gatehouse revoke subject user_2abc --for 7d\n" +
      std::string(kExits);
  static const std::string kAll =
      "Every token issued up to now is refused: everybody signs in again. For the day a signing key or a database of "
      "sessions is lost.\n" +
      std::string(kExits);
  static const std::string kLift =
      "examples:\n  gatehouse revoke lift session sess_2abc\n  gatehouse revoke lift subject-before user_2abc\n  "
      "gatehouse "
      "revoke lift all\n" +
      std::string(kExits);
  static const std::string kList = "Every entry that holds, with its end and its reason.\n" + std::string(kExits);

  auto subject_options = options(true);
  subject_options.insert(subject_options.begin(), Option{"sessions", 0, "", "only what was issued up to now"});
  std::vector<Command> all;
  all.push_back(
      {"revoke session", "Refuse one session from now on", "SESSION_ID", 1, 1, options(true), kSession,
       checked_format([ask](const Arguments& a, World& w) { return add(ask, a, w, "session", a.words()[0]); })});
  all.push_back({"revoke subject", "Refuse a person, or sign a person out everywhere", "SUBJECT", 1, 1, subject_options,
                 kSubject, checked_format([ask](const Arguments& a, World& w) {
                   return add(ask, a, w, a.has("sessions") ? "subject-before" : "subject", a.words()[0]);
                 })});
  all.push_back({"revoke all", "Make everybody sign in again", "", 0, 0, options(true), kAll,
                 checked_format([ask](const Arguments& a, World& w) { return add(ask, a, w, "everything", ""); })});
  all.push_back({"revoke list", "Show what is revoked", "", 0, 0, options(false), kList,
                 checked_format([ask](const Arguments& a, World& w) { return list(ask, a, w); })});
  all.push_back({"revoke lift", "Take a revocation back", "KIND [VALUE]", 1, 2, options(false), kLift,
                 checked_format([ask](const Arguments& a, World& w) { return lift(ask, a, w); })});
  return all;
}

}  // namespace gatehouse::app
