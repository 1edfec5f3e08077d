// Build step: compiles the secret patterns once into a serialized multi-pattern database that the program embeds.
// For any CPU of the architecture: no feature of the building machine is assumed.
#include <hs/hs.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

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

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s OUTPUT\n", argv[0]);
    return 2;
  }
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
    return 1;
  }
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS) return 1;
  std::FILE* out = std::fopen(argv[1], "wb");
  const bool written = out != nullptr && std::fwrite(bytes, 1, size, out) == size;
  if (out == nullptr || std::fclose(out) != 0 || !written) {
    std::fprintf(stderr, "cannot write %s\n", argv[1]);
    return 1;
  }
  std::free(bytes);
  hs_free_database(database);
  return 0;
}
