// `gatehouse webhooks list|show|stats|anomalies|replay|discard|erase|test`: the inbox of a running gatehouse.
#pragma once

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

std::vector<Command> webhooks_inbox_commands(AskAdmin ask, SendTest send);

}  // namespace gatehouse::app
