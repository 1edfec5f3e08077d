#include "audit/source/idempotency.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool key_of_idempotency(std::string_view name) { return icontains(name, "idempoten"); }

bool names_somebody(std::string_view name) {
  return has_word(name, {"user", "owner", "customer", "account", "tenant", "client", "org", "organization", "company",
                         "merchant", "buyer", "member", "workspace", "caller", "created"});
}

// The fields that a record is looked for by.
std::vector<std::string> fields_of(const Call& c) {
  std::vector<std::string> out;
  for (const auto& [key, value] : c.keywords) out.emplace_back(key);
  Node object = unwrap(c.arg(0));
  if (const Node where = member(object, "where")) object = unwrap(where);
  for (const auto& [key, value] : members(object)) {
    out.push_back(key);
    // @@unique([userId, key]) of Prisma: { userId_idempotencyKey: { … } }
    for (const auto& [inner, v] : members(unwrap(value))) out.push_back(inner);
  }
  return out;
}

}  // namespace

// Stops: reading, or being given in place of one's own, the order of whoever chose the same key before.
void read_idempotency(File& file) {
  if (!icontains(file.code(), "idempoten") || client_file(file)) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool looks = f.starts_with("find") || f == "filter" || f == "get" || f == "filter_by" || f == "first" ||
                       f == "get_or_create";
    if (!looks) continue;
    const auto fields = fields_of(c);
    bool by_key = std::any_of(fields.begin(), fields.end(), key_of_idempotency);
    bool narrowed = std::any_of(fields.begin(), fields.end(), names_somebody);
    // redis.get(`idempotency:${key}`)
    if (fields.empty() && f == "get" && c.args.size() == 1 && !literal(c.arg(0))) {
      const Node key = value_of(file, c.arg(0));
      by_key = key_of_idempotency(spoken(key)) && has_word(c.name, {"redis", "cache", "store", "client"});
      narrowed = icontains_any(key.code(), {"user", "account", "tenant", "customer", "sub", "auth"});
    }
    if (!by_key || narrowed) continue;
    const Node function = function_around(c.node);
    if (!function || !icontains_any(function.code(), {"return", ".json(", ".send("})) continue;
    auto& told = file.hit("AZ-001", c.node);
    told.title = "What was made with a key of idempotency is given to whoever sends the same key";
    told.fix = "Look for the key together with the verified user, and make both unique together.";
    return;
  }
}

}  // namespace gatehouse::audit::source
