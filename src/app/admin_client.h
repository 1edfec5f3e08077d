// How commands talk to the admin listener of a running gatehouse on this machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli.h"
#include "base/result.h"

namespace gatehouse::app {

struct AdminAnswerText {
  int status = 0;
  std::string body;
};

// Where it stands and what opens it.
struct AdminAddress {
  std::string url;         // http://127.0.0.1:9100
  std::string token_file;  // made by serve in its state directory, 0600
};

// The network, as a parameter: tests answer themselves.
using AskAdmin = std::function<Result<AdminAnswerText>(const AdminAddress& address, std::string_view method,
                                                       std::string_view path, const std::string& body)>;

// Reads the token and sends one request over loopback, without redirects, for at most ten seconds.
// Problem codes: file_unreadable, not_loopback (the token is not sent to other machines), and those of BlockingClient.
AskAdmin admin_over_loopback(const Clock& clock);

// --config, --admin and --state-dir, for every command that uses it.
std::vector<Option> admin_options();
// What the options say, else the configuration file, else what `serve --dev` uses.
AdminAddress admin_address(const Arguments& args);

}  // namespace gatehouse::app
