// Functions that cost the operator money each time they run, and the routes and views that reach them.
#include "audit/source/python_spends.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Names that too many functions bear.
bool common(std::string_view name) {
  return name.size() < 6 || name == "__init__" || name == "create" || name == "update" || name == "delete" ||
         name == "filter" || name == "execute" || name == "commit" || name == "append" || name == "process" ||
         name == "handle" || name == "render" || name == "redirect" || name == "validate";
}

// Asks a model, or another server with the operator's key.
bool spends(const File& file, Node f) {
  const Code code = f.code();
  if (icontains_any(code, {"completions.create", "messages.create(", "generate_content", "images.generate",
                           "responses.create(", "replicate.run", "fal_client", "embeddings.create",
                           "transcriptions.create", "twilio", "vonage", "audio.speech.create", "nexmo", "messagebird"}))
    return true;
  // Who a caller is, is asked for nothing; what is sold pays for itself.
  if (!icontains_any(code, {"api_key", "apikey", "api-key", "bearer"}) ||
      icontains_any(code, {"clerk", "auth0", "jwks", "userinfo", "supabase", "captcha", "turnstile"}))
    return false;
  for (const Call* c : file.calls_in(body(f)))
    if (asked_address(file, *c) && !icontains_any(c->node.code(), {"stripe", "paypal", "oauth"})) return true;
  return false;
}

}  // namespace

std::set<std::string> called_names(const File& file, Node f) {
  std::set<std::string> out;
  for (const Call* c : file.calls_in(body(f)))
    if (!common(last(c->name)) && out.size() < 64) out.emplace(last(file.full(c->name)));
  return out;
}

void read_python_spends(const File& file, PythonNotes& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name(f.child("name").text());
    if (common(name) || route_function(f)) continue;
    if (spends(file, f)) notes.spenders.insert(name);
    auto calls = called_names(file, f);
    notes.calls[name].insert(calls.begin(), calls.end());
  }
}

bool reaches_spender(const PythonNotes& notes, const std::set<std::string>& calls) {
  std::set<std::string> seen = calls;
  std::vector<std::string> next(calls.begin(), calls.end());
  for (int depth = 0; depth < 4 && !next.empty(); ++depth) {
    std::vector<std::string> found;
    for (const std::string& name : next) {
      if (notes.spenders.contains(name)) return true;
      if (const auto it = notes.calls.find(name); it != notes.calls.end())
        for (const std::string& inner : it->second)
          if (seen.size() < 512 && seen.insert(inner).second) found.push_back(inner);
    }
    next = std::move(found);
  }
  return false;
}

}  // namespace gatehouse::audit::source
