#include "app/admin_client.h"

#include <fstream>
#include <sstream>

#include "gate/config.h"
#include "net/http/blocking_client.h"

namespace gatehouse::app {

AskAdmin admin_over_loopback(const Clock& clock) {
  return [&clock](const AdminAddress& address, std::string_view method, std::string_view path,
                  const std::string& body) -> Result<AdminAnswerText> {
    auto server = conf::ServerUrl::parse(address.url);
    if (!server) return fail(server.error());
    // Stops: the token travelling to another machine by a slip of the pen.
    if (server->scheme == "unix")
      return fail(Source::us, "unix_socket",
                  address.url +
                      " is a Unix socket, to which this command does not speak; ask it by curl --unix-socket " +
                      server->host + " -X " + std::string(method) + " -H \"Authorization: Bearer $(cat " +
                      address.token_file + ")\" http://localhost" + std::string(path));
    if (!server->loopback() || server->scheme != "http")
      return fail(Source::us, "not_loopback", address.url + " is no http address of this machine");
    std::ifstream in(address.token_file);
    std::string token;
    if (!(in >> token)) return fail(Source::us, "file_unreadable", address.token_file + " cannot be read");
    http::BlockingOptions options;
    options.total = std::chrono::seconds(10);
    http::BlockingClient client(clock, options);
    http::BlockingRequest request{std::string(method), address.url + std::string(path), {}, body};
    request.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
    auto answer = client.send(request);
    if (!answer) return fail(answer.error());
    return AdminAnswerText{answer->status, answer->body};
  };
}

std::vector<Option> admin_options() {
  return {{"config", 'c', "FILE", "the configuration of the running gatehouse (gatehouse.toml)"},
          {"admin", 0, "URL", "its admin listener, where the configuration does not say"},
          {"state-dir", 0, "DIR", "its state directory, where the admin token is"}};
}

AdminAddress admin_address(const Arguments& args) {
  gate::GateConfig config;
  std::ifstream in(args.value_or("config", "gatehouse.toml"), std::ios::binary);
  if (in) {
    std::ostringstream text;
    text << in.rdbuf();
    conf::Findings ignored;  // `check` is the command that judges
    const auto document = conf::Document::parse(text.str(), "", ignored);
    document.read([&](conf::Form& f) { gate::describe(f, config); }, ignored);
  }
  const std::string folder = config.state_dir.empty() ? "gatehouse-state" : config.state_dir;
  const std::string listener = config.admin.text.empty() ? "http://127.0.0.1:9100" : config.admin.text;
  return {args.value_or("admin", listener), args.value_or("state-dir", folder) + "/admin-token"};
}

}  // namespace gatehouse::app
