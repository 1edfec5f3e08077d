// Build step: compiles the patterns of secrets and of rules once into serialized databases that the program embeds.
// For any CPU of the architecture: no feature of the building machine is assumed.
#include <hs/hs.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "audit/rules/patterns.h"
#include "audit/rules/read.h"
#include "audit/secrets/formats.h"

namespace {

std::string escape(std::string_view literal) {
  std::string out;
  for (char c : literal) {
    if (c == '.' || c == '-' || c == '+') out += '\\';
    out += c;
  }
  return out;
}

// Candidates for the judge of secrets.
std::string secrets() {
  namespace s = gatehouse::audit::secrets;
  std::vector<std::string> texts;
  // The character after the prefix must be one of a key: cuts most of the chance hits already here.
  for (const auto& f : s::formats()) texts.push_back(escape(f.prefix) + "[A-Za-z0-9_-]{4}");
  for (const auto& p : s::shapes()) texts.emplace_back(p.regex);
  std::vector<const char*> patterns;
  std::vector<unsigned> flags, ids;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    patterns.push_back(texts[i].c_str());
    flags.push_back(0);
    ids.push_back(static_cast<unsigned>(i));
  }
  hs_platform_info_t platform{};  // tune generic, no CPU features
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(patterns.data(), flags.data(), ids.data(), static_cast<unsigned>(patterns.size()), HS_MODE_BLOCK,
                       &platform, &database, &error) != HS_SUCCESS) {
    std::fprintf(stderr, "pattern %d (%s): %s\n", error->expression,
                 error->expression >= 0 ? texts[static_cast<std::size_t>(error->expression)].c_str() : "",
                 error->message);
    return {};
  }
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS) return {};
  std::string out(bytes, size);
  std::free(bytes);
  hs_free_database(database);
  return out;
}

std::string rules() {
  gatehouse::conf::Findings findings;
  const auto all = gatehouse::audit::own_rules(findings);
  const auto patterns = findings.empty() ? gatehouse::audit::Patterns::compile(all, findings) : nullptr;
  if (patterns) return patterns->bytes();
  std::fputs(gatehouse::conf::render_text(findings, false).c_str(), stderr);
  return {};
}

bool write(const char* path, const std::string& bytes) {
  std::FILE* out = std::fopen(path, "wb");
  const bool written = out != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  if (out != nullptr && std::fclose(out) == 0 && written) return true;
  std::fprintf(stderr, "cannot write %s\n", path);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what != "secrets" && what != "rules") {
    std::fprintf(stderr, "usage: %s secrets|rules OUTPUT\n", argv[0]);
    return 2;
  }
  const std::string bytes = what == "secrets" ? secrets() : rules();
  return !bytes.empty() && write(argv[2], bytes) ? 0 : 1;
}
