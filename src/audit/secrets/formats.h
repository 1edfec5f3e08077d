// The secret formats we know: facts about providers' keys as data, in rules/formats/secrets.toml. The generator turns
// their patterns into one multi-pattern database; the judge (judge.h) then decides each candidate exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/conf/finding.h"

namespace gatehouse::audit::secrets {

enum class Charset : std::uint8_t {
  alnum,   // A-Z a-z 0-9
  word,    // and _
  dashed,  // and _ -
  dotted,  // and _ - .
  hex,     // 0-9 a-f
  base32,  // A-Z 2-7
  upper,   // A-Z 0-9
  base64,  // A-Z a-z 0-9 + / =
};

// How far a string of this shape can be believed and what it opens.
enum class Grade : std::uint8_t {
  live,     // opens something that matters
  test,     // opens a test mode
  publish,  // meant for browsers: said to be so, never a finding
};

enum class Proof : std::uint8_t {
  shape,       // prefix, charset and length
  github_crc,  // the last six characters are the CRC-32 of the rest, base 62
  openai,      // carries the marker T3BlbkFJ
};

// A key that begins with a fixed prefix.
struct Format {
  std::string provider;  // "Stripe"
  std::string what;      // "secret key"
  std::string prefix;
  Charset charset = Charset::alnum;
  std::size_t min = 0, max = 0;  // characters after the prefix
  Grade grade = Grade::live;
  Proof proof = Proof::shape;
  std::string where;  // where it is revoked
};

// What a pattern looks for. The first kFirstShape ids are the formats, in their order.
enum class Shape : std::uint16_t {
  jwt,
  pem,
  database_url,
  web_url_password,
  slack_hook,
  discord_hook,
  telegram,
  fal,
  sentry_dsn,
  twilio,
  aws_secret,
  assignment,
  fallback_call,
  fallback_or,
  log_call,
  public_name,
  sendgrid,
  mailchimp,
  password,  // a literal beside the word: password = "…"
  compared,  // password == "…"
  login,     // .login("a@b", "…")
  carried,   // ?api_key=…, "Bearer …"
  count_
};

struct ShapePattern {
  Shape shape = Shape::count_;
  std::string regex;
  std::vector<std::string> must, must_not;  // texts that are, and are not, taken for it
};

struct Known {
  std::vector<Format> formats;
  std::vector<ShapePattern> shapes;
};
// Strict: what is unknown, missing or misshapen is a finding with its place and a remedy.
Known read_known(std::string_view text, const std::string& file, conf::Findings& findings);

// What the program was built with, read once; a fault in it is a bug and throws.
std::span<const Format> formats();
std::span<const ShapePattern> shapes();

}  // namespace gatehouse::audit::secrets
