// Rows that a browser asks for and changes by their ids, where no policy of the database is in sight.
#include "audit/source/client_rows.h"

#include <algorithm>
#include <utility>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct SeenPolicies {
  bool looked = false, any = false;
};

// if (row.parent_id !== user.id) throw …: the browser asks whose it is, and its user may leave the question out.
bool asks_whose(Node function) {
  for (const Node branch : function.all("if_statement")) {
    const Code asked = branch.child("condition").code();
    if (icontains_any(asked, {"!== user.id", "!== user?.id", "!== session.user.id", "!== currentuser.id", "!== userid",
                              "!== profile.id", "!== user!.id", "!iscreator", "!isowner", "!isadmin"}) &&
        icontains_any(branch.child("consequence").code(), {"throw", "return", "toast", "error"}))
      return true;
  }
  return false;
}

bool callers_own(const Code& condition) {
  return icontains_any(condition, {"user.id", "user?.id", "user!.id", "session.user", "currentuser", "auth.uid",
                                   "userid", "user_id", "owner", "profile.id", "profile?.id", "me.id"});
}

}  // namespace

bool policies_in_sight(Project& project) {
  auto& seen = project.notes<SeenPolicies>();
  if (std::exchange(seen.looked, true)) return seen.any;
  int files = 0;
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::sql || ++files > 300) continue;
    const auto source = project.open(e.path);
    if (source && icontains(source->text(), "create policy")) return seen.any = true;
  }
  return false;
}

void judge_client_rows(File& file) {
  if (policies_in_sight(file.project)) return;
  bool changed = false, shown = false;
  for (const Touch& t : touches(file, file.tree.root())) {
    if (!t.by_rules) continue;
    const bool by_id = icontains_any(t.condition, {"\"id\"", "'id'"});
    const bool writes = t.kind == Touch::Kind::change || t.kind == Touch::Kind::remove;
    Node f = function_around(t.call);
    if (!by_id || !f || callers_own(t.condition)) continue;
    if (writes && !changed && asks_whose(f)) {
      changed = true;
      auto& found = file.hit("AZ-001", t.call);
      found.title = "Whose row it is is asked in the browser alone";
      found.impact = "Whoever calls the database's API himself leaves the question out and names any id.";
      found.fix = "Ask it in a policy of the table: USING (auth.uid() = owner).";
      found.severity = proof::Severity::medium;
      found.confidence = proof::Confidence::medium;
    } else if (!writes && !shown && people(t.record) && contains(t.whole.code(), "select('*')")) {
      shown = true;
      auto& found = file.hit("AZ-001", t.call);
      found.title = "The whole row of any person is fetched by an id";
      found.severity = proof::Severity::medium;
      found.confidence = proof::Confidence::low;
    }
  }
}

}  // namespace gatehouse::audit::source
