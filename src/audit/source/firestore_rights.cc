#include "audit/source/firestore_rights.h"

#include <optional>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kLargest = 200'000;  // of a rules file

struct FirestoreRights {
  std::optional<Spot> believed;  // where a field that decides is read
  std::string field;
};

bool decides(std::string_view key) {
  for (const std::string_view f : {"isPremium", "subscriptionStatus", "isAdmin", "role", "credits", "plan", "tier",
                                   "isPro", "premium", "isSubscribed", "hasPaid", "subscriptionTier", "subscription",
                                   "userRole", "balance", "stripeCustomerId", "is_admin", "is_premium"})
    if (key == f) return true;
  return false;
}

bool persons(std::string_view name) {
  return name == "users" || name == "profiles" || name == "accounts" || name == "members" || name == "customers" ||
         name == "user" || name == "userProfiles";
}

// The line of a rule that lets the owner of a person's document write all of it; 0 where there is none.
int owner_writes(const Source& rules) {
  std::string collection;
  for (int k = 1; k <= rules.lines(); ++k) {
    const std::string_view line = text::trim(rules.line(k));
    if (line.starts_with("//")) continue;
    if (const std::size_t at = line.find("match /"); at != std::string_view::npos) {
      const std::string_view path = line.substr(at + 7);
      collection = std::string(path.substr(0, path.find('/')));
      if (path.starts_with("databases")) collection.clear();
    }
    if (!persons(collection) || !contains(line, "allow")) continue;
    const std::string_view verbs =
        line.substr(line.find("allow"), line.find(':') - std::min(line.find("allow"), line.find(':')));
    if (!contains(verbs, "write") && !contains(verbs, "update")) continue;
    std::string condition(line.substr(std::min(line.find(':'), line.size())));
    for (int more = k + 1; more <= rules.lines() && more < k + 8 && condition.find(';') == std::string::npos; ++more)
      condition += std::string(rules.line(more));
    // A rule that looks at what is written may well hold those fields back; what only staff may write is another thing.
    if (icontains_any(condition, {"request.resource", "hasonly", "affectedkeys", "diff(", "token.", "get(/", "isadmin",
                                  "is_admin", "role", "valid", "false"}))
      continue;
    if (icontains_any(condition, {"auth.uid", "isowner", "issignedin", "auth != null", "isauth", "isself"})) return k;
  }
  return 0;
}

}  // namespace

void read_firestore_rights(const File& file) {
  auto& notes = file.project.notes<FirestoreRights>();
  const Code code = file.code();
  if (notes.believed || !icontains_any(code, {"firestore", "getdoc", "onsnapshot", ".collection("}) ||
      !icontains_any(code, {"users", "profiles", "accounts", "members", "customers"}) ||
      has_word(file.path, {"test", "tests", "seed", "mock", "mocks", "scripts"}))
    return;
  for (const Node m : file.tree.all("member_expression")) {
    const std::string_view key = m.child("property").text();
    if (!decides(key) || m.parent().is("call_expression")) continue;
    // What is asked, compared or shown; not what is written.
    if (m.parent().is("assignment_expression") && m.parent().child("left") == m) continue;
    const std::string object = dotted(m.child("object"));
    if (!icontains_any(object, {"user", "profile", "data", "account", "doc", "snap", "member", "customer"}) ||
        icontains_any(object, {"session", "stripe", "event", "metadata", "req.body", "token", "claims"}))
      continue;
    notes.believed = Spot{place(file.path, m.line()), file.shown(m)};
    notes.field = std::string(key);
    return;
  }
}

void judge_firestore_rights(const Project& project, Sink& sink) {
  const auto& notes = project.notes<FirestoreRights>();
  if (!notes.believed) return;
  for (const Entry* e : project.named("firestore.rules")) {
    if (e->role != Role::product || e->size > kLargest) continue;
    const auto rules = project.open(e->path);
    if (!rules) continue;
    const int line = owner_writes(*rules);
    if (line == 0) continue;
    // Stops: everybody making himself an administrator or a paying customer, with one call of the public API.
    auto& f = sink.find("AZ-003", {std::string(e->path), line, line, {}}, std::string(text::trim(rules->line(line))));
    f.title = "People write their whole own document, and what they may do stands in it (" +
              text::printable(notes.field) + ")";
    f.fix =
        "Keep rights and payments in documents or claims that only the server writes; hold updates to the fields that "
        "are a person's own: request.resource.data.diff(resource.data).affectedKeys().hasOnly([…]).";
    f.locations.push_back(notes.believed->at);
    f.evidence.push_back(notes.believed->shown);
    return;
  }
}

}  // namespace gatehouse::audit::source
