#include "audit/source/django_allauth.h"

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void read_allauth(File& file) {
  if (!file.imports_from("allauth")) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = body(f).code();
    if (icontains_any(code, {"verified", "emailaddress.objects"})) continue;
    bool by_mail = false;
    for (const Call* c : file.calls_in(body(f)))
      if ((last(c->name) == "get" || last(c->name) == "filter" || last(c->name) == "get_or_create") &&
          contains(c->name, "objects"))
        for (const auto& [key, value] : c->keywords) by_mail = by_mail || key.starts_with("email");
    if (!by_mail) continue;
    // Stops: an account that somebody opened under another's address, waiting for its owner to sign in to it.
    for (const Call* c : file.calls_in(body(f)))
      if (last(c->name) == "connect" && c->args.size() == 2 && c->arg(0).text() == "request") {
        file.hit("OAU-003", c->node);
        break;
      }
  }
}

void judge_allauth(const Setting* verification, Sink& sink) {
  if (verification == nullptr) return;
  const Value& v = verification->value;
  const bool never = v.kind == Value::Kind::text && text::iequals(v.text, "none");
  // "mandatory" if STAGE == "production" else "none": what counts is what holds when nobody says anything.
  if (!never && !(v.kind != Value::Kind::text && icontains_any(verification->shown, {"\"none\"", "'none'"}))) return;
  auto& f = sink.find("AU-006", verification->at, verification->shown);
  f.title = "Nobody has to show that an address of a mail is theirs";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.impact = "Accounts are opened under other people's addresses, and as many as somebody likes.";
  f.fix = "ACCOUNT_EMAIL_VERIFICATION = \"mandatory\", and nothing else in production.";
}

}  // namespace gatehouse::audit::source
