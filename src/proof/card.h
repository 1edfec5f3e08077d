// The words of evidence: what a control is for, what was found, how to look, and at what.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::proof {

enum class Severity : std::uint8_t { info, low, medium, high, critical };
enum class Confidence : std::uint8_t { low, medium, high };
std::string_view text(Severity s);    // "critical"
std::string_view text(Confidence c);  // "high"

// The card of a control: reference page, console form, audit finding and OWASP table all come from it.
struct Card {
  std::string_view id;  // folder and configuration name, for example "csrf"
  std::string_view title;
  std::string_view attack;               // what an attacker wants, in one or two sentences
  Severity severity = Severity::medium;  // of its absence
  std::span<const int> cwe;
  std::string_view owasp_2021;                     // "A01"
  std::string_view owasp_2025;                     // "A01"
  std::span<const std::string_view> asvs;          // "v5.0.0-3.5.1"
  std::span<const std::string_view> requirements;  // ids of docs/requirements.md
  std::string_view impact;
  std::string_view fix;         // in the application's own code
  std::string_view mitigation;  // the configuration line that closes it at the edge
  std::string_view false_positive;
};

}  // namespace gatehouse::proof
