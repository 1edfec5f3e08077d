#include "audit/source/paid_by_mail.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct PaidByMail {
  std::optional<Spot> looked_up, registration;
  bool confirms = false;
};

bool speaks_of_payers(File& file, Node function, Node value, int depth = 0) {
  if (payers_address(value.code())) return true;
  const Node name = unwrap(value);
  if (depth > 2 || !name.is("identifier")) return false;
  for (const Node a : function.all("assignment"))
    if (a.child("left").text() == name.text() && a.begin() < name.begin() &&
        speaks_of_payers(file, function, a.child("right"), depth + 1))
      return true;
  return false;
}

}  // namespace

bool payers_address(const Code& code) {
  return icontains(code, "email") &&
         icontains_any(code, {"customer_details", "customer_email", "receipt_email", "customerdetails", "customeremail",
                              "payer", "data.customer", "[\"customer\"]", "['customer']", "buyer", "billing_details"});
}

void read_paid_by_mail(File& file) {
  auto& notes = file.project.notes<PaidByMail>();
  const Code code = file.code();
  if (icontains_any(code, {"email_verified", "is_verified", "emailaddress", "verify_email", "verify-email",
                           "confirm_email", "account_email_verification", "email_confirmed", "activation",
                           "verification_token", "verification_code"}))
    notes.confirms = true;
  if (!notes.looked_up && icontains_any(code, {"customer_details", "customer_email", "payer", "receipt_email",
                                               "['customer']", "[\"customer\"]", "customer.list", "customers.list"}))
    for (const Call& c : file.calls) {
      const Node f = function_around(c.node);
      if (!f || notes.looked_up) continue;
      bool found = (c.name.ends_with("Customer.list") || c.name.ends_with("customers.list")) && c.keyword("email");
      const std::string_view m = last(c.name);
      if (m == "get" || m == "filter" || m == "filter_by" || m == "get_object_or_404" || m == "where" ||
          m == "find_one" || m == "eq" || m == "get_user_by_email" || m == "exists" || m == "first") {
        for (const auto& [key, value] : c.keywords)
          found = found || (icontains(key, "email") && speaks_of_payers(file, f, value));
        for (const Node a : c.args) {
          if (icontains(a.code(), "email") && a.is("comparison_operator"))
            for (const Node x : a.children()) found = found || speaks_of_payers(file, f, x);
          if (m == "get_user_by_email" || m == "eq") found = found || speaks_of_payers(file, f, a);
        }
      }
      if (found) notes.looked_up = Spot{place(file.path, c.line()), file.shown(c.node)};
    }
  if (notes.registration) return;
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (!has_word(name, {"register", "signup", "create", "sign", "registration", "registrieren", "registrar"}) ||
        !icontains_any(name,
                       {"register", "signup", "sign_up", "create_user", "createuser", "create_account", "registr"}))
      continue;
    if (!icontains_any(f.code(), {"hash", "set_password", "create_user", "bcrypt", "make_password"})) continue;
    notes.registration = Spot{place(file.path, f.line()), file.shown(f)};
    return;
  }
}

// Stops: signing up with a subscriber's address before he does.
void judge_paid_by_mail(const Project& project, Sink& sink) {
  const auto& notes = project.notes<PaidByMail>();
  if (!notes.looked_up || !notes.registration || notes.confirms) return;
  for (const auto& f : sink.findings())
    if (f.id == "PAY-006") return;
  auto& f = sink.find("PAY-006", notes.looked_up->at, notes.looked_up->shown);
  f.locations.push_back(notes.registration->at);
  f.evidence.push_back(notes.registration->shown);
}

}  // namespace gatehouse::audit::source
