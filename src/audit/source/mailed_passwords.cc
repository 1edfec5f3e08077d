#include "audit/source/mailed_passwords.h"

#include "audit/source/script.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool sends_mail(const Call& c) {
  static constexpr std::string_view kCalls[] = {
      "send_mail", "EmailMessage", "EmailMultiAlternatives", "send_email",  "Message",    "MIMEText",   "sendMail",
      "sendEmail", "sendmail",     "send_mass_mail",         "mail_admins", "email_user", "set_content"};
  const std::string_view f = last(c.name);
  for (const std::string_view name : kCalls)
    if (f == name) return true;
  return f == "send" && icontains_any(c.name, {"mail", "resend", "sendgrid"});
}

bool password_itself(Node hole) {
  const std::string name = dotted(unwrap(hole));
  return has_word(last(name), {"password", "passwd", "pwd", "passwort", "contrasena", "senha"}) &&
         !has_word(last(name), {"reset", "link", "url", "token", "forgot", "path", "min", "length", "host", "smtp"}) &&
         !icontains_any(name, {"process.env", "settings.", "config."});
}

// The password in a text that is put together at `n`, or none.
Node told_in(Node n) {
  for (const Node hole : holes(n))
    if (password_itself(hole)) return hole;
  return {};
}

}  // namespace

// Stops: whoever reads a mailbox, today or in ten years, having the password that its owner uses elsewhere, too.
void read_mailed_passwords(File& file) {
  if (!icontains_any(file.code(), {"mail", "mimetext"}) ||
      !icontains_any(file.code(), {"pass", "pwd", "senha", "contras"}) || client_file(file))
    return;
  for (const Call& c : file.calls) {
    if (!sends_mail(c)) continue;
    for (const char* type : {"string", "template_string", "binary_operator", "binary_expression", "call"})
      for (const Node n : c.node.child("arguments").all(type)) {
        Node at = told_in(n);
        if (!at) continue;
        auto& f = file.hit("SEC-014", at);
        f.title = "A password is sent by mail in clear";
        f.impact = "It lies in mailboxes and on mail servers for years, and opens what else its owner opens with it.";
        f.fix =
            "Send a link with a random token that ends soon and lets the owner choose a password, and say in mails "
            "only that it was changed.";
        return;
      }
    // body = f"… {password}"; send_mail(subject, body, …)
    const Node function = function_around(c.node);
    if (!function) continue;
    for (const Node a : c.args) {
      if (!unwrap(a).is("identifier")) continue;
      for (const char* type : {"assignment", "variable_declarator"})
        for (const Node made : function.all(type)) {
          const Node name = made.child("left") ? made.child("left") : made.child("name");
          const Node value = made.child("right") ? made.child("right") : made.child("value");
          if (name.text() != unwrap(a).text() || made.begin() > c.node.begin()) continue;
          const Node at = told_in(unwrap(value));
          if (!at) continue;
          auto& f = file.hit("SEC-014", at);
          f.title = "A password is sent by mail in clear";
          return;
        }
    }
  }
}

}  // namespace gatehouse::audit::source
