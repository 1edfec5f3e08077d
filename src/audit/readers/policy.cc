#include "audit/readers/policy.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

std::vector<std::string> strings_of(const json::Value* v) {
  std::vector<std::string> out;
  if (v == nullptr) return out;
  if (auto s = v->string()) out.emplace_back(*s);
  for (const json::Value& i : v->array())
    if (auto s = i.string()) out.emplace_back(*s);
  return out;
}

bool everybody(const json::Value* principal) {
  if (principal == nullptr) return false;
  if (principal->string().value_or("") == "*") return true;
  const auto aws = strings_of(principal->find("AWS"));
  return std::find(aws.begin(), aws.end(), "*") != aws.end();
}

}  // namespace

bool BucketReader::wants(const Entry& entry) const {
  return entry.kind == Kind::json && entry.role != Role::bundle && entry.name() != "package.json" &&
         entry.name() != "tsconfig.json";
}

void BucketReader::read(const Source& source, Project&, Sink& sink) {
  const std::string_view text = source.text();
  if (!has(text, "\"Principal\"") && !has(text, "\"AllowedOrigins\"")) return;
  const auto parsed = json::parse(text, {.depth = 64, .bytes = 2u << 20, .allow_duplicate_members = true});
  if (!parsed) {
    sink.gave_up({std::string(source.path()), "looks like a policy and cannot be read as JSON"});
    return;
  }
  const json::Value* doc = &*parsed;
  auto line_of = [&](std::string_view word) {
    const std::size_t at = text.find(word);
    return at == std::string_view::npos ? 1 : source.line_at(at);
  };
  std::vector<const json::Value*> list;
  if (const json::Value* s = doc->find("Statement")) {
    if (s->is_object()) list.push_back(s);
    for (const json::Value& one : s->array()) list.push_back(&one);
  } else if (doc->is_object() && doc->find("Principal") != nullptr) {
    list.push_back(doc);
  }
  for (const json::Value* s : list) {
    if (s->string_at("Effect").value_or("") != "Allow" || !everybody(s->find("Principal")) ||
        s->find("Condition") != nullptr)
      continue;
    std::string writes;
    bool reads = false;
    for (const std::string& a : strings_of(s->find("Action"))) {
      const std::string low = text::to_lower(a);
      if (low == "*" || low == "s3:*" || has(low, ":put") || has(low, ":delete") || has(low, ":list") ||
          has(low, "acl") || has(low, "policy"))
        writes += (writes.empty() ? "" : ", ") + a;
      else if (has(low, ":get"))
        reads = true;
    }
    if (!writes.empty()) {
      sink.find("INF-014", source.path(), line_of("\"Principal\""), "everybody may " + text::printable(writes));
    } else if (reads) {
      for (const std::string& r : strings_of(s->find("Resource")))
        if (r.ends_with("/*") && std::count(r.begin(), r.end(), '/') == 1)
          sink.find("INF-021", source.path(), line_of("\"Resource\""), "everybody may read " + text::printable(r));
    }
  }
  std::vector<const json::Value*> cors;
  if (const json::Value* rules = doc->find("CORSRules"))
    for (const json::Value& r : rules->array()) cors.push_back(&r);
  for (const json::Value& r : doc->array()) cors.push_back(&r);
  for (const json::Value* r : cors) {
    const auto origins = strings_of(r->find("AllowedOrigins")), methods = strings_of(r->find("AllowedMethods"));
    if (std::find(origins.begin(), origins.end(), "*") == origins.end()) continue;
    if (std::any_of(methods.begin(), methods.end(),
                    [](const std::string& m) { return m == "PUT" || m == "POST" || m == "DELETE"; }))
      sink.find("INF-015", source.path(), line_of("\"AllowedOrigins\""), "AllowedOrigins * with writing methods");
  }
}

}  // namespace gatehouse::audit
