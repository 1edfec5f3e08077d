#include "audit/source/spent_uses.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 4;  // places of one file

// link.usage_count, coupon.timesUsed, invite.uses: what a limit is held against. Views and likes limit nothing.
bool counts_uses(std::string_view field) {
  for (const std::string_view f :
       {"usage_count",      "usageCount",     "used_count",       "usedCount",       "uses",        "times_used",
        "timesUsed",        "download_count", "downloadCount",    "downloads_used",  "redemptions", "redeemed_count",
        "redemption_count", "redeemedCount",  "current_uses",     "currentUses",     "uses_count",  "usesCount",
        "used_quota",       "usedQuota",      "generations_used", "generationsUsed", "trial_uses",  "trialUses",
        "messages_used",    "messagesUsed"})
    if (field == f) return true;
  return false;
}

// One step that decides: an expression of the database, a lock, a transaction around it.
bool in_one_step(const Code& code) {
  return contains(code, "F(") || icontains_any(code, {"select_for_update", "with_for_update", "atomic", "$inc",
                                                      "increment", "transaction", "begin(", "lock"});
}

}  // namespace

// Stops: a coupon for one that a script uses a hundred times, by asking a hundred times at once.
void read_spent_uses(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"usage", "used", "uses", "redem", "download"}) ||
      (!file.tree.python() && client_file(file)) ||
      has_word(file.path, {"test", "tests", "seed", "mock", "mocks", "scripts"}))
    return;
  std::size_t told = 0;
  for (const char* type : {"augmented_assignment", "augmented_assignment_expression", "update_expression"})
    for (const Node a : file.tree.all(type)) {
      const Node target = a.is("update_expression") ? a.child("argument") : a.child("left");
      if (!target.any_of("attribute", "member_expression") || told >= kMost) continue;
      const Node field = target.child(target.is("attribute") ? "attribute" : "property");
      const Node f = function_around(a);
      if (!f || !counts_uses(field.text()) || a.has_token("-=") || a.has_token("--") || in_one_step(f.code())) continue;
      const std::string object(target.child("object").text());
      if (object == "self" || object == "this" || !icontains_any(f.code(), {".save(", "commit(", ".flush("})) continue;
      ++told;
      auto& found = file.hit("PAY-004", a);
      found.title = "How often it was used is read, raised and saved in steps";
      found.severity = proof::Severity::low;
      found.fix =
          "Raise it in the database, where the limit still holds: UPDATE … SET uses = uses + 1 WHERE id = $1 AND uses "
          "< most.";
    }
}

}  // namespace gatehouse::audit::source
