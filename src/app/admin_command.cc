#include "app/admin_command.h"

#include <array>
#include <ctime>
#include <ostream>

#include "base/text.h"

namespace gatehouse::app {

std::vector<Option> with_admin_options(std::vector<Option> own) {
  own.push_back({"format", 0, "FORMAT", "text (the default) or json"});
  for (const Option& o : admin_options()) own.push_back(o);
  return own;
}

bool as_json(const Arguments& args) { return args.value_or("format", "text") == "json"; }

int usage(World& world, std::string_view message) {
  world.err << "gatehouse: " << message << "\n";
  return kUsage;
}

AdminReply ask_running(const AskAdmin& ask, const Arguments& args, World& world, std::string_view method,
                       const std::string& path, const std::string& body, bool quiet_404) {
  const AdminAddress address = admin_address(args);
  auto answer = ask(address, method, path, body);
  if (!answer) {
    world.err << "gatehouse: " << text::printable(answer.error().text(), 400) << "\n  asked: " << address.url
              << ", token: " << address.token_file
              << "\n  remedy: name the running gatehouse by --config FILE, or by --admin URL and --state-dir DIR\n";
    return {kIncomplete, 0, {}};
  }
  const int status = answer->status;
  auto parsed = json::parse(answer->body);
  const json::Value* error = parsed ? parsed->find("error") : nullptr;
  if (status >= 200 && status < 300 && parsed && !error) return {kOk, status, std::move(*parsed)};
  const auto message = error ? error->string_at("message").value_or("") : std::string_view();
  // A refusal of what was asked speaks for itself; a failure is told with its number.
  const bool refusal = status >= 400 && status < 500 && !message.empty();
  if (status != 404 || !quiet_404)
    world.err << "gatehouse: " << (refusal ? std::string() : "the admin listener answered " + std::to_string(status))
              << (refusal || message.empty() ? "" : ": ") << text::printable(message, 400) << "\n";
  if (status == 400) return {kUsage, status, {}};
  return {status == 404 || status == 409 ? kFindings : kIncomplete, status, {}};
}

std::string utc_text(std::int64_t unix_seconds) {
  const auto t = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  std::array<char, 64> out{};
  if (!gmtime_r(&t, &parts)) return std::to_string(unix_seconds);
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string utc_text_ms(std::int64_t unix_ms) { return utc_text(unix_ms / 1000); }

std::int64_t number_at(const json::Value& v, std::string_view name) {
  const json::Value* n = v.find(name);
  return n ? n->integer().value_or(0) : 0;
}
std::string word_at(const json::Value& v, std::string_view name) {
  return text::printable(v.string_at(name).value_or(""), 120);
}

}  // namespace gatehouse::app
