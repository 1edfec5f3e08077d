#include "audit/source/own_rights.h"

#include <algorithm>

#include "audit/source/client_rows.h"
#include "audit/source/data.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/supabase_clients.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 30;  // of one project

struct OwnRights {
  std::vector<std::pair<std::string, Spot>> written;  // the column, and where
  bool policies = false;                              // those of the database stand in the tree, and are judged
};

bool decides(std::string_view column) {
  return has_word(column, {"credits", "credit", "balance", "plan", "tier", "premium", "pro", "subscription", "tokens",
                           "role", "admin", "quota", "coins", "trial"}) &&
         !has_word(column, {"id", "at", "name", "count", "type", "method", "requested", "updated", "date", "start",
                            "end", "text", "title"});
}

// interface UserProfile { ai_credits: number }, taken as Partial<UserProfile> and poured in: { ...updates }
Node declared_with(const File& file, Node function, std::string_view name, std::string& column) {
  for (const Node p : function.child("parameters").children()) {
    if (p.child("pattern").text() != name) continue;
    for (const Node type : file.tree.all("interface_declaration")) {
      if (!has_token(p.child("type").code(), type.child("name").text()) ||
          icontains_any(p.child("type").code(), {"omit<", "pick<"}))
        continue;
      for (const Node field : type.all("property_signature"))
        if (const std::string key(field.child("name").text()); decides(key)) {
          column = key;
          return field;
        }
    }
  }
  return {};
}

}  // namespace

void read_own_rights(File& file) {
  const Code code = file.code();
  if (!code.may_hold("supabase") || !contains(code, ".from(") ||
      has_word(file.path,
               {"test", "tests", "seed", "mock", "mocks", "scripts", "webhook", "webhooks", "admin", "cron"}))
    return;
  auto& notes = file.project.notes<OwnRights>();
  notes.policies = notes.policies || policies_in_sight(file.project);
  if (notes.policies) return;
  for (const Touch& t : touches(file, file.tree.root())) {
    if ((t.kind != Touch::Kind::change && t.kind != Touch::Kind::create) || !t.by_rules ||
        notes.written.size() >= kMostNoted)
      continue;
    const auto c = as_call(t.call);
    if (!c || !contains(c->name, "from()")) continue;
    const Node function = function_around(t.call);
    const std::string variable = c->name.substr(0, c->name.find('.'));
    // Handed in, or made by a helper: whose client it is says the file.
    const ClientRights rights = client_rights(file, variable, t.call);
    if (rights == ClientRights::all || icontains_any(code, {"service_role", "servicerole", "supabaseadmin"}) ||
        webhook_door(function_name(function)))
      continue;
    if (rights == ClientRights::unknown &&
        !icontains_any(code, {"auth.getuser(", "auth.getsession(", "createserverclient", "createbrowserclient",
                              "createclientcomponent", "createroutehandler", "anon_key"}))
      continue;
    Node row = unwrap(c->arg(0));
    if (row.is("array") && !row.children().empty()) row = unwrap(row.first());
    for (const auto& [key, value] : members(row)) {
      if (!decides(key)) continue;
      // A new row that says what everybody begins with is put right by a default as well.
      const auto word = literal(unwrap(value));
      if (word && has_word(*word, {"free", "none", "user", "member", "basic"})) continue;
      notes.written.emplace_back(key, Spot{place(file.path, value.line()), file.shown(value.parent())});
      break;
    }
    if (t.kind == Touch::Kind::change && function)
      for (const Node part : row.is("object") ? row.children() : std::vector<Node>{row}) {
        const Node poured = part.is("spread_element") ? unwrap(part.first()) : part.is("identifier") ? part : Node();
        std::string column;
        if (poured && declared_with(file, function, poured.text(), column))
          notes.written.emplace_back(column, Spot{place(file.path, t.call.line()), file.shown(t.call)});
      }
  }
}

void judge_own_rights(const Project& project, Sink& sink) {
  const auto& notes = project.notes<OwnRights>();
  if (notes.policies || notes.written.empty()) return;
  const auto told = [&](const Spot& s) {
    return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return (f.id == "PAY-002" || f.id == "AZ-007" || f.id == "AZ-006") &&
             std::any_of(f.locations.begin(), f.locations.end(), [&](const proof::Location& l) {
               return l.path == s.at.path && l.line + 6 > s.at.line && l.line < s.at.line + 6;
             });
    });
  };
  Recurring written;
  for (const auto& [column, spot] : notes.written) {
    if (told(spot)) continue;
    // Stops: credits without end, set from the console of a browser with the key that every page carries.
    auto* f = written.find(sink, "AZ-007", spot);
    if (f == nullptr) continue;
    f->title = "The field " + text::printable(column, 60) + " is written with the user's own rights";
    f->impact =
        "For this to work the table must let its owner write the row, and then everybody sets the field to what they "
        "like with the public key of the project.";
    f->fix = "Write it on the server with the service key, and let the table's policies refuse its owner.";
    f->confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
