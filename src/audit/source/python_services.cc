#include "audit/source/python_services.h"

#include <algorithm>

#include "audit/source/python_addresses.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct SmtpNotes {
  Recurring plain{8}, waits{8};  // each one for the whole project
};

void tell(File& file, Recurring& told, std::string_view id, Node at, std::string_view title, proof::Severity severity) {
  if (auto* f = told.hit(file, id, at)) {
    f->title = title;
    f->severity = severity;
  }
}

// Stops: whoever sits between the application and its mail server reading the password, the mails and their links.
void judge_smtp(File& file) {
  if (!contains(file.code(), "smtplib")) return;
  auto& notes = file.project.notes<SmtpNotes>();
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (full != "smtplib.SMTP" && full != "smtplib.SMTP_SSL") continue;
    const auto host = literal(c.arg(0));
    if (host && (host->empty() || *host == "localhost" || host->starts_with("127."))) continue;
    Node around = function_around(c.node);
    if (const Node cls = c.node.above("class_definition")) around = cls;
    const std::string_view code = around ? around.code() : file.code();
    if (full == "smtplib.SMTP" && !icontains_any(code, {"starttls", "smtp_ssl"}) && icontains_any(code, {".login("}))
      tell(file, notes.plain, "EX-017", c.node, "Mail is handed over without TLS, with the account's password",
           proof::Severity::medium);
    if (!c.keyword("timeout") && c.args.size() < 4 && !contains(c.node.child("arguments").code(), "**"))
      tell(file, notes.waits, "FA-011", c.node, "A mail server that hangs holds the request for ever",
           proof::Severity::low);
  }
  // aiosmtplib.send(message, hostname=…, username=…, use_tls=False)
  for (const Call& c : file.calls)
    if ((last(c.name) == "send" && contains(c.name, "aiosmtplib")) &&
        (c.keyword("use_tls").is("false") || c.keyword("start_tls").is("false")) && c.keyword("password") &&
        !c.keyword("use_tls").is("true") && !c.keyword("start_tls").is("true"))
      tell(file, notes.plain, "EX-017", c.node, "Mail is handed over without TLS, with the account's password",
           proof::Severity::medium);
}

bool makes_markup(const Code& code) {
  return icontains_any(code, {".html", "weasyprint", "pdfkit", "xhtml2pdf", "text/html", "\"html\"", "'html'", "<html",
                              "<p>", "<h1", "<td", "htmlresponse", "templateresponse"});
}

// Stops: a name with a tag in it that becomes part of the mail, of the page, or of what a browser on the server opens.
void judge_templates(File& file) {
  if (!file.imports_from("jinja2")) return;
  Recurring told(8);
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const bool engine = full == "jinja2.Environment" || full == "jinja2.sandbox.SandboxedEnvironment";
    const bool one = full == "jinja2.Template" && !literal(c.arg(0));
    if (!engine && !one) continue;
    const Node escapes = c.keyword("autoescape");
    if ((escapes && !escapes.is("false")) || !makes_markup(file.code()) ||
        contains(c.node.child("arguments").code(), "**") || has_word(file.path, {"sql", "prompt", "prompts", "config"}))
      continue;
    if (one && !icontains_any(file.code(), {"weasyprint", "pdfkit", "xhtml2pdf", "text/html", "\"html\"", "'html'"}))
      continue;
    if (auto* f = told.hit(file, "DJ-026", c.node)) {
      f->title = "Templates of pages, papers or mails are filled in without escaping";
      f->severity = proof::Severity::medium;
      f->confidence = proof::Confidence::medium;
      f->fix = "Environment(…, autoescape=select_autoescape()), or autoescape=True where every template is markup.";
    }
  }
}

// Stops: markup of people opened by a browser on the server, which reads its files and asks inside addresses.
void judge_papers(File& file) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    Node markup;
    if (f == "HTML" && contains(full, "weasyprint"))
      markup = c.keyword("string") ? c.keyword("string") : Node();
    else if (f == "from_string" && contains(full, "pdfkit"))
      markup = c.arg(0);
    else if (f == "CreatePDF")
      markup = c.arg(0) ? c.arg(0) : c.keyword("src");
    else if (f == "set_content" && file.imports_from("playwright"))
      markup = c.arg(0);
    if (!markup) continue;
    markup = unwrap(markup);
    if (markup.is("identifier"))
      if (const Node around = function_around(c.node))
        for (const Node a : around.all("assignment"))
          if (a.begin() < c.node.begin() && a.child("left").text() == markup.text()) markup = unwrap(a.child("right"));
    const auto holds = holes(built_text(markup));
    const bool raw = std::any_of(holds.begin(), holds.end(), [](Node h) {
      h = unwrap(h);
      return h.any_of("identifier", "attribute", "subscript") && !icontains_any(h.code(), {"css", "style", "escape"});
    });
    if (!raw || icontains(function_around(c.node).code(), "escape(")) continue;
    auto& told = file.hit("DJ-026", c.node);
    told.title = "A paper is made of markup that people's words were put into as they are";
    told.confidence = proof::Confidence::medium;
    return;
  }
}

