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

// const kept = await redis.get(key) … await redis.setEx(key, …), with nothing between that would hold the second back
// Stops: two requests with one key, at the same moment, both of which are carried out.
void judge_key_steps(File& file) {
  if (icontains_any(file.code(), {"setnx", "nx: true", "nx=true", "\"nx\"", "'nx'", "set_nx", "on conflict", "p2002",
                                  "23505", "integrityerror", "redlock", "lock(", "eval(", "unique"}))
    return;
  const auto store = [](const Call& c) { return has_word(c.name, {"redis", "cache", "store", "kv", "client", "db"}); };
  const Call* asked = nullptr;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "get" && store(c) && c.args.size() == 1 &&
        (key_of_idempotency(c.arg(0).code()) || key_of_idempotency(value_of(file, c.arg(0)).code()) ||
         key_of_idempotency(file.path)))
      asked = &c;
    if (asked == nullptr || (f != "set" && f != "setEx" && f != "setex" && f != "setex_async" && f != "put") ||
        !store(c) || c.args.size() < 2 || c.node.begin() < asked->node.begin() ||
        c.arg(0).code() != asked->arg(0).code())
      continue;
    auto& told = file.hit("WHK-002", asked->node);
    also(told, file, c.node);
    told.title = "The key of idempotency is looked for in one step and kept in another";
    told.severity = proof::Severity::high;
    told.impact =
        "Two requests with one key at the same moment both find nothing, and both are carried out: the double debit "
        "the key was to prevent.";
    told.fix =
        "Keep the key first and only where it is not there (SET … NX, or a unique row), and let the second wait or be "
        "refused.";
    return;
  }
}

}  // namespace

// Stops: reading, or being given in place of one's own, the order of whoever chose the same key before.
void read_idempotency(File& file) {
  if (!icontains(file.code(), "idempoten") || client_file(file)) return;
  judge_key_steps(file);
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
