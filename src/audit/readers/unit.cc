#include "audit/readers/unit.h"

#include <string>

#include "audit/readers/deployment.h"
#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit {

bool UnitReader::wants(const Entry& entry) const {
  return entry.name().ends_with(".service") && entry.role == Role::product;
}

void UnitReader::read(const Source& source, Project& project, Sink& sink) {
  int service = 0, user = 0, start = 0;
  bool root = true, dynamic = false;
  for (int n = 1; n <= source.lines(); ++n) {
    const std::string_view line = text::trim(source.line(n));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line == "[Service]") service = n;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || service == 0) continue;
    const std::string_view key = text::trim(line.substr(0, equals));
    std::string_view value = text::trim(line.substr(equals + 1));
    if (key == "User") {
      user = n;
      root = value == "root" || value == "0";
    }
    if (key == "DynamicUser") dynamic = value == "yes" || value == "true";
    if (key == "ExecStart") {
      start = n;
      if (starts_development(value)) {
        auto& f = sink.find("INF-025", source.path(), n, quote(line));
        f.title = "The service starts a development server";
      }
    }
    if (key != "Environment") continue;
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'')) value = value.substr(1, value.size() - 2);
    const std::size_t middle = value.find('=');
    if (middle == std::string_view::npos) continue;
    const std::string_view name = value.substr(0, middle), said = value.substr(middle + 1);
    project.env.push_back({std::string(name), std::string(said), std::string(source.path()), n, false});
    if (literal_secret(name, said) && !secrets::is_sample(said))
      sink.find("SEC-016", source.path(), n, text::printable(name) + " = " + secrets::redact(said));
    if (debug_switch(name, said))
      sink.find("INF-025", source.path(), n, quote(line)).title = "Debugging is switched on in the service";
  }
  // Docker and the like need root themselves; what answers requests does not.
  if (start == 0 || !root || dynamic) return;
  const std::string_view command = source.line(start);
  for (const std::string_view tool : {"docker", "podman", "certbot", "nginx", "/bin/sh", "backup"})
    if (command.find(tool) != std::string_view::npos) return;
  auto& f = sink.find("INF-006", source.path(), user > 0 ? user : service,
                      user > 0 ? quote(source.line(user)) : "no User= in [Service]");
  f.title = "The service runs as root";
  f.impact = "A fault in the application gives root on the machine.";
  f.fix = "Make a user of its own and name it in User=, or set DynamicUser=yes.";
}

}  // namespace gatehouse::audit
