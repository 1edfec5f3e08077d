#include "audit/readers/platform.h"

#include <string>

#include "audit/readers/deployment.h"
#include "audit/readers/yaml.h"
#include "audit/secrets/judge.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

// render.yaml: services with envVars of key and value, databases with a list of addresses.
void render(const Source& source, Project& project, Sink& sink) {
  auto documents = yaml::parse(source.text());
  if (!documents) {
    sink.gave_up({std::string(source.path()), "not readable as YAML (" + documents.error().detail + ")"});
    return;
  }
  for (const yaml::Node& d : *documents) {
    auto variables = [&](const yaml::Node& owner) {
      const yaml::Node* list = owner.find("envVars");
      if (list == nullptr) return;
      for (const yaml::Node& item : list->items) {
        const yaml::Node* value = item.find("value");
        const std::string_view name = item.text_at("key");
        if (value == nullptr) continue;
        project.env.push_back({std::string(name), value->text, std::string(source.path()), value->line, false});
        if (literal_secret(name, value->text) && !secrets::is_sample(value->text))
          sink.find("SEC-016", source.path(), value->line,
                    text::printable(name) + " = " + secrets::redact(value->text));
        if (debug_switch(name, value->text)) {
          auto& f = sink.find("INF-025", source.path(), value->line, text::printable(name) + " = " + value->text);
          f.title = "Debugging is switched on in the deployment";
        }
      }
    };
    for (const std::string_view part : {"services", "envVarGroups"})
      if (const yaml::Node* list = d.find(part))
        for (const yaml::Node& s : list->items) {
          variables(s);
          const yaml::Node* start = s.find("startCommand");
          if (start == nullptr || !starts_development(start->text)) continue;
          sink.find("INF-025", source.path(), start->line, "startCommand: " + text::printable(start->text)).title =
              "The deployment starts a development server";
        }
    if (const yaml::Node* list = d.find("databases"))
      for (const yaml::Node& base : list->items)
        if (const yaml::Node* allowed = base.find("ipAllowList"))
          for (const yaml::Node& a : allowed->items)
            if (a.text_at("source") == "0.0.0.0/0")
              sink.find("INF-001", source.path(), a.find("source")->line,
                        text::printable(base.text_at("name")) + ": ipAllowList 0.0.0.0/0");
  }
}

// vercel.json, staticwebapp.config.json: headers by path.
void vercel(const Source& source, Sink& sink) {
  const auto doc = json::parse(source.text(), {.depth = 32, .bytes = 1u << 20, .allow_duplicate_members = true});
  if (!doc) {
    sink.gave_up({std::string(source.path()), "not readable as JSON"});
    return;
  }
  const json::Value* list = doc->find("headers");
  if (list == nullptr) return;
  for (const json::Value& rule : list->array()) {
    const json::Value* headers = rule.find("headers");
    if (headers == nullptr) continue;
    bool star = false, credentials = false;
    for (const json::Value& h : headers->array()) {
      const std::string key = text::to_lower(h.string_at("key").value_or(""));
      const std::string value(h.string_at("value").value_or(""));
      star |= key == "access-control-allow-origin" && value == "*";
      credentials |= key == "access-control-allow-credentials" && value == "true";
    }
    const std::string where(rule.string_at("source").value_or(""));
    if (!star || where.find("api") == std::string::npos) continue;  // fonts and pictures are for everybody
    const std::size_t at = text::to_lower(source.text()).find("access-control-allow-origin");
    auto& f = sink.find("INF-022", source.path(), at == std::string::npos ? 1 : source.line_at(at),
                        text::printable(where) + ": Access-Control-Allow-Origin *");
    if (!credentials) f.severity = proof::Severity::medium;
  }
}

}  // namespace

bool PlatformReader::wants(const Entry& entry) const {
  return entry.role == Role::product &&
         (entry.name() == "render.yaml" || entry.name() == "render.yml" || entry.name() == "vercel.json");
}

void PlatformReader::read(const Source& source, Project& project, Sink& sink) {
  if (source.entry().name() == "vercel.json")
    vercel(source, sink);
  else
    render(source, project, sink);
}

}  // namespace gatehouse::audit
