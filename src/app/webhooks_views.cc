#include "app/webhooks_views.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <ostream>
#include <thread>

#include "app/admin_command.h"
#include "app/webhooks_command.h"
#include "base/conf/values.h"
#include "base/text.h"

namespace gatehouse::app {
namespace {

void print_row(std::ostream& out, const json::Value& e) {
  out << number_at(e, "seq") << "  " << utc_text_ms(number_at(e, "received_ms")) << "  " << word_at(e, "endpoint")
      << "  " << word_at(e, "state") << "  " << word_at(e, "type") << "  " << word_at(e, "id");
  if (auto tries = number_at(e, "attempts")) out << "  tries " << tries;
  if (auto why = word_at(e, "last_error"); !why.empty() && word_at(e, "state") != "delivered")
    out << "  (" << why << ")";
  if (auto note = word_at(e, "note"); !note.empty()) out << "  [" << note << "]";
  if (auto n = number_at(e, "anomalies")) out << "  anomalies " << n;
  out << "\n";
}

// Seconds since 1970 of "2026-11-22T10:00:00Z", "2026-11-22", or a duration back from now ("2h").
std::optional<std::string> moment(const std::string& s, const Clock& clock) {
  if (auto back = conf::parse_duration(s)) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*back).count();
    return std::to_string(std::max<std::int64_t>(0, clock.unix_seconds() - seconds));
  }
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(s.c_str(), form, &parts);
    if (!end || *end) continue;
    const int day = parts.tm_mday;
    const std::time_t at = ::timegm(&parts);  // a day that the month does not have becomes one of the next
    if (at < 0 || parts.tm_mday != day) return std::nullopt;
    return std::to_string(at);
  }
  return std::nullopt;
}

int list(const AskAdmin& ask, const Pause& pause, const Arguments& args, World& world) {
  std::string query;
  auto add = [&](std::string_view name, const std::string& value) {
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + text::percent_encode(value);
  };
  for (std::string_view name : {"endpoint", "state", "type", "id", "limit"})
    if (auto v = args.value(name)) add(name, *v);
  for (std::string_view name : {"since", "until"}) {
    auto v = args.value(name);
    if (!v) continue;
    auto at = moment(*v, world.clock);
    if (!at)
      return usage(
          world, "--" + std::string(name) + " is a time (2026-11-22T10:00:00Z), a day, or a length back from now (2h)");
    add(name, *at);
  }
  const bool watch = args.has("watch");
  std::int64_t after = 0;
  for (bool first = true;; first = false) {
    const AdminReply asked = ask_running(
        ask, args, world, "GET",
        "/webhooks/events" + query + (first ? "" : (query.empty() ? "?from=" : "&from=") + std::to_string(after + 1)));
    if (asked.exit != kOk) return asked.exit;
    if (as_json(args) && !watch) {
      world.out << json::write(asked.answer) << "\n";
      return kOk;
    }
    const json::Value* all = asked.answer.find("events");
    if (!all) {
      world.err << "gatehouse: the answer of the admin listener names no events\n  remedy: is the running gatehouse "
                   "of the same version as this one?\n";
      return kIncomplete;
    }
    std::vector<const json::Value*> rows;
    for (const json::Value& e : all->array()) rows.push_back(&e);
    if (first) std::reverse(rows.begin(), rows.end());  // newest last, as a log reads
    for (const json::Value* e : rows) {
      after = std::max(after, number_at(*e, "seq"));
      if (as_json(args))
        world.out << json::write(*e) << "\n";
      else
        print_row(world.out, *e);
    }
    if (!watch) {
      if (rows.empty()) world.out << "no events\n";
      return kOk;
    }
    world.out.flush();
    if (!world.out) return kOk;
    pause();
  }
}

int show(const AskAdmin& ask, const Arguments& args, World& world) {
  if (!text::parse_u64(args.words()[0]))
    return usage(world, "show takes the number of an event: gatehouse webhooks list");
  const AdminReply asked =
      ask_running(ask, args, world, "GET", "/webhooks/events/" + args.words()[0] + (args.has("body") ? "?body=1" : ""));
  if (asked.exit != kOk) return asked.exit;
  if (as_json(args)) {
    world.out << json::write(asked.answer) << "\n";
    return kOk;
  }
  for (const auto& [name, value] : asked.answer.object()) {
    // `created` stands there once more in milliseconds, as every other time.
    if (name == "body" || name == "body_base64" || name == "created") continue;
    // Null: its turn has not come; `behind` names the event that it waits for.
    if (name == "next_ms" && value.is_null()) continue;
    bool time = name.ends_with("_ms");
    world.out << (time ? name.substr(0, name.size() - 3) : name) << ": "
              << (time && value.integer() ? utc_text_ms(*value.integer())
                  : value.string()        ? text::printable(*value.string(), 500)
                                          : json::write(value))
              << "\n";
  }
  if (auto body = asked.answer.string_at("body")) world.out << "\n" << text::printable(*body, 1 << 20) << "\n";
  if (asked.answer.find("body_base64")) world.out << "\nthe body is no text: --format json prints it in base64\n";
  return kOk;
}

