// The markup of mails: what people typed stands in it as they typed it.
#include "audit/source/script_mails.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool free_text(std::string_view name) {
  return has_word(name, {"name", "firstname", "lastname", "fullname", "username", "message", "notes", "note", "comment",
                         "description", "subject", "feedback", "company", "companyname", "clientname", "sendername",
                         "businessname", "customername"}) &&
         !has_word(name, {"file", "host", "domain", "app", "site", "brand", "product", "plan", "path", "class", "error",
                          "template", "env", "event", "tag", "html", "safe", "escaped"});
}

bool escaped(std::string_view code) {
  return icontains_any(code, {"escape", "sanitize", "encode", "striptags", "purify", "he.", "xss("});
}

// Stops: a phisher's link in a mail that comes from the right sender.
void read_mail_markup(File& file) {
  const std::string_view code = file.code();
  if (client_file(file) || !icontains_any(code, {"sendmail", "emails.send", "nodemailer", "resend", "sendgrid",
                                                 "mailgun", "postmark", "transporter", "mailer"}))
    return;
  proof::Finding* told = nullptr;
  for (const Node t : file.tree.all("template_string")) {
    if (!icontains_any(t.code(), {"<p", "<h1", "<h2", "<h3", "<div", "<html", "<td", "<strong", "<b>", "<li"}))
      continue;
    for (const Node hole : holes(t)) {
      const Node value = unwrap(hole);
      if (!value.any_of("identifier", "member_expression") || escaped(value.code()) ||
          !free_text(last(dotted(value))) || (value.is("identifier") && literal(value_of(file, value))))
        continue;
      const Node by = value.is("identifier") ? value_of(file, value) : Node();
      if (by && escaped(by.code())) continue;
      if (told == nullptr) {
        told = &file.hit("RE-001", hole);
        told->title = "What people typed is put into the markup of a mail";
        told->confidence = proof::Confidence::medium;
        told->impact = "A name that is a link makes a phisher's mail of one that you sent.";
        told->fix = "Escape each value, or build mails with a template engine that does.";
      } else if (told->locations.size() < 8) {
        also(*told, file, hole);
      }
    }
  }
}

}  // namespace gatehouse::audit::source
