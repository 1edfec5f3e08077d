// Gates that stand in the visitor's own hands: what his browser keeps, compares and writes.
#include <algorithm>

#include "audit/source/browser_data.h"
#include "audit/source/client_rows.h"
#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// const ADMIN_TOKEN = "…", and the browser compares.
void judge_constants(File& file) {
  for (const Node d : file.tree.all("variable_declarator")) {
    const std::string name(d.child("name").text());
    const auto value = literal(d.child("value"));
    if (!value || value->size() < 3 || !d.child("name").is("identifier") || value->find(' ') != std::string::npos)
      continue;
    if (!secret_name(name) || !has_word(name, {"admin", "password", "passcode", "secret", "access", "master"}))
      continue;
    if (value->starts_with("/") || value->starts_with("http") || icontains(*value, name)) continue;
    for (const Node b : file.tree.all("binary_expression"))
      if ((b.has_token("===") || b.has_token("!==") || b.has_token("==") || b.has_token("!=")) &&
          has_token(b.code(), name)) {
        auto& f = file.hit("SEC-017", d, redacted(quote(file.tree.line_text(d.line()))));
        f.title = "What opens the door stands in code that every browser is given";
        f.severity = proof::Severity::critical;
        break;
      }
  }
}

// password === "letmein", typed into a form and compared where the form is.
void judge_typed(File& file) {
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==") && !b.has_token("!==") && !b.has_token("!=")) continue;
    const Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    const auto known = literal(r) ? literal(r) : literal(l);
    const Node other = literal(r) ? l : r;
    if (!known || known->size() < 3 || known->find(' ') != std::string::npos ||
        !other.any_of("identifier", "member_expression"))
      continue;
    const std::string name = dotted(other);
    const std::string_view tail = last(name);
    const bool secret = has_word(tail, {"password", "passcode", "pass", "pwd", "pw", "passwd", "pin", "secret"}) &&
                        !has_word(tail, {"type", "field", "error", "mode", "strength", "confirm", "name", "visible"});
    if (!secret || text::iequals(*known, "password") || text::iequals(*known, "text") ||
        text::iequals(*known, "string"))
      continue;
    if (has_word(dotted(other.parent().is("unary_expression") ? other.parent() : other), {"typeof"})) continue;
    auto& f = file.hit("SEC-017", b, redacted(quote(file.tree.line_text(b.line()))));
    f.title = "What opens the door stands in code that every browser is given";
    f.severity = proof::Severity::critical;
  }
}

bool rights_word(std::string_view name) {
  return has_word(name, {"admin", "role", "roles", "premium", "pro", "plan", "tier", "paid", "subscribed",
                         "permissions", "isadmin", "superuser"}) &&
         !has_word(name, {"theme", "filter", "tab", "view", "selected"});
}

// localStorage.getItem("isAdmin") === "true": whoever opens the console is one.
void judge_kept(File& file) {
  const auto decides = [](Node at) {
    for (Node p = at.parent(); p && !is_function(p); p = p.parent()) {
      if (p.is("binary_expression") &&
          (p.has_token("===") || p.has_token("!==") || p.has_token("==") || p.has_token("!=")))
        return true;
      if (p.any_of("unary_expression", "ternary_expression")) return true;
      if (p.any_of("if_statement", "while_statement")) return at.inside(p.child("condition"));
    }
    return false;
  };
  const auto hit = [&](Node at) {
    auto& f = file.hit("AZ-003", at);
    f.title = "Who may go on is what the browser itself keeps";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  };
  for (const Call& c : file.calls) {
    if (last(c.name) != "getItem" || !icontains_any(c.name, {"localstorage", "sessionstorage"})) continue;
    const auto key = literal(c.arg(0));
    if (!key) continue;
    if (rights_word(*key)) {
      Node held = c.node.above("variable_declarator");
      bool asked = decides(c.node);
      if (!asked && held && held.child("name").is("identifier"))
        for (const Node use : file.tree.all("identifier"))
          asked = asked || (use.text() == held.child("name").text() && use.begin() > held.end() && decides(use));
      if (asked) {
        hit(c.node);
        return;
      }
      continue;
    }
    // const user = JSON.parse(localStorage.getItem("user")); user.role === "admin"
    const Node held = c.node.above("variable_declarator");
    if (!held || !held.child("name").is("identifier") || !icontains(held.child("value").code(), "json.parse")) continue;
    for (const Node m : file.tree.all("member_expression"))
      if (m.child("object").text() == held.child("name").text() && rights_word(m.child("property").text()) &&
          decides(m)) {
        hit(m);
        return;
      }
  }
}

