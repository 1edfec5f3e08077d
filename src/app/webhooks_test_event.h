// `gatehouse webhooks test`: an event of our own, through the real door.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"

namespace gatehouse::app {

// What `test` sends, and where; a test of the command answers itself.
struct TestRequest {
  std::string url, connect_host, ca_file;
  std::uint16_t connect_port = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
using SendTest = std::function<Result<AdminAnswerText>(const TestRequest&)>;
SendTest send_over_network(const Clock& clock);

std::vector<Command> webhooks_test_commands(AskAdmin ask, SendTest send);

}  // namespace gatehouse::app
