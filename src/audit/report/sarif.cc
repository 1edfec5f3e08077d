#include <algorithm>
#include <map>
#include <vector>

#include "audit/report/render.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using proof::Finding;
using proof::Severity;

json::Value text_of(std::string_view words, std::size_t limit = 1000) {
  json::Value v{json::Object{}};
  v.set("text", text::printable(words.empty() ? "See the report." : words, limit));
  return v;
}

std::string_view level(Severity s) {
  return s >= Severity::high ? "error" : s == Severity::medium ? "warning" : "note";
}

// GitHub reads this number, as text, to sort.
std::string_view points(Severity s) {
  switch (s) {
    case Severity::critical:
      return "9.5";
    case Severity::high:
      return "8.0";
    case Severity::medium:
      return "5.5";
    case Severity::low:
      return "2.5";
    case Severity::info:
      return "0.0";
  }
  return "0.0";
}

// A relative reference: bytes that no URI path may hold are percent-encoded, a scheme can never be read into it.
std::string uri(std::string_view path) {
  std::string out;
  for (char c : path) {
    if (c == '/')
      out += '/';
    else
      out += text::percent_encode(std::string_view(&c, 1));
  }
  return out;
}

json::Value rule_of(const Finding& f) {
  json::Value rule{json::Object{}};
  rule.set("id", f.id);
  rule.set("name", f.id);
  rule.set("shortDescription", text_of(f.title.substr(0, f.title.find(": "))));
  rule.set("fullDescription", text_of(f.impact));
  json::Value help{json::Object{}};
  std::string md = "**Impact.** " + f.impact + "\n\n**Fix.** " + f.fix;
  if (!f.mitigation.empty()) md += "\n\n**At the edge.** `" + f.mitigation + "`";
  if (!f.false_positive.empty()) md += "\n\n**May be wrong.** " + f.false_positive;
  help.set("text", f.fix.empty() ? f.impact : f.fix);
  help.set("markdown", md);
  rule.set("help", std::move(help));
  json::Value configuration{json::Object{}};
  configuration.set("level", level(f.severity));
  rule.set("defaultConfiguration", std::move(configuration));
  json::Value tags{json::Array{}};
  tags.push("security");
  for (int c : f.cwe)
    if (tags.array().size() < 10) tags.push("external/cwe/cwe-" + std::to_string(c));
  json::Value properties{json::Object{}};
  properties.set("tags", std::move(tags));
  properties.set("precision", f.confidence == proof::Confidence::high     ? "high"
                              : f.confidence == proof::Confidence::medium ? "medium"
                                                                          : "low");
  if (f.severity != Severity::info) properties.set("security-severity", points(f.severity));
  rule.set("properties", std::move(properties));
  return rule;
}

json::Value location_of(const proof::Location& l) {
  json::Value artifact{json::Object{}};
  // A live finding has no file. It is shown at the policy file, where the line that closes it belongs; http addresses
  // are refused by code scanning.
  artifact.set("uri", l.path.empty() ? std::string("gatehouse.toml") : uri(l.path));
  artifact.set("uriBaseId", "%SRCROOT%");
  json::Value region{json::Object{}};
  region.set("startLine", std::max(1, l.line));
  region.set("startColumn", 1);
  region.set("endLine", std::max({1, l.line, l.end_line}));
  json::Value physical{json::Object{}};
  physical.set("artifactLocation", std::move(artifact));
  physical.set("region", std::move(region));
  json::Value v{json::Object{}};
  v.set("physicalLocation", std::move(physical));
  if (!l.route.empty()) {
    json::Value resource{json::Object{}};
    resource.set("fullyQualifiedName", l.route);
    resource.set("kind", "resource");
    json::Value logical{json::Array{}};
    logical.push(std::move(resource));
    v.set("logicalLocations", std::move(logical));
  }
  return v;
}

}  // namespace

std::string sarif(const proof::Report& report) {
  const bool live = std::any_of(report.findings.begin(), report.findings.end(), [](const Finding& f) {
    return !f.locations.empty() && !f.locations.front().url.empty();
  });
  std::map<std::string, std::size_t> index;
  json::Value rules{json::Array{}};
  for (const Finding& f : report.findings)
    if (index.emplace(f.id, index.size()).second) rules.push(rule_of(f));

  json::Value results{json::Array{}};
  std::map<std::string, int> seen;
  for (const Finding& f : report.findings) {
    if (results.array().size() >= 5000) break;  // what code scanning keeps
    json::Value r{json::Object{}};
    r.set("ruleId", f.id);
    r.set("ruleIndex", index[f.id]);
    r.set("level", level(f.severity));
    std::string message = f.title + ".";
    for (const std::string& e : f.evidence) message += " " + e + ";";
    if (message.ends_with(';')) message.pop_back();
    if (!f.locations.empty() && !f.locations.front().route.empty()) message += " At " + f.locations.front().route + ".";
    if (!f.locations.empty() && !f.locations.front().url.empty()) message += " At " + f.locations.front().url;
    r.set("message", text_of(message));
    json::Value locations{json::Array{}};
    locations.push(location_of(f.locations.empty() ? proof::Location{} : f.locations.front()));
    r.set("locations", std::move(locations));
    const std::string print = proof::fingerprint(f);
    json::Value prints{json::Object{}};
    prints.set("primaryLocationLineHash", print + ":" + std::to_string(++seen[print]));
    r.set("partialFingerprints", std::move(prints));
    json::Value properties{json::Object{}};
    properties.set("confidence", proof::text(f.confidence));
    if (f.severity != Severity::info) properties.set("security-severity", points(f.severity));
    r.set("properties", std::move(properties));
    results.push(std::move(r));
  }

  json::Value driver{json::Object{}};
  driver.set("name", report.tool);
  driver.set("semanticVersion", report.version.empty() ? "0.0.0" : report.version);
  driver.set("rules", std::move(rules));
  json::Value tool{json::Object{}};
  tool.set("driver", std::move(driver));
  json::Value automation{json::Object{}};
  automation.set("id", live ? "gatehouse/live/" : "gatehouse/static/");
  json::Value base{json::Object{}};
  base.set("description", text_of("the audited folder"));
  json::Value bases{json::Object{}};
  bases.set("%SRCROOT%", std::move(base));
  json::Value invocation{json::Object{}};
  invocation.set("executionSuccessful", report.complete);
  json::Value notes{json::Array{}};
  for (const std::string& n : report.not_checked) {
    json::Value note{json::Object{}};
    note.set("level", "note");
    note.set("message", text_of("not checked: " + n));
    notes.push(std::move(note));
  }
  invocation.set("toolExecutionNotifications", std::move(notes));
  json::Value invocations{json::Array{}};
  invocations.push(std::move(invocation));
  json::Value run{json::Object{}};
  run.set("tool", std::move(tool));
  run.set("automationDetails", std::move(automation));
  run.set("originalUriBaseIds", std::move(bases));
  run.set("columnKind", "utf16CodeUnits");
  run.set("invocations", std::move(invocations));
  run.set("results", std::move(results));
  json::Value runs{json::Array{}};
  runs.push(std::move(run));
  json::Value out{json::Object{}};
  out.set("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  out.set("version", "2.1.0");
  out.set("runs", std::move(runs));
  return json::write(out, 2) + "\n";
}

}  // namespace gatehouse::audit::report
