#include "audit/source/browser_credits.h"

#include <algorithm>

#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Number(localStorage.getItem("usage_count")) >= FREE_LIMIT
void judge_browser_counts(File& file) {
  if (!contains(file.code(), "localStorage.getItem")) return;
  for (const Call& c : file.calls) {
    const auto key = c.name.ends_with("localStorage.getItem") ? literal(unwrap(c.arg(0))) : std::nullopt;
    if (!key || !has_word(*key, {"usage", "count", "free", "trial", "credits", "generations", "used", "remaining",
                                 "uses", "messages", "questions", "quota", "limit"}))
      continue;
    if (has_word(*key, {"cart", "unread", "notification", "notifications", "visit", "visits", "page"})) continue;
    const Node f = function_around(c.node);
    const Code around = f ? f.code() : file.code();
    if (around.size() > 20'000 ||
        !has_word(around, {"free", "limit", "upgrade", "trial", "quota", "paywall", "credits"}))
      continue;
    // Its value is held against a bound.
    bool bounded = false;
    for (const Node b : (f ? f : file.tree.root()).all("binary_expression"))
      bounded = bounded || ((b.has_token(">=") || b.has_token(">") || b.has_token("<") || b.has_token("<=")) &&
                            has_word(b.code(), {"limit", "free", "max", "trial", "usage", "used", "count", "credits",
                                                "remaining", "uses", "generations"}));
    if (!bounded) continue;
    auto& hit = file.hit("PAY-002", c.node);
    hit.title = "What is free is counted in the visitor's own browser";
    hit.severity = proof::Severity::medium;
    hit.confidence = proof::Confidence::medium;
    hit.impact = "Who empties the browser's storage, or calls the server without the page, has no limit at all.";
    hit.fix = "Count on the server, by account or by address, ahead of the work that costs money.";
    return;
  }
}

}  // namespace

void read_browser_credits(File& file) {
  judge_browser_counts(file);
  for (const Call& c : file.calls) {
    if (last(c.name) != "rpc" || !client_file(file)) continue;
    const auto procedure = literal(c.arg(0));
    if (!procedure || !has_word(*procedure, {"use", "deduct", "consume", "decrement", "spend", "take", "debit"}) ||
        !(purse(*procedure) || has_word(*procedure, {"credit", "quota", "generation", "usage"})))
      continue;
    // Stops: work for nothing, by leaving out one call.
    auto& hit = file.hit("PAY-002", c.node);
    hit.title = "The page itself takes the credit: who leaves the call out works for nothing";
    hit.confidence = proof::Confidence::medium;
    hit.impact =
        "The paid work and its price are two requests of the browser; a client of one's own makes only the first.";
    hit.fix = "Take the credit on the server, in the function that does the work, and ahead of it.";
    return;
  }
}

}  // namespace gatehouse::audit::source
