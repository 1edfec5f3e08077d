#include "gate/revocations_api.h"

#include <algorithm>

#include "base/conf/values.h"

namespace gatehouse::gate {
namespace {

using Kind = Revocation::Kind;

AdminAnswer error(int status, std::string_view code, std::string_view message) {
  json::Value inner;
  inner.set("code", code);
  inner.set("message", message);
  json::Value v;
  v.set("error", std::move(inner));
  return {status, json::write(v)};
}

AdminAnswer list_all(const Revocations& list) {
  auto all = list.list();
  std::sort(all.begin(), all.end(), [](const Revocation& a, const Revocation& b) {
    return std::tie(a.made, a.kind, a.value) < std::tie(b.made, b.kind, b.value);
  });
  json::Array entries;
  for (const Revocation& r : all) entries.push_back(to_json(r));
  json::Value v;
  v.set("revocations", std::move(entries));
  return {200, json::write(v)};
}

// Stops: a misspelt member ("befor") passing for an absent one.
bool only(const json::Value& v, std::initializer_list<std::string_view> known) {
  return std::all_of(v.object().begin(), v.object().end(), [&](const json::Member& m) {
    return std::find(known.begin(), known.end(), m.first) != known.end();
  });
}

AdminAnswer add(Revocations& list, const json::Value& body, const Clock& clock) {
  if (!only(body, {"kind", "value", "before", "for", "reason"}))
    return error(400, "bad_request", "members are kind, value, before, for, reason");
  const auto kind = revocation_kind(body.string_at("kind").value_or(""));
  if (!kind) return error(400, "bad_request", "kind is session, subject, subject-before or everything");
  Revocation r;
  r.kind = *kind;
  r.value = body.string_at("value").value_or("");
  r.reason = body.string_at("reason").value_or("");
  if (*kind == Kind::subject_before || *kind == Kind::everything) r.before = clock.unix_seconds();
  if (const json::Value* before = body.find("before")) {
    const auto seconds = before->integer();
    if (!seconds || *seconds <= 0) return error(400, "bad_request", "before is a time in unix seconds");
    r.before = *seconds;
  }
  if (*kind == Kind::session) r.expires = clock.unix_seconds() + 90 * 86400;
  if (const json::Value* length = body.find("for")) {
    auto d = conf::parse_duration(length->string().value_or(""));
    if (!d || *d < std::chrono::seconds(1)) return error(400, "bad_request", "for is a duration, for example \"30d\"");
    r.expires = clock.unix_seconds() + std::chrono::duration_cast<std::chrono::seconds>(*d).count();
  }
  if (auto added = list.add(r); !added) {
    const Problem& p = added.error();
    return error(p.source == Source::client ? 400 : 503, p.code, p.detail);
  }
  r.made = clock.unix_seconds();
  return {201, json::write(to_json(r))};
}

AdminAnswer lift(Revocations& list, const json::Value& body) {
  const auto kind = revocation_kind(body.string_at("kind").value_or(""));
  if (!kind || !only(body, {"kind", "value"})) return error(400, "bad_request", "members are kind and value");
  auto lifted = list.lift(*kind, body.string_at("value").value_or(""));
  if (!lifted) return error(503, lifted.error().code, lifted.error().detail);
  if (!*lifted) return error(404, "not_found", "no such revocation");
  json::Value v;
  v.set("lifted", true);
  return {200, json::write(v)};
}

}  // namespace

AdminAnswer revocations_api(Revocations& list, std::string_view method, std::string_view body, const Clock& clock) {
  if (method == "GET") return list_all(list);
  if (method != "POST" && method != "DELETE") return error(405, "method_not_allowed", "GET, POST or DELETE");
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object()) return error(400, "bad_request", "the body is no JSON object");
  return method == "POST" ? add(list, *parsed, clock) : lift(list, *parsed);
}

}  // namespace gatehouse::gate
