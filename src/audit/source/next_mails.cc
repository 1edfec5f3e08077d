// What a client chooses though somebody else pays for it or receives it: models, and markup in mails.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void judge_choices(File& file, Node handler) {
  const std::string_view code = body(handler).code();
  const ClientData data = client_data(file, handler);
  const auto sent = [&](std::string_view name) {
    return std::any_of(data.fields.begin(), data.fields.end(), [&](const auto& f) { return f.first == name; });
  };
  // Stops: the dearest model for the price of the cheapest.
  const bool asks_model = icontains_any(code, {"openai", "anthropic", "completions", "streamtext", "generatetext",
                                               "replicate", "fal.", "gemini", "groq", "openrouter", "generate"});
  for (const std::string_view which : {"model", "modelId", "modelName", "selectedModel"}) {
    if (!asks_model || !sent(which)) continue;
    const std::string name(which);
    if (icontains_any(code, {"allowed", "includes(" + text::to_lower(name), "models[", "enum(", "switch (", "zod",
                             "modelmap", "safeparse", "whitelist", "supported", "has(" + text::to_lower(name)}))
      continue;
    for (const auto& [key, at] : data.fields)
      if (key == which) {
        auto& f = file.hit("PAY-001", at);
        f.title = "The client chooses which model is asked, whatever it costs";
        f.severity = proof::Severity::medium;
        break;
      }
    break;
  }
  // Stops: a mail in the house's own name whose links and pictures a visitor wrote.
  for (const Node p : handler.all("pair")) {
    if (p.child("key").text() != "html") continue;
    const Node value = unwrap(p.child("value"));
    if (!contains(spoken(value), "<")) continue;
    for (const Node h : holes(value)) {
      const std::string name(last(dotted(h)));
      if (!h.any_of("identifier", "member_expression") || !(sent(name) || from_client(file, h))) continue;
      if (!has_word(name, {"message", "name", "subject", "content", "body", "text", "comment", "comments", "company",
                           "description", "notes", "details", "feedback"}))
        continue;
      auto& f = file.hit("RE-001", p);
      f.title = "What a visitor writes goes into a mail as markup";
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
