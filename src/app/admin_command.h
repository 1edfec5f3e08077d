// What the commands share that ask a running gatehouse: their options, one question, and the words when it fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"
#include "base/json.h"

namespace gatehouse::app {

// --format, --config, --admin and --state-dir after a command's own options.
std::vector<Option> with_admin_options(std::vector<Option> own);
bool as_json(const Arguments& args);

// A command that runs only when --format is one of the two.
template <class Run>
auto checked_format(Run run);

// Says what is wrong with the command line; kUsage.
int usage(World& world, std::string_view message);

struct AdminReply {
  int exit = kOk;      // else what the command ends with: why was said
  int status = 0;      // of the answer; 0: there was none
  json::Value answer;  // of a 2xx
};
// Asks once. 400 ends in kUsage, 404 and 409 in kFindings, everything else in kIncomplete. A 404 is not said when
// `quiet_404`.
AdminReply ask_running(const AskAdmin& ask, const Arguments& args, World& world, std::string_view method,
                       const std::string& path, const std::string& body = {}, bool quiet_404 = false);

// "2026-11-22T10:00:00Z"
std::string utc_text(std::int64_t unix_seconds);
std::string utc_text_ms(std::int64_t unix_ms);

// Members of an answer, fit for a terminal: 0 and nothing when they are not there.
std::int64_t number_at(const json::Value& v, std::string_view name);
std::string word_at(const json::Value& v, std::string_view name);

template <class Run>
auto checked_format(Run run) {
  return [run](const Arguments& args, World& world) -> int {
    const std::string f = args.value_or("format", "text");
    if (f != "text" && f != "json") return usage(world, "--format is text or json");
    return run(args, world);
  };
}

}  // namespace gatehouse::app