// A server of its own in the tree judges again; what the browser keeps then only decides what is shown.
bool served(const Project& project) {
  return std::any_of(project.entries().begin(), project.entries().end(), [](const Entry& e) {
    return e.role == Role::product &&
           (e.name() == "manage.py" || e.name() == "requirements.txt" || e.name() == "pyproject.toml" ||
            e.path.starts_with("server/") || e.path.starts_with("backend/") || e.path.starts_with("api/") ||
            contains(e.path, "/controllers/") || contains(e.path, "/routes/") || contains(e.path, "app/api/") ||
            contains(e.path, "pages/api/"));
  });
}

}  // namespace

void judge_client_gates(File& file) {
  judge_constants(file);
  judge_typed(file);
  if (!served(file.project)) judge_kept(file);
}

// supabase.from("profiles").update({ is_admin: true }) out of the browser: whoever may run it may run it for himself.
void judge_client_writes(File& file) {
  const Node root = file.tree.root();
  // Where the policies of the database are in the tree, they are judged.
  const bool migrated = policies_in_sight(file.project);
  for (const Touch& t : touches(file, root)) {
    if (t.kind != Touch::Kind::change && t.kind != Touch::Kind::create) continue;
    const auto c = as_call(t.call);
    if (!c || !contains(c->name, "from()")) continue;
    Node row = unwrap(c->arg(0));
    if (row.is("array") && !row.children().empty()) row = unwrap(row.first());
    for (const auto& [key, value] : members(row)) {
      const auto word = literal(unwrap(value));
      if ((key == "status" || key == "payment_status" || key == "paymentStatus") && word &&
          (text::iequals(*word, "paid") || text::iequals(*word, "completed") || text::iequals(*word, "active")) &&
          (has_word(t.record, {"order", "payment", "subscription", "booking", "purchase", "transaction", "invoice",
                               "enrollment", "donation"}) ||
           (text::iequals(*word, "paid") && purchase_record(t.record) && !staff_place(file.path)))) {
        file.hit("PAY-002", value).title = "The browser itself writes that its " + t.record + " is " + *word;
        continue;
      }
      // Stops: an application that its own author approves, from the console of a browser.
      if (word && !migrated && t.kind == Touch::Kind::change && icontains(t.condition, "id") &&
          (key == "status" || key == "approval_status" || key == "application_status" ||
           key == "verification_status") &&
          icontains_any(*word, {"approved", "rejected", "accepted", "verified", "declined", "banned", "suspended"})) {
        auto& f = file.hit("AZ-008", value);
        f.title = "What staff decides is a plain update out of the browser (" + t.record + " is " + *word + ")";
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
        continue;
      }
      if (!has_word(key, {"admin", "role", "roles", "credits", "balance", "plan", "tier", "subscription", "verified",
                          "approved", "permissions", "premium", "pro", "paid"}) ||
          has_word(key, {"id", "requested", "at", "name", "method"}))
        continue;
      // Stops: the dearest plan, or a purse full of credits, from the console of a browser.
      const bool paid = has_word(key, {"credits", "balance", "plan", "tier", "subscription", "premium", "pro", "paid"});
      auto& f = file.hit(paid ? "PAY-002" : "AZ-007", value);
      f.title = "The browser itself writes the field " + key;
      if (has_word(key, {"admin", "role"})) f.severity = proof::Severity::critical;
    }
  }
  // updateDoc(doc(db, "users", uid), { isPremium: true })
  for (const Call& c : file.calls) {
    if ((c.name != "updateDoc" && c.name != "setDoc") || c.args.size() < 2) continue;
    for (const auto& [key, value] : members(unwrap(c.arg(1)))) {
      const bool gives =
          has_word(key, {"premium", "credits", "plan", "tier", "subscription", "balance", "coins", "paid", "pro"}) &&
          !has_word(key, {"at", "since", "id", "name"}) && !unwrap(value).is("false");
      const auto word = literal(unwrap(value));
      if (!gives || (word && has_word(*word, {"free", "none", "pending"}))) continue;
      auto& f = file.hit("PAY-002", value);
      f.title = "The browser itself writes the field " + key;
      f.confidence = proof::Confidence::medium;
      break;
    }
  }
  // supabase.rpc("add_credits", { amount }): what the page calls, its visitor calls with any amount.
  for (const Call& c : file.calls) {
    if (last(c.name) != "rpc" || c.args.empty()) continue;
    const std::string procedure = literal(c.arg(0)).value_or("");
    if (!purse(procedure) ||
        !has_word(procedure, {"add", "grant", "increment", "increase", "topup", "award", "refill", "set"}))
      continue;
    file.hit("PAY-002", c.node).title = "The browser itself adds to what its visitor has paid for (" + procedure + ")";
  }
}

}  // namespace gatehouse::audit::source