int stats(const AskAdmin& ask, const Arguments& args, World& world) {
  const AdminReply asked = ask_running(ask, args, world, "GET", "/webhooks/stats");
  if (asked.exit != kOk) return asked.exit;
  if (as_json(args)) {
    world.out << json::write(asked.answer) << "\n";
    return kOk;
  }
  const json::Value* all = asked.answer.find("endpoints");
  if (!all || all->array().empty()) world.out << "no events\n";
  if (all)
    for (const json::Value& c : all->array())
      world.out << word_at(c, "endpoint") << "  " << word_at(c, "state") << "  " << number_at(c, "events")
                << " events, " << number_at(c, "bytes") << " bytes, oldest "
                << utc_text_ms(number_at(c, "oldest_received_ms")) << "\n";
  return kOk;
}

int anomalies(const AskAdmin& ask, const Arguments& args, World& world) {
  const AdminReply asked = ask_running(ask, args, world, "GET", "/webhooks/anomalies");
  if (asked.exit != kOk) return asked.exit;
  const json::Value* all = asked.answer.find("anomalies");
  if (as_json(args) || !all) {
    world.out << json::write(asked.answer) << "\n";
    return kOk;
  }
  for (const json::Value& a : all->array())
    world.out << number_at(a, "seq") << "  " << utc_text_ms(number_at(a, "received_ms")) << "  "
              << word_at(a, "endpoint") << "  " << word_at(a, "id") << "  came again with another body of "
              << number_at(a, "size") << " bytes\n";
  if (all->array().empty()) world.out << "no anomalies\n";
  return kOk;
}

}  // namespace

void one_second() { std::this_thread::sleep_for(std::chrono::seconds(1)); }

std::vector<Command> webhooks_view_commands(AskAdmin ask, Pause pause) {
  const Option endpoint{"endpoint", 0, "NAME", "only this endpoint's"};
  const Option state{"state", 0, "STATE", "pending, delivered, dead, quarantined, discarded or skipped"};
  const Option type{"type", 0, "TYPE", "only this type; \"checkout.*\" for all that begin so"};
  static const std::string kList =
      "Events as they came, newest last. --watch goes on with what comes.\n\nexamples:\n  gatehouse webhooks list "
      "--state "
      "dead\n  gatehouse webhooks list --endpoint stripe --type \"checkout.*\" --since 2h\n  gatehouse webhooks list "
      "--watch\n" +
      std::string(kInboxExits);
  static const std::string kShow = "One event with its tries; --body prints what came.\n" + std::string(kInboxExits);
  static const std::string kStats = "How many events stand where.\n" + std::string(kInboxExits);
  static const std::string kAnomalies =
      "Events whose id came again with another body: the first one counts.\n" + std::string(kInboxExits);
  std::vector<Command> all;
  all.push_back({"webhooks list", "Show the events of the inbox", "", 0, 0,
                 with_admin_options({endpoint,
                                     state,
                                     type,
                                     {"id", 0, "ID", "the provider's id"},
                                     {"since", 0, "TIME", "came at or after it; 2h means two hours ago"},
                                     {"until", 0, "TIME", "came before it"},
                                     {"limit", 0, "N", "at most so many (50; 500 at most)"},
                                     {"watch", 0, "", "go on with what comes, until Ctrl-C"}}),
                 kList, checked_format([ask, pause](const Arguments& a, World& w) { return list(ask, pause, a, w); })});
  all.push_back({"webhooks show", "Show one event", "SEQ", 1, 1,
                 with_admin_options({{"body", 0, "", "print what came, too"}}), kShow,
                 checked_format([ask](const Arguments& a, World& w) { return show(ask, a, w); })});
  all.push_back({"webhooks stats", "Count the events of the inbox", "", 0, 0, with_admin_options({}), kStats,
                 checked_format([ask](const Arguments& a, World& w) { return stats(ask, a, w); })});
  all.push_back({"webhooks anomalies", "Show ids that came again with another body", "", 0, 0, with_admin_options({}),
                 kAnomalies, checked_format([ask](const Arguments& a, World& w) { return anomalies(ask, a, w); })});
  return all;
}

}  // namespace gatehouse::app
