#include "app/audit_output.h"

#include <chrono>
#include <cstdio>
#include <ostream>

#include "app/text_file.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::app {

std::string today(Clock& clock) {
  const auto day = std::chrono::floor<std::chrono::days>(clock.wall());
  const std::chrono::year_month_day d{day};
  char out[16];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(d.year()), static_cast<unsigned>(d.month()),
                static_cast<unsigned>(d.day()));
  return out;
}

std::string audit_format(const Arguments& arguments) {
  if (auto f = arguments.value("format")) return *f;
  const std::string output = arguments.value_or("output", "");
  for (std::string_view ending : {"md", "html", "json", "sarif"})
    if (output.ends_with("." + std::string(ending))) return std::string(ending);
  return "text";
}

bool known_audit_format(std::string_view format, World& world) {
  for (std::string_view known : {"md", "html", "json", "sarif", "text"})
    if (format == known) return true;
  world.err << "gatehouse audit: no format '" << text::printable(format)
            << "'; there are md, html, json, sarif and text\n";
  return false;
}

audit::Progress progress_line(World& world, std::string_view what) {
  if (!world.watched) return nullptr;
  return [&world, what](std::size_t done, std::size_t all) {
    world.err << "\r  " << done << " of " << all << " " << what << "\x1b[K" << (done == all ? "\r\x1b[K" : "")
              << std::flush;
  };
}

bool deliver(const proof::Report& report, std::string_view format, const audit::report::Context& context,
             const Arguments& arguments, World& world) {
  std::string out;
  if (format == "md") {
    out = audit::report::markdown(report, context);
  } else if (format == "html") {
    out = audit::report::html(report, context);
  } else if (format == "json") {
    out = json::write(proof::to_json(report), 2) + "\n";
  } else if (format == "sarif") {
    out = audit::report::sarif(report);
  } else {
    out = audit::report::terminal(report, world.colour && !arguments.has("output"));
  }
  const auto path = arguments.value("output");
  if (!path) {
    world.out << out;
  } else if (!replace_text_file(*path, out)) {
    world.err << "gatehouse audit: cannot write " << text::printable(*path) << kUnwritable << "\n";
    return false;
  }
  return true;
}

}  // namespace gatehouse::app
