#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "app/admin_client.h"
#include "app/audit_command.h"
#include "app/billing_command.h"
#include "app/check_command.h"
#include "app/cli.h"
#include "app/db_command.h"
#include "app/docs_command.h"
#include "app/fetch.h"
#include "app/revoke_command.h"
#include "app/serve_command.h"
#include "app/token_command.h"
#include "app/webhooks_command.h"
#include "app/why_command.h"

int main(int argc, char** argv) {
  using namespace gatehouse;
  using namespace gatehouse::app;

  SystemClock clock;

  // Every command, in the order of the help. Adding one is a line here and X_command.{h,cc} beside this file.
  std::vector<Command> commands = {check_command(), why_command(), docs_command()};
  const auto add = [&commands](std::vector<Command> more) {
    for (Command& c : more) commands.push_back(std::move(c));
  };
  add(serve_commands(admin_over_loopback(clock)));
  add(token_commands([&clock](std::string_view url) { return fetch_document(url, clock); }));

  add(webhooks_commands(admin_over_loopback(clock), send_over_network(clock)));
  add(audit_commands());
  add(revoke_commands(admin_over_loopback(clock)));

  add(billing_commands());
  add(db_commands());

  SystemEntropy entropy;
  auto variable = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  bool colour = isatty(STDOUT_FILENO) == 1 && !variable("NO_COLOR");
  World world{std::cin, std::cout, std::cerr, colour, variable, clock, entropy, isatty(STDERR_FILENO) == 1};
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    int code = dispatch(commands, words, world);
    std::cout.flush();
    return code;
  } catch (const std::exception& bug) {
    std::cerr << "gatehouse: this is a bug: " << bug.what() << "\n";
    return kIncomplete;
  }
}
