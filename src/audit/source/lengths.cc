#include "audit/source/lengths.h"

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool bounds_length(const Code& code) {
  if (icontains_any(code,
                    {".slice(0",   ".slice(-",    ".substring(0", ".substr(0", "truncat",   ".max(",     "maxlength",
                     "max_length", "toolong",     "too_long",     "too long",  "math.min(", "max_chars", "maxchars",
                     "tiktoken",   "counttokens", "count_tokens", "max_input", "maxinput",  "limit_text"}))
    return true;
  // x.length > 4000, and not x.length > 0
  for (const std::string_view mark : {".length >", ".length>", ".length <", ".length<", "length >", "len("})
    for (std::size_t at = code.find(mark); at != std::string_view::npos; at = code.find(mark, at + 1)) {
      std::string_view rest = code.substr(at + mark.size(), 60);
      if (mark == "len(") {
        const std::size_t sign = rest.find_first_of("<>\n");
        if (sign == rest.npos || rest[sign] == '\n') continue;
        rest = rest.substr(sign + 1);
      }
      while (!rest.empty() && (rest.front() == '=' || rest.front() == ' ')) rest.remove_prefix(1);
      if (rest.empty()) continue;
      if (text::is_alpha(rest.front()) || (rest.size() > 1 && text::is_digit(rest[0]) && text::is_digit(rest[1])))
        return true;
    }
  return false;
}

bool held_by_schema(const File& file, const Code& code) {
  if (!icontains_any(code, {"safeparse", "schema.parse", "schema.validate", "validatesync", "validateasync",
                            "zodschema", "parsebody(", "validatebody(", "req.valid(", "schema.cast", "schema.check"}))
    return false;
  const Code all = file.code();
  return icontains_any(all, {".max(", ".length("}) || !icontains_any(all, {"z.object", "joi.object", "yup.object"});
}

}  // namespace gatehouse::audit::source
