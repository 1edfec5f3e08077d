#include "audit/source/public_twins.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 60;

bool key_name(std::string_view name) {
  return has_word(name, {"key", "secret", "passphrase", "salt", "token", "hash", "password"}) &&
         !has_word(name, {"public", "publishable", "anon", "id", "url", "client", "supabase", "firebase", "google",
                          "maps", "site", "api"});
}

// Without the mark that has it built into pages; empty when there is none.
std::string_view unmarked(std::string_view name) {
  for (const std::string_view prefix :
       {"VITE_", "NEXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "VUE_APP_", "GATSBY_", "PUBLIC_"})
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  return {};
}

bool hashes(const Code& code) {
  return icontains_any(code, {"hmac", ".digest(", "createhash", "md5", "sha256", "sha512", "sha1"});
}

// The key goes where a digest is made: in the function that reads it, or in one that uses the name it was given.
bool proves_with(const File& file, Node key) {
  if (const Node f = function_around(key)) return hashes(f.code());
  const Node held = key.above("variable_declarator");
  if (!held || !held.child("name").is("identifier")) return false;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (hashes(f.code()) && has_token(f.code(), held.child("name").text())) return true;
  return false;
}

}  // namespace

void read_public_twins(File& file) {
  const Code code = file.code();
  const bool env = contains(code, "env.") || contains(code, "env[");
  if (!env) return;
  const bool proves = icontains_any(code, {"signature", "checksum", "hash"}) && hashes(code) && !client_file(file);
  auto& notes = file.project.notes<PublicTwins>();
  for (const char* type : {"member_expression", "call_expression", "subscript_expression"})
    for (const Node n : file.tree.all(type)) {
      const auto name = env_name(n);
      if (!name || !key_name(*name)) continue;
      const std::string_view bare = unmarked(*name);
      const Spot at{place(file.path, n.line()), file.shown(n)};
      if (!bare.empty() && notes.built_in.size() < kMost) notes.built_in.emplace(bare, at);
      if (bare.empty() && proves && notes.proving.size() < kMost && proves_with(file, n))
        notes.proving.emplace(*name, at);
    }
}

// Stops: a payment that a visitor confirms himself, signed with the key his browser was given.
void judge_public_twins(const Project& project, Sink& sink) {
  const auto& notes = project.notes<PublicTwins>();
  for (const auto& [name, at] : notes.proving) {
    const auto twin = notes.built_in.find(name);
    if (twin == notes.built_in.end()) continue;
    auto& f = sink.find("EX-018", at.at, at.shown);
    f.title =
        "Signatures are proven with " + text::printable(name) + ", which is built into the browser's code as well";
    f.impact = "Whoever reads the page's code signs events as the provider does, and confirms payments himself.";
    f.fix = "Give the server a secret of its own that no page is built with, and change this one.";
    f.locations.push_back(twin->second.at);
    f.evidence.push_back(twin->second.shown);
  }
}

}  // namespace gatehouse::audit::source
