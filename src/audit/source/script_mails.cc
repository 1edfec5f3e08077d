// The markup of mails: what people typed stands in it as they typed it.
#include "audit/source/script_mails.h"

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool free_text(std::string_view name) {
  return has_word(name, {"name",         "firstname",   "lastname",    "fullname",   "username",     "message",
                         "notes",        "note",        "comment",     "comments",   "subject",      "feedback",
                         "company",      "companyname", "description", "clientname", "sendername",   "businessname",
                         "customername", "inviter",     "details",     "reason",     "question",     "inquiry",
                         "enquiry",      "address",     "city",        "nombre",     "mensaje",      "asunto",
                         "nachricht",    "betreff",     "firma",       "vorname",    "nachname",     "mensagem",
                         "naam",         "topic",       "query",       "msg",        "organization", "organisation",
                         "jobtitle",     "bio",         "who",         "greeting",   "remarks",      "requirements",
                         "guest",        "visitor",     "sender"}) &&
         !has_word(name,
                   {"file",     "host", "domain", "app", "site", "brand", "product", "plan", "path",   "class", "error",
                    "template", "env",  "event",  "tag", "html", "safe",  "escaped", "id",   "length", "count", "url"});
}

bool escaped(const Code& code) {
  return icontains_any(code, {"escape", "sanitize", "encode", "striptags", "purify", "he.", "xss("});
}

namespace {

bool tags(const Code& code) {
  return icontains_any(code, {"<p", "<h1", "<h2", "<h3", "<div", "<html", "<td", "<strong", "<b>", "<li", "<br",
                              "<span", "<blockquote", "<ul", "<a ", "<tr", "<table", "<section"});
}

// Templates, and texts that are put together with +, outermost first.
std::vector<Node> built_markup(const File& file) {
  std::vector<Node> out;
  for (const Node t : file.tree.all("template_string"))
    if (tags(t.code())) out.push_back(t);
  for (const Node b : file.tree.all("binary_expression"))
    if (b.has_token("+") && !b.parent().is("binary_expression") && tags(spoken(b))) out.push_back(b);
  return out;
}

// The file writes mails, or what it makes is one as its name says.
bool about_mails(const File& file) {
  if (contains(file.path, "static/")) return false;
  return icontains_any(file.code(), {"sendmail", "emails.send", "nodemailer", "resend", "sendgrid", "mailgun",
                                     "postmark", "transporter", "mailer", "brevo", "sendemail", "mailjet"}) ||
         (has_word(file.path, {"mail", "email", "emails", "mails", "mailer"}) && !contains(file.path, "components/"));
}

// A link to confirm with, and it leads to the developer's own machine.
void judge_local_links(File& file) {
  for (const char* type : {"template_string", "string"})
    for (const Node t : file.tree.all(type)) {
      const std::string said = spoken(t);
      if (!contains(said, "http://localhost") && !contains(said, "http://127.0.0.1")) continue;
      const Node p = t.parent();
      if (p.is("binary_expression") && (p.has_token("||") || p.has_token("??"))) continue;  // unless told otherwise
      if (p.is("ternary_expression") ||
          !icontains_any(said, {"token", "verify", "confirm", "reset", "activate", "/"}) || said.size() < 24)
        continue;
      auto& f = file.hit("RE-007", t);
      f.title = "A link in a mail leads to the machine of whoever reads it";
      f.severity = proof::Severity::medium;
      f.impact = "Nobody can confirm or reset anything in production, and the code in it travels without TLS.";
      f.fix = "Take the address of the site from the settings, and demand it at start-up.";
      return;
    }
}

}  // namespace

// Stops: a phisher's link in a mail that comes from the right sender.
void read_mail_markup(File& file) {
  if (client_file(file) || !about_mails(file)) return;
  judge_local_links(file);
  Recurring told(8);
  for (const Node t : built_markup(file)) {
    for (const Node hole : holes(t)) {
      Node value = unwrap(hole);
      if (escaped(value.code())) continue;
      // note ?? "", details.replace(/\n/g, "<br>")
      if (value.is("binary_expression") && (value.has_token("??") || value.has_token("||")))
        value = unwrap(value.child("left"));
      if (const auto c = as_call(value);
          c && (last(c->name) == "replace" || last(c->name) == "trim" || last(c->name) == "replaceAll") &&
          !contains(value.code(), "&lt;"))
        value = unwrap(value.child("function").child("object"));
      // ticket.title: of a record, and not the frame that a text is put into
      const std::string said = dotted(value);
      const bool of_record = value.is("member_expression") && !said.starts_with("this.") &&
                             has_word(last(said), {"title", "body", "content", "text", "author", "email", "phone"}) &&
                             !has_word(said, {"config", "options", "template", "props", "env", "settings"});
      if (!value.any_of("identifier", "member_expression") || !(free_text(last(said)) || of_record) ||
          (value.is("identifier") && literal(value_of(file, value))))
        continue;
      const Node by = value.is("identifier") ? value_of(file, value) : Node();
      if (by && escaped(by.code())) continue;
      if (auto* f = told.hit(file, "RE-001", hole)) {
        f->title = "What people typed is put into the markup of a mail";
        f->confidence = proof::Confidence::medium;
        f->impact = "A name that is a link makes a phisher's mail of one that you sent.";
        f->fix = "Escape each value, or build mails with a template engine that does.";
      }
    }
  }
}

}  // namespace gatehouse::audit::source
