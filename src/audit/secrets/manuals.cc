#include "audit/secrets/manuals.h"

#include "audit/readers/env.h"
#include "audit/secrets/engine.h"
#include "audit/secrets/judge.h"
#include "audit/secrets/notes.h"
#include "audit/secrets/plain.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

// "eNsMoCeBbndxVQXIvnPxibfZEwWjialX": long, without a word in it, of letters of both sizes or with digits.
bool made_by_a_machine(std::string_view v) {
  bool digit = false, lower = false, upper = false;
  for (const char c : v) {
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '-' && c != '_' && c != '+' && c != '/' && c != '=')
      return false;
    digit |= text::is_digit(c);
    lower |= c >= 'a' && c <= 'z';
    upper |= c >= 'A' && c <= 'Z';
  }
  return v.size() >= 16 && lower && (upper || digit) && entropy(v) >= 3.8 && v.find("1234") == std::string_view::npos &&
         text::to_lower(v).find("abcd") == std::string::npos;
}

}  // namespace

void read_manual(const Source& source, Sink& sink) {
  for (const EnvLine& line : parse_env(source.text())) {
    if (name_class(line.name) != NameClass::secret || is_sample(line.value) || !made_by_a_machine(line.value)) continue;
    auto& f = sink.find("ENV-005", source.path(), line.line, line.name + " = " + redact(line.value));
    f.title = "A credential stands in a document";
    f.confidence = proof::Confidence::medium;
    f.key = value_key(line.value);
  }
}

}  // namespace gatehouse::audit::secrets
