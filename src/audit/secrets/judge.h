// Decides what a candidate of the pattern pass really is. Exact rules only: prefix, characters, length, checksum,
// decoding, and the words around it. No regular expression, so no input can make it slow.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "audit/secrets/formats.h"
#include "audit/source.h"
#include "proof/card.h"

namespace gatehouse::audit::secrets {

enum class Verdict : unsigned char {
  secret,    // opens something: must not be here
  test_key,  // opens a test mode
  publish,   // public by design
  sample,    // a placeholder or a published example
  fallback,  // a secret's built-in default: getenv("X_SECRET", "…")
  logged,    // a secret handed to a log line
  exposed,   // a variable name that ships a secret to browsers
};

struct Hit {
  Verdict verdict = Verdict::secret;
  Shape shape = Shape::count_;     // count_ when a Format matched
  std::string provider;            // "Stripe"; empty for home-made secrets
  std::string what;                // "secret key, live mode"
  std::string where;               // where it is revoked
  std::string name;                // the variable beside it, when there is one
  std::size_t begin = 0, end = 0;  // of the value in the text
  proof::Severity severity = proof::Severity::critical;
  proof::Confidence confidence = proof::Confidence::high;
  bool clear = false;  // of a connection to another network whose record says nothing of TLS
};

// `pattern` and `end` as the pattern pass reported them.
std::optional<Hit> judge(std::string_view text, unsigned pattern, std::size_t end, Kind kind);

// How a secret may be shown: its kind's prefix, a few characters, its length. Never the whole.
std::string redact(std::string_view value);

// Placeholders and published samples: "your-key-here", "sk_live_xxxx", "changeme", "<token>", "${X}".
bool is_sample(std::string_view value);
// Random, or words a person might type, or the name of something else? Names of things are letters and separators.
bool looks_random(std::string_view value);
// Shannon entropy in bits a character.
double entropy(std::string_view value);

// Does this variable name a secret? `weak` for names that often hold one but need a look at the value (X_KEY).
enum class NameClass : unsigned char { ordinary, weak, secret, publish };
NameClass name_class(std::string_view name);

// Judges the value of a variable from an environment file or another key=value place. Nothing when it is ordinary.
std::optional<Hit> judge_value(std::string_view name, std::string_view value);

}  // namespace gatehouse::audit::secrets
