#include "app/webhooks_test_event.h"

#include <unistd.h>

#include <fstream>
#include <ostream>
#include <sstream>

#include "app/admin_command.h"
#include "app/webhooks_command.h"
#include "base/text.h"
#include "gate/config.h"
#include "net/http/blocking_client.h"

namespace gatehouse::app {
namespace {

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
    const std::string name = text::printable(*file, 200);
    if (!in || content.str().empty()) return usage(world, name + " cannot be read, or is empty");
    if (!text::is_utf8(content.str())) return usage(world, name + " is no text: an event is JSON or a form");
    body.set("body", content.str());
  }
  const AdminReply asked = ask_running(ask, args, world, "POST", "/webhooks/test", json::write(body));
  if (asked.exit != kOk) return asked.exit;
  auto request = door(args, std::string(asked.answer.string_at("path").value_or("")));
  if (!request) return usage(world, "name the address with --url, or the configuration with --config");
  // It is signed too, so it goes along unless the given address has one of its own.
  if (auto query = asked.answer.string_at("query");
      query && !query->empty() && request->url.find('?') == std::string::npos)
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

std::vector<Command> webhooks_test_commands(AskAdmin ask, SendTest send_test) {
  static const std::string kTest =
      "Sends an event, signed with the endpoint's own secret, through the real door: verification, rules, the disk, "
      "delivery.\n\nexamples:\n  gatehouse webhooks test stripe\n  gatehouse webhooks test stripe --type "
      "checkout.session.completed --body event.json\n" +
      std::string(kInboxExits);
  std::vector<Command> all;
  all.push_back(
      {"webhooks test", "Send a signed test event through the real door", "NAME", 1, 1,
       with_admin_options({{"type", 0, "TYPE", "the event's type"},
                           {"body", 0, "FILE", "its body; a small sample when not given"},
                           {"url", 0, "URL", "where to send it; the configuration's listener when not given"}}),
       kTest, checked_format([ask, send_test](const Arguments& a, World& w) { return test(ask, send_test, a, w); })});
  return all;
}

}  // namespace gatehouse::app
