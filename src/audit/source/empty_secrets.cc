#include "audit/source/empty_secrets.h"

#include <vector>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 6;

struct UnsetSecrets {
  std::vector<Spot> all;
};

// WEBHOOK_SECRET, STRIPE_ENDPOINT_SECRET, HMAC_KEY: what verifies rather than what calls.
bool guards(std::string_view name) {
  return has_word(name, {"webhook", "endpoint", "hmac", "signing", "jwt", "session", "callback"}) &&
         has_word(name, {"secret", "key", "token"});
}

// if (!webhookSecret) throw …
bool asks_for_it(const File& file) {
  for (const Node i : file.tree.all("if_statement")) {
    const Code asked = i.child("condition").code();
    if (asked.size() < 300 && icontains(asked, "secret") &&
        (contains(asked, "!") || icontains_any(asked, {"=== ''", "=== \"\""})))
      return true;
  }
  return false;
}

}  // namespace

void read_empty_secrets(const File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"secret", "hmac"}) ||
      has_word(file.path, {"test", "tests", "example", "mock", "mocks", "seed"}))
    return;
  auto& notes = file.project.notes<UnsetSecrets>();
  if (client_file(file) || asks_for_it(file)) return;
  for (const Call& c : file.calls) {
    if (notes.all.size() >= kMost) return;
    // this.config.get("X", "")
    if (last(c.name) != "get" || !icontains(c.name, "config") || c.args.empty()) continue;
    const std::string name = literal(c.arg(0)).value_or("");
    Node fallback = c.arg(1);
    if (const Node p = c.node.parent();
        !fallback && p.is("binary_expression") && (p.has_token("||") || p.has_token("??")))
      fallback = p.child("right");
    if (!fallback || literal(fallback) != "" || !guards(name)) continue;
    notes.all.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

void judge_empty_secrets(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UnsetSecrets>();
  if (notes.all.empty()) return;
  // Stops: events that anybody signs with the empty key, because a variable was forgotten.
  auto& f = sink.find("SEC-013", notes.all.front().at, notes.all.front().shown);
  f.title = "The secret that signatures are checked with falls back to an empty text";
  f.severity = proof::Severity::medium;
  f.fix = "Read it without a default, and refuse to start when it is missing or empty.";
  for (std::size_t i = 1; i < notes.all.size(); ++i) {
    f.locations.push_back(notes.all[i].at);
    f.evidence.push_back(notes.all[i].shown);
  }
}

}  // namespace gatehouse::audit::source
