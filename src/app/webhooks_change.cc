#include "app/webhooks_change.h"

#include <ostream>

#include "app/admin_command.h"
#include "app/webhooks_command.h"
#include "base/text.h"

namespace gatehouse::app {
namespace {

int change(const AskAdmin& ask, const Arguments& args, World& world, std::string_view verb) {
  json::Value body;
  for (std::string_view name : {"from", "to"})
    if (auto v = args.value(name)) {
      auto n = text::parse_u64(*v);
      if (!n) return usage(world, "--" + std::string(name) + " is the number of an event");
      body.set(name, *n);
    }
  if (!args.words().empty()) {
    auto n = text::parse_u64(args.words()[0]);
    if (!n) return usage(world, std::string(verb) + " takes the number of an event: gatehouse webhooks list");
    body.set("seq", *n);
  }
  if (args.has("all")) body.set("all", true);
  if (!body.is_object())
    return usage(world, "say which: the number of one event, --from and --to, or --all dead letters");
  for (std::string_view name : {"endpoint", "state", "type"})
    if (auto v = args.value(name)) body.set(name, *v);
  const AdminReply asked = ask_running(ask, args, world, "POST", "/webhooks/" + std::string(verb), json::write(body));
  if (asked.exit != kOk) return asked.exit;
  if (as_json(args))
    world.out << json::write(asked.answer) << "\n";
  else
    world.out << number_at(asked.answer, "changed") << (verb == "replay" ? " to be delivered again\n" : " discarded\n");
  return kOk;
}

int erase(const AskAdmin& ask, const Arguments& args, World& world) {
  json::Value body;
  body.set("user", args.words()[0]);
  const AdminReply asked = ask_running(ask, args, world, "POST", "/webhooks/erase", json::write(body));
  if (asked.exit != kOk) return asked.exit;
  if (as_json(args))
    world.out << json::write(asked.answer) << "\n";
  else
    world.out << number_at(asked.answer, "erased") << " events erased\n";
  return kOk;
}

}  // namespace

std::vector<Command> webhooks_change_commands(AskAdmin ask) {
  const Option endpoint{"endpoint", 0, "NAME", "only this endpoint's"};
  const Option state{"state", 0, "STATE", "pending, delivered, dead, quarantined, discarded or skipped"};
  const Option type{"type", 0, "TYPE", "only this type; \"checkout.*\" for all that begin so"};
  static const std::string kReplay =
      "Delivers again: one event by its number, a range, or all of a state (dead unless told). What waits for its next "
      "try is tried at once.\n\nexamples:\n  gatehouse webhooks replay 42\n  gatehouse webhooks replay --all\n  "
      "gatehouse "
      "webhooks replay --from 100 --to 200 --state delivered --endpoint stripe\n" +
      std::string(kInboxExits);
  static const std::string kDiscard =
      "Ends events that are pending, dead or in quarantine, without delivering them.\n\nexamples:\n  gatehouse "
      "webhooks "
      "discard 42\n  gatehouse webhooks discard --all --state quarantined\n" +
      std::string(kInboxExits);
  static const std::string kErase =
      "Removes the bodies of a user's events (the endpoint's user_key tells whose they are). Ids stay, so that a "
      "repeated "
      "event is still known.\n" +
      std::string(kInboxExits);
  const std::vector<Option> range = {{"all", 0, "", "all of the state"},
                                     {"from", 0, "SEQ", "from this number on"},
                                     {"to", 0, "SEQ", "up to this number"},
                                     endpoint,
                                     state,
                                     type};
  std::vector<Command> all;
  all.push_back({"webhooks replay", "Deliver events again", "[SEQ]", 0, 1, with_admin_options(range), kReplay,
                 checked_format([ask](const Arguments& a, World& w) { return change(ask, a, w, "replay"); })});
  all.push_back({"webhooks discard", "End events without delivering them", "[SEQ]", 0, 1, with_admin_options(range),
                 kDiscard,
                 checked_format([ask](const Arguments& a, World& w) { return change(ask, a, w, "discard"); })});
  all.push_back({"webhooks erase", "Remove a user's data from the inbox", "USER", 1, 1, with_admin_options({}), kErase,
                 checked_format([ask](const Arguments& a, World& w) { return erase(ask, a, w); })});
  return all;
}

}  // namespace gatehouse::app