// create_engine(url, echo=True), app.config["SQLALCHEMY_ECHO"] = True
void judge_echo(File& file) {
  if (has_word(file.path, {"scripts", "seed", "tools"})) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f == "create_engine" || f == "create_async_engine") && c.keyword("echo").is("true")) {
      auto& told = file.hit("LOG-001", c.keyword("echo"));
      told.title = "Every statement goes to the log with its values";
      told.severity = proof::Severity::low;
    }
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    if (!a.child("right").is("true") || !contains(left.code(), "SQLALCHEMY_ECHO")) continue;
    if (const Node cls = a.above("class_definition"); icontains_any(cls.child("name").text(), {"dev", "test", "local"}))
      continue;
    auto& told = file.hit("LOG-001", a);
    told.title = "Every statement goes to the log with its values";
    told.severity = proof::Severity::low;
  }
}

// f"Invalid signature: {e}; secret: {endpoint_secret}"
void judge_told_secrets(File& file) {
  if (!icontains_any(file.code(), {"signature", "webhook", "hmac"})) return;
  for (const Node s : file.tree.all("string")) {
    const auto put = holes(s);
    if (put.empty()) continue;
    const std::string said = spoken(s);
    if (!icontains_any(said, {"invalid", "expected", "error", "mismatch", "wrong", "failed", "got"})) continue;
    for (const Node h : put) {
      const Node value = unwrap(h);
      if (!value.any_of("identifier", "attribute")) continue;
      const std::string name = dotted(value);
      const bool secret = has_word(last(name), {"secret"}) && secret_name(last(name));
      const bool expected = has_word(last(name), {"expected", "computed", "calculated"}) &&
                            has_word(last(name), {"signature", "sig", "hmac", "digest", "hash"});
      if (!secret && !expected) continue;
      bool leaves = false;
      for (Node p = s.parent(); p && !leaves; p = p.parent()) {
        leaves = p.any_of("return_statement", "raise_statement");
        if (const auto c = as_call(p); c && icontains_any(c->name, {"log", "print"})) break;
        if (p.any_of("function_definition", "expression_statement")) break;
      }
      if (!leaves) continue;
      auto& told = file.hit("SEC-018", s);
      told.title = secret ? "An error text holds the secret that signatures are made with"
                          : "An error text holds the signature that would have been right";
      return;
    }
  }
}

// except Exception as e: return f"Error: {e}" where a model's answer is meant
void judge_failed_models(File& file) {
  if (!icontains_any(file.code(), {"openai", "anthropic", "genai", "ollama", "chat.completions", "groq", "litellm",
                                   "langchain", "replicate", "huggingface", "mistralai", "generate_content"}))
    return;
  for (const Node clause : file.tree.all("except_clause")) {
    std::string name;
    for (const Node t : clause.all("as_pattern_target")) name = std::string(t.text());
    const Node f = function_around(clause);
    if (name.empty() || !f || route_function(f)) continue;
    if (!icontains_any(f.code(), {"create(", "generate", "invoke(", "complet", "chat(", "run(", "predict(", ".post("}))
      continue;
    for (const Node r : clause.all("return_statement")) {
      const Node value = unwrap(r.first());
      const bool words = value.is("string") || (as_call(value) && as_call(value)->name == "str");
      if (!words || !(contains(value.code(), "{" + name + "}") || contains(value.code(), "{str(" + name + ")") ||
                      value.code() == "str(" + name + ")"))
        continue;
      auto& told = file.hit(file.imports_from("django") ? "DJ-029" : "FA-004", r);
      told.title = "What failed at a model is handed on as its answer";
      told.impact = "The text of the error is shown, kept and paid for as if the model had written it.";
      told.fix = "Raise, so that nothing is kept or charged, and answer with words of your own.";
      told.confidence = proof::Confidence::medium;
      return;
    }
  }
}

}  // namespace

void read_python_services(File& file) {
  judge_smtp(file);
  judge_templates(file);
  judge_papers(file);
  judge_echo(file);
  judge_told_secrets(file);
  judge_failed_models(file);
}

}  // namespace gatehouse::audit::source
