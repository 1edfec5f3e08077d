#include "controls/security_txt/filter.h"

#include <chrono>
#include <cstdio>

namespace gatehouse::controls::security_txt {

SecurityTxtFilter::SecurityTxtFilter(const SecurityTxtSettings& s, const std::vector<std::string>& hosts,
                                     const Clock& clock)
    : valid_for_(s.valid_for), clock_(clock) {
  const auto line = [this](std::string_view name, std::string_view value) {
    if (!value.empty()) lines_.append(name).append(": ").append(value).append("\n");
  };
  for (const std::string& one : s.contact) line("Contact", one);
  line("Encryption", s.encryption);
  line("Policy", s.policy);
  line("Acknowledgments", s.acknowledgments);
  std::string languages;
  for (const std::string& one : s.languages) languages += (languages.empty() ? "" : ", ") + one;
  line("Preferred-Languages", languages);
  for (const std::string& host : hosts) line("Canonical", "https://" + host + std::string(kPath));
}

gate::Outcome SecurityTxtFilter::request(gate::Exchange& x) const {
  if (x.request.path != kPath) return gate::Verdict(gate::Pass{});
  if (x.request.method != http::Method::get && x.request.method != http::Method::head)
    return gate::Verdict(gate::Pass{});
  // Who runs this configuration vouches for it: the day moves on for as long as it is served (RFC 9116 §2.5.5).
  const auto end = std::chrono::floor<std::chrono::days>(clock_.wall() + valid_for_);
  const std::chrono::year_month_day day{end};
  char expires[48];
  std::snprintf(expires, sizeof expires, "Expires: %04d-%02u-%02uT00:00:00Z\n", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  http::Response out(x.arena);
  out.fields.add(http::FieldName("Content-Type"), "text/plain; charset=utf-8");
  out.fields.add(http::FieldName("Cache-Control"), "public, max-age=86400");
  out.bytes = x.arena.join(lines_, std::string_view(expires));
  return gate::Verdict(gate::Reply{std::move(out)});
}

}  // namespace gatehouse::controls::security_txt
