#include "gate/query_filter.h"

#include <algorithm>
#include <bitset>
#include <charconv>

#include "base/text.h"
#include "gate/exchange.h"
#include "gate/query.h"

namespace gatehouse::gate {
namespace {

Refusal bad(std::string_view what, std::string_view name) {
  Refusal r{Code::bad_query, what, {}};
  r.detail.append(name);
  return r;
}

// -?[1-9][0-9]* or 0: one spelling a number.
bool integer_fits(std::string_view s, std::int64_t min, std::int64_t max) {
  std::int64_t n = 0;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error != std::errc() || end != s.data() + s.size() || n < min || n > max) return false;
  const std::string_view digits = s.starts_with('-') ? s.substr(1) : s;
  return digits == "0" ? s.size() == 1 : !digits.starts_with('0');
}

bool is_uuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? s[i] != '-' : text::hex_value(s[i]) < 0) return false;
  }
  return true;
}

}  // namespace

bool query_value_fits(const QueryParameter& d, std::string_view value) {
  switch (d.type) {
    case QueryParameter::Type::string: {
      const auto characters = std::count_if(value.begin(), value.end(),
                                            [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
      return characters >= d.min && characters <= d.max;
    }
    case QueryParameter::Type::integer:
      return integer_fits(value, d.min, d.max);
    case QueryParameter::Type::boolean:
      return value == "true" || value == "false" || value == "1" || value == "0";
    case QueryParameter::Type::uuid:
      return is_uuid(value);
    case QueryParameter::Type::choice:
      return std::find(d.values.begin(), d.values.end(), value) != d.values.end();
  }
  return false;
}

QueryFilter::QueryFilter(std::vector<QueryParameter> declared, bool only_declared)
    : declared_(std::move(declared)), only_declared_(only_declared) {
  if (declared_.size() > 64) declared_.resize(64), only_declared_ = true;  // the rest is refused, never let through
}

Outcome QueryFilter::request(Exchange& x) const { return judge(x); }

Verdict QueryFilter::judge(Exchange& x) const {
  std::bitset<64> seen;
  QueryReader reader(x.request.query, x.arena);
  QueryPair pair;
  for (;;) {
    const QueryReader::Next next = reader.next(pair);
    if (next == QueryReader::Next::bad) return Refusal{Code::bad_query, "the query does not read one way only", {}};
    if (next == QueryReader::Next::end) break;
    bool known = false;
    for (std::size_t i = 0; i < declared_.size(); ++i) {
      const QueryParameter& d = declared_[i];
      if (!aliases_parameter(pair.name, d.name)) continue;
      known = true;
      // Stops: parameter pollution, where we judge one copy and the backend takes the other.
      if (pair.name != d.name) return bad("another spelling of the parameter ", d.name);
      if (seen[i]) return bad("repeated parameter ", d.name);
      seen[i] = true;
      if (!query_value_fits(d, pair.value)) return bad("value out of bounds for ", d.name);
      if (d.equals_claim.empty()) continue;
      if (!x.identity.known()) return Refusal{Code::unauthenticated, "the query needs an identity", {"Bearer", {}, -1}};
      // Stops: reading another user's records by writing their id.
      if (pair.plus || !claim_is(x.identity.principal->claim(d.equals_claim), pair.value)) {
        Refusal r{Code::not_owner, "parameter ", {}};
        r.detail.append(d.name).append(" is not the claim ").append(d.equals_claim);
        return r;
      }
    }
    if (!known && only_declared_) return bad("undeclared parameter ", pair.name.substr(0, 60));
  }
  for (std::size_t i = 0; i < declared_.size(); ++i)
    if (!seen[i] && (declared_[i].required || !declared_[i].equals_claim.empty()))
      return bad("missing parameter ", declared_[i].name);
  return Pass{};
}

}  // namespace gatehouse::gate
