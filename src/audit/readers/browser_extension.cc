#include "audit/readers/browser_extension.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

// Match patterns (MDN, "Match patterns in extension manifests") that stand for every site.
bool every_site(std::string_view pattern) {
  for (const std::string_view all : {"<all_urls>", "*://*/*", "https://*/*", "http://*/*", "*://*/", "https://*/"})
    if (pattern == all) return true;
  return false;
}

std::string every_site_in(const json::Value& manifest, std::string_view key) {
  const json::Value* list = manifest.find(key);
  if (list == nullptr || !list->is_array()) return {};
  for (const json::Value& item : list->array())
    if (item.is_string() && every_site(*item.string())) return std::string(*item.string());
  return {};
}

int line_of(const Source& source, std::string_view key, std::string_view value) {
  const std::size_t from = source.text().find("\"" + std::string(key) + "\"");
  const std::size_t at = source.text().find(value, from == std::string_view::npos ? 0 : from);
  return at == std::string_view::npos ? 1 : source.line_at(at);
}

}  // namespace

bool BrowserExtensionReader::wants(const Entry& entry) const {
  return entry.name() == "manifest.json" && entry.role == Role::product;
}

void BrowserExtensionReader::read(const Source& source, Project&, Sink& sink) {
  if (source.text().find("manifest_version") == std::string_view::npos) return;  // a web app's has none
  const auto doc = json::parse(source.text(), {.depth = 32, .bytes = 1u << 20, .allow_duplicate_members = true});
  if (!doc) {
    sink.gave_up({std::string(source.path()), "not readable as JSON"});
    return;
  }
  // Stops: one extension's fault that reads its users' banks and mail.
  for (const std::string_view key : {"host_permissions", "permissions"})
    if (const std::string all = every_site_in(*doc, key); !all.empty()) {
      sink.find("EXT-001", source.path(), line_of(source, key, all), std::string(key) + ": " + all);
      break;
    }
  const json::Value* open = doc->find("web_accessible_resources");
  if (open == nullptr || !open->is_array()) return;
  for (const json::Value& entry : open->array()) {
    // Manifest 2 names files alone, and every page may load them.
    const std::string all = entry.is_string() ? std::string(*entry.string()) : every_site_in(entry, "matches");
    if (all.empty()) continue;
    sink.find("EXT-002", source.path(), line_of(source, "web_accessible_resources", all),
              "web_accessible_resources: " + all);
    return;
  }
}

}  // namespace gatehouse::audit
