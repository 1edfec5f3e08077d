#include "app/webhooks_inbox.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <ostream>
#include <sstream>
#include <thread>

#include "base/json.h"
#include "base/text.h"
#include "gate/config.h"
#include "net/http/blocking_client.h"

namespace gatehouse::app {
namespace {

constexpr std::string_view kExits =
    "\nexit codes: 0 done; 1 the answer is no (there is no such event, the test was refused); 2 the command line "
    "cannot "
    "be used; 3 the running gatehouse could not be asked.\n";

bool as_json(const Arguments& args) { return args.value_or("format", "text") == "json"; }

int usage(World& world, std::string_view message) {
  world.err << "gatehouse: " << message << "\n";
  return kUsage;
}

std::string utc(std::int64_t ms) {
  const auto t = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  std::array<char, 32> out{};
  gmtime_r(&t, &parts);
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

struct Asked {
  int exit = kOk;
  json::Value answer;
};

Asked send(const AskAdmin& ask, const Arguments& args, World& world, std::string_view method, const std::string& path,
           const std::string& body = {}) {
  const AdminAddress address = admin_address(args);
  auto answer = ask(address, method, path, body);
  if (!answer) {
    world.err << "gatehouse: " << text::printable(answer.error().text(), 400) << "\n  asked: " << address.url
              << ", token: " << address.token_file
              << "\n  remedy: name the running gatehouse by --config FILE, or by --admin URL and --state-dir DIR\n";
    return {kIncomplete, {}};
  }
  auto parsed = json::parse(answer->body);
  const json::Value* error = parsed ? parsed->find("error") : nullptr;
  if (answer->status == 200 && parsed && !error) return {kOk, std::move(*parsed)};
  const auto message = error ? error->string_at("message").value_or("") : std::string_view();
  world.err << "gatehouse: "
            << (message.empty() ? "the admin listener answered " + std::to_string(answer->status)
                                : text::printable(message, 400))
            << "\n";
  if (answer->status == 400) return {kUsage, {}};
  return {answer->status == 404 || answer->status == 409 ? kFindings : kIncomplete, {}};
}

std::int64_t number_at(const json::Value& v, std::string_view name) {
  const json::Value* n = v.find(name);
  return n ? n->integer().value_or(0) : 0;
}
std::string word_at(const json::Value& v, std::string_view name) {
  return text::printable(v.string_at(name).value_or(""), 120);
}

void print_row(std::ostream& out, const json::Value& e) {
  out << number_at(e, "seq") << "  " << utc(number_at(e, "received_ms")) << "  " << word_at(e, "endpoint") << "  "
      << word_at(e, "state") << "  " << word_at(e, "type") << "  " << word_at(e, "id");
  if (auto tries = number_at(e, "attempts")) out << "  tries " << tries;
  if (auto why = word_at(e, "last_error"); !why.empty() && word_at(e, "state") != "delivered")
    out << "  (" << why << ")";
  if (auto note = word_at(e, "note"); !note.empty()) out << "  [" << note << "]";
  if (auto n = number_at(e, "anomalies")) out << "  anomalies " << n;
  out << "\n";
}

// Seconds since 1970 of "2026-11-22T10:00:00Z", "2026-11-22", or a duration back from now ("2h").
std::optional<std::string> moment(const std::string& s, const Clock& clock) {
  if (auto back = conf::parse_duration(s))
    return std::to_string(clock.unix_seconds() - std::chrono::duration_cast<std::chrono::seconds>(*back).count());
  std::tm parts{};
  const char* end = ::strptime(s.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (!end || *end) {
    parts = {};
    end = ::strptime(s.c_str(), "%Y-%m-%d", &parts);
  }
  if (!end || *end) return std::nullopt;
  return std::to_string(::timegm(&parts));
}

int list(const AskAdmin& ask, const Arguments& args, World& world) {
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
    Asked asked = send(
        ask, args, world, "GET",
        "/webhooks/events" + query + (first ? "" : (query.empty() ? "?after=" : "&after=") + std::to_string(after)));
    if (asked.exit != kOk) return asked.exit;
    if (as_json(args) && !watch) {
      world.out << json::write(asked.answer) << "\n";
      return kOk;
    }
    const json::Value* all = asked.answer.find("events");
    if (!all) return kIncomplete;
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
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int show(const AskAdmin& ask, const Arguments& args, World& world) {
  if (!text::parse_u64(args.words()[0]))
    return usage(world, "show takes the number of an event: gatehouse webhooks list");
  Asked asked =
      send(ask, args, world, "GET", "/webhooks/events/" + args.words()[0] + (args.has("body") ? "?body=1" : ""));
  if (asked.exit != kOk) return asked.exit;
  if (as_json(args)) {
    world.out << json::write(asked.answer) << "\n";
    return kOk;
  }
  for (const auto& [name, value] : asked.answer.object()) {
    if (name == "body" || name == "body_base64") continue;
    bool time = name.ends_with("_ms");
    world.out << (time ? name.substr(0, name.size() - 3) : name) << ": "
              << (time && value.integer() ? utc(*value.integer())
                  : value.string()        ? text::printable(*value.string(), 500)
                                          : json::write(value))
              << "\n";
  }
  if (auto body = asked.answer.string_at("body")) world.out << "\n" << text::printable(*body, 1 << 20) << "\n";
  return kOk;
}

int stats(const AskAdmin& ask, const Arguments& args, World& world) {
  Asked asked = send(ask, args, world, "GET", "/webhooks/stats");
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
                << " events, " << number_at(c, "bytes") << " bytes, oldest " << utc(number_at(c, "oldest_received_ms"))
                << "\n";
  return kOk;
}

int anomalies(const AskAdmin& ask, const Arguments& args, World& world) {
  Asked asked = send(ask, args, world, "GET", "/webhooks/anomalies");
  if (asked.exit != kOk) return asked.exit;
  const json::Value* all = asked.answer.find("anomalies");
  if (as_json(args) || !all) {
    world.out << json::write(asked.answer) << "\n";
    return kOk;
  }
  for (const json::Value& a : all->array())
    world.out << number_at(a, "seq") << "  " << utc(number_at(a, "received_ms")) << "  " << word_at(a, "endpoint")
              << "  " << word_at(a, "id") << "  came again with another body of " << number_at(a, "size") << " bytes\n";
  if (all->array().empty()) world.out << "no anomalies\n";
  return kOk;
}

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
  Asked asked = send(ask, args, world, "POST", "/webhooks/" + std::string(verb), json::write(body));
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
  Asked asked = send(ask, args, world, "POST", "/webhooks/erase", json::write(body));
  if (asked.exit != kOk) return asked.exit;
  if (as_json(args))
    world.out << json::write(asked.answer) << "\n";
  else
    world.out << number_at(asked.answer, "erased") << " events erased\n";
  return kOk;
}

// Where the running gatehouse takes requests, as its file says.
std::optional<TestRequest> door(const Arguments& args, const std::string& path) {
  TestRequest r;
  if (auto url = args.value("url")) {
    r.url = *url;
    return r;
  }
  gate::GateConfig config;
  std::ifstream in(args.value_or("config", "gatehouse.toml"), std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return std::nullopt;
  conf::Findings ignored;
  const auto document = conf::Document::parse(text.str(), "", ignored);
  document.read([&](conf::Form& f) { gate::describe(f, config); }, ignored);
  bool development = config.mode == gate::Mode::development;
  const conf::ListenUrl* chosen = nullptr;
  for (const conf::ListenUrl& l : config.listen) {
    if (l.scheme == "unix") continue;
    bool better = !chosen || (l.scheme == (development ? "http" : "https") && l.scheme != chosen->scheme);
    if (better) chosen = &l;
  }
  if (!chosen) return std::nullopt;
  bool any = chosen->host == "0.0.0.0" || chosen->host == "::";
  r.connect_host = any ? (chosen->host == "::" ? "::1" : "127.0.0.1") : chosen->host;
  r.connect_port = chosen->port;
  std::string host = config.site.hosts.empty() ? r.connect_host : config.site.hosts.front();
  if (host.find(':') != host.npos) host = "[" + host + "]";
  r.url = chosen->scheme + "://" + host + ":" + std::to_string(chosen->port) + path;
  std::string ca = (config.state_dir.empty() ? "gatehouse-state" : config.state_dir) + "/local-ca.pem";
  if (development && ::access(ca.c_str(), R_OK) == 0) r.ca_file = ca;
  return r;
}

int test(const AskAdmin& ask, const SendTest& send_test, const Arguments& args, World& world) {
  json::Value body;
  body.set("endpoint", args.words()[0]);
  if (auto type = args.value("type")) body.set("type", *type);
  if (auto file = args.value("body")) {
    std::ifstream in(*file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    if (!in || content.str().empty()) return usage(world, text::printable(*file, 200) + " cannot be read");
    body.set("body", content.str());
  }
  Asked asked = send(ask, args, world, "POST", "/webhooks/test", json::write(body));
  if (asked.exit != kOk) return asked.exit;
  auto request = door(args, std::string(asked.answer.string_at("path").value_or("")));
  if (!request) return usage(world, "name the address with --url, or the configuration with --config");
  if (auto query = asked.answer.string_at("query"); query && !query->empty() && !args.has("url"))
    request->url += "?" + std::string(*query);
  if (const json::Value* headers = asked.answer.find("headers"))
    for (const auto& [name, value] : headers->object())
      request->headers.emplace_back(name, value.string().value_or(""));
  request->body = asked.answer.string_at("body").value_or("");
  auto answer = send_test(*request);
  if (!answer) {
    world.err << "gatehouse: " << text::printable(request->url, 200) << ": "
              << text::printable(answer.error().text(), 300) << "\n  remedy: name the address with --url\n";
    return kIncomplete;
  }
  json::Value v;
  v.set("id", asked.answer.string_at("id").value_or("")).set("url", request->url).set("status", answer->status);
  if (as_json(args))
    world.out << json::write(v) << "\n";
  else
    world.out << "sent " << word_at(v, "id") << " to " << text::printable(request->url, 200) << ": " << answer->status
              << (answer->status == 200 ? ", stored\n" : "\n" + text::printable(answer->body, 400) + "\n");
  return answer->status == 200 ? kOk : kFindings;
}

}  // namespace

SendTest send_over_network(const Clock& clock) {
  return [&clock](const TestRequest& r) -> Result<AdminAnswerText> {
    http::BlockingOptions options;
    options.ca_file = r.ca_file;
    options.connect_host = r.connect_host;
    options.connect_port = r.connect_port;
    http::BlockingRequest request{"POST", r.url, r.headers, r.body};
    auto answer = http::BlockingClient(clock, options).send(request);
    if (!answer) return fail(answer.error());
    return AdminAnswerText{answer->status, answer->body};
  };
}

std::vector<Command> webhooks_inbox_commands(AskAdmin ask, SendTest send_test) {
  const Option format{"format", 0, "FORMAT", "text (the default) or json"};
  const Option endpoint{"endpoint", 0, "NAME", "only this endpoint's"};
  const Option state{"state", 0, "STATE", "pending, delivered, dead, quarantined, discarded or skipped"};
  const Option type{"type", 0, "TYPE", "only this type; \"checkout.*\" for all that begin so"};
  auto with = [&](std::vector<Option> own) {
    own.push_back(format);
    for (const Option& o : admin_options()) own.push_back(o);
    return own;
  };
  auto guarded = [](auto run) {
    return [run](const Arguments& args, World& world) -> int {
      const std::string f = args.value_or("format", "text");
      if (f != "text" && f != "json") return usage(world, "--format is text or json");
      return run(args, world);
    };
  };
  static const std::string kList =
      "Events as they came, newest last. --watch goes on with what comes.\n\nexamples:\n  gatehouse webhooks list "
      "--state "
      "dead\n  gatehouse webhooks list --endpoint stripe --type \"checkout.*\" --since 2h\n  gatehouse webhooks list "
      "--watch\n" +
      std::string(kExits);
  static const std::string kShow = "One event with its tries; --body prints what came.\n" + std::string(kExits);
  static const std::string kStats = "How many events stand where.\n" + std::string(kExits);
  static const std::string kAnomalies =
      "Events whose id came again with another body: the first one counts.\n" + std::string(kExits);
  static const std::string kReplay =
      "Delivers again: one event by its number, a range, or all of a state (dead unless told). What waits for its next "
      "try is tried at once.\n\nexamples:\n  gatehouse webhooks replay 42\n  gatehouse webhooks replay --all\n  "
      "gatehouse "
      "webhooks replay --from 100 --to 200 --state delivered --endpoint stripe\n" +
      std::string(kExits);
  static const std::string kDiscard =
      "Ends events that are pending, dead or in quarantine, without delivering them.\n\nexamples:\n  gatehouse "
      "webhooks "
      "discard 42\n  gatehouse webhooks discard --all --state quarantined\n" +
      std::string(kExits);
  static const std::string kErase =
      "Removes the bodies of a user's events (the endpoint's user_key tells whose they are). Ids stay, so that a "
      "repeated "
      "event is still known.\n" +
      std::string(kExits);
  static const std::string kTest =
      "Sends an event, signed with the endpoint's own secret, through the real door: verification, rules, the disk, "
      "delivery.\n\nexamples:\n  gatehouse webhooks test stripe\n  gatehouse webhooks test stripe --type "
      "checkout.session.completed --body event.json\n" +
      std::string(kExits);
  const std::vector<Option> range = {{"all", 0, "", "all of the state"},
                                     {"from", 0, "SEQ", "from this number on"},
                                     {"to", 0, "SEQ", "up to this number"},
                                     endpoint,
                                     state,
                                     type};
  std::vector<Command> all;
  all.push_back({"webhooks list", "Show the events of the inbox", "", 0, 0,
                 with({endpoint,
                       state,
                       type,
                       {"id", 0, "ID", "the provider's id"},
                       {"since", 0, "TIME", "came at or after it; 2h means two hours ago"},
                       {"until", 0, "TIME", "came before it"},
                       {"limit", 0, "N", "at most so many (50; 500 at most)"},
                       {"watch", 0, "", "go on with what comes, until Ctrl-C"}}),
                 kList, guarded([ask](const Arguments& a, World& w) { return list(ask, a, w); })});
  all.push_back({"webhooks show", "Show one event", "SEQ", 1, 1, with({{"body", 0, "", "print what came, too"}}), kShow,
                 guarded([ask](const Arguments& a, World& w) { return show(ask, a, w); })});
  all.push_back({"webhooks stats", "Count the events of the inbox", "", 0, 0, with({}), kStats,
                 guarded([ask](const Arguments& a, World& w) { return stats(ask, a, w); })});
  all.push_back({"webhooks anomalies", "Show ids that came again with another body", "", 0, 0, with({}), kAnomalies,
                 guarded([ask](const Arguments& a, World& w) { return anomalies(ask, a, w); })});
  all.push_back({"webhooks replay", "Deliver events again", "[SEQ]", 0, 1, with(range), kReplay,
                 guarded([ask](const Arguments& a, World& w) { return change(ask, a, w, "replay"); })});
  all.push_back({"webhooks discard", "End events without delivering them", "[SEQ]", 0, 1, with(range), kDiscard,
                 guarded([ask](const Arguments& a, World& w) { return change(ask, a, w, "discard"); })});
  all.push_back({"webhooks erase", "Remove a user's data from the inbox", "USER", 1, 1, with({}), kErase,
                 guarded([ask](const Arguments& a, World& w) { return erase(ask, a, w); })});
  all.push_back({"webhooks test", "Send a signed test event through the real door", "NAME", 1, 1,
                 with({{"type", 0, "TYPE", "the event's type"},
                       {"body", 0, "FILE", "its body; a small sample when not given"},
                       {"url", 0, "URL", "where to send it; the configuration's listener when not given"}}),
                 kTest,
                 guarded([ask, send_test](const Arguments& a, World& w) { return test(ask, send_test, a, w); })});
  return all;
}

}  // namespace gatehouse::app
