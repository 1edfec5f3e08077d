// What people have paid for, and how it is known that they did.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/paid_by_mail.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool paid_words(const Code& code) {
  return icontains_any(code, {"subscri", "purchas", "haspaid", "ispaid", "premium", "ispro", "hasaccess", "ismember",
                              "assinatura", "enrolled", "bought", "entitle"});
}

bool goods(std::string_view path) {
  if (!path.starts_with("/") || path.starts_with("//") || path.starts_with("/api/")) return false;
  const std::string low = text::to_lower(path);
  static constexpr std::string_view kGoods[] = {".pdf",  ".zip",  ".epub", ".mp4", ".mp3",
                                                ".docx", ".xlsx", ".rar",  ".mov", ".dmg"};
  return std::any_of(std::begin(kGoods), std::end(kGoods), [&](std::string_view e) { return low.ends_with(e); }) &&
         !icontains_any(low, {"sample", "preview", "terms", "privacy", "demo", "trial", "free", "brochure"});
}

// {subscription && <a href="/book.pdf">}: the page asks, the file does not.
void judge_goods(File& file) {
  for (const Node a : file.tree.all("jsx_attribute")) {
    const auto parts = a.children();
    if (parts.size() < 2 || (parts[0].text() != "href" && parts[0].text() != "src")) continue;
    Node value = parts[1];
    if (value.is("jsx_expression")) value = unwrap(value.first());
    const auto path = literal(value);
    if (!path || !goods(*path)) continue;
    bool behind = false;
    for (Node p = a.parent(); p && !behind; p = p.parent()) {
      if (is_function(p)) {
        // if (!subscription) redirect("/pricing") above it all
        for (const Node branch : body(p).all("if_statement"))
          behind = behind || (branch.end() < a.begin() && paid_words(branch.child("condition").code()));
        break;
      }
      if (p.is("binary_expression") && p.has_token("&&")) behind = paid_words(p.child("left").code());
      if (p.is("ternary_expression")) behind = paid_words(p.child("condition").code());
    }
    if (behind) file.hit("PAY-005", a);
  }
}

}  // namespace

void read_paid(File& file, ScriptNotes& notes) {
  judge_goods(file);
  const Code code = file.code();
  if (says_otp(code) ||
      icontains_any(code, {"emailverified", "email_verified", "verificationtoken", "verifyemail", "verify-email",
                           "confirmemail", "email_confirmed", "isverified", "sendverification", "verification_token",
                           "verification", "magiclink", "activation", "activateaccount", "/activate", "invite"}))
    notes.confirms_mail = true;
  for (const Call& c : file.calls) {
    const Code arguments = c.node.child("arguments").code();
    const bool by_mail = (c.name.ends_with("customers.list") && has_token(arguments, "email")) ||
                         (c.name.ends_with("customers.search") && icontains(arguments, "email"));
    const std::string_view m = last(c.name);
    // User.findOne({ email: session.customer_details.email })
    const bool looked_up = (m.starts_with("find") || m == "eq" || m == "updateOne" || m == "update") &&
                           payers_address(arguments) && !client_file(file);
    if ((by_mail || looked_up) && !notes.paid_by_mail)
      notes.paid_by_mail = Spot{place(file.path, c.line()), file.shown(c.node)};
  }
  if (notes.own_registration || !icontains_any(code, {"hash(", "hashsync(", "hashpassword", "argon2"})) return;
  for (const Touch& t : touches(file, file.tree.root()))
    if (t.kind == Touch::Kind::create && people(t.record) && icontains(t.whole.code(), "email") &&
        icontains(t.whole.code(), "password")) {
      notes.own_registration = Spot{place(file.path, t.call.line()), file.shown(t.call)};
      return;
    }
}

// Stops: signing up with a subscriber's address before he does.
void judge_paid(const ScriptNotes& notes, Sink& sink) {
  if (!notes.paid_by_mail || !notes.own_registration || notes.confirms_mail) return;
  auto& f = sink.find("PAY-006", notes.own_registration->at, notes.own_registration->shown);
  f.locations.push_back(notes.paid_by_mail->at);
  f.evidence.push_back(notes.paid_by_mail->shown);
}

}  // namespace gatehouse::audit::source
