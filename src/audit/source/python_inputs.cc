#include "audit/source/python_inputs.h"

#include <map>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_client.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "audit/source/script_mails.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Inputs {
  struct Part {
    std::size_t position = 0;  // self left out
    std::string parameter;
    Spot at;
  };
  std::multimap<std::string, Part> parts;  // by function: a parameter that becomes part of an address
  struct Handed {
    std::string function, keyword;
    std::size_t position = 0;
  };
  std::vector<Handed> handed;                       // what a client sent, by the function it is handed to
  std::set<std::string> kept;                       // columns that hold an address as the client gave it
  std::vector<std::pair<std::string, Spot>> asked;  // … and are asked
};

bool tags(std::string_view said) {
  return icontains_any(said,
                       {"<p", "<h1", "<h2", "<h3", "<div", "<html", "<td", "<strong", "<b>", "<li", "<br", "<ul"});
}

bool escapes(const Code& code) {
  return icontains_any(code, {"escape", "format_html", "bleach", "sanitize", "quote(", "nh3"});
}

// Text put together with tags in it: its holes.
std::vector<Node> markup_holes(const File& file, Node n) {
  if (n.is("string")) return tags(spoken(n)) ? holes(n) : std::vector<Node>();
  if (n.is("binary_operator")) return tags(spoken(n)) ? holes(n) : std::vector<Node>();
  const auto c = as_call(n);
  if (!c || last(c->name) != "format") return {};
  Node text = unwrap(n.child("function").child("object"));
  if (text.is("identifier"))
    for (const Node a : file.tree.all("assignment"))
      if (a.child("left").text() == text.text()) text = unwrap(a.child("right"));
  if (!text.is("string") || !tags(text.code())) return {};
  std::vector<Node> out = c->args;
  for (const auto& [key, value] : c->keywords) out.push_back(value);
  return out;
}

std::string_view name_in(const std::string& dotted_name) { return last(dotted_name); }

// data["name"], user.full_name, name
std::string spoken_name(Node n) {
  n = unwrap(n);
  if (n.is("subscript")) return literal(n.child("subscript")).value_or("");
  if (const auto c = as_call(n); c && last(c->name) == "get") return literal(c->arg(0)).value_or("");
  if (!n.any_of("identifier", "attribute")) return {};
  const std::string d = dotted(n);
  return std::string(name_in(d));
}

// Stops: a phisher's link in a mail that comes from the right sender, and a link that makes the site say anything.
void judge_markup(File& file) {
  if (!tags(file.code())) return;
  const bool mails = icontains_any(file.code(), {"emailmessage", "emailmultialternatives", "smtplib", "send_mail",
                                                 "sendmail", "mimetext", "sendgrid", "resend", "mailgun", "fastmail",
                                                 "aiosmtplib", "send_email", "html_message"}) ||
                     has_word(file.path, {"mail", "email", "emails", "mailer", "mails"});
  Recurring told(8);
  for (const char* type : {"string", "binary_operator", "call"})
    for (const Node n : file.tree.all(type)) {
      if (n.parent().is("binary_operator") || n.parent().is("concatenated_string")) continue;
      const auto parts = markup_holes(file, n);
      if (parts.empty()) continue;
      const Node function = function_around(n);
      // return f"<h1>{q}</h1>" of a route
      const Node up = n.parent();
      const bool answered =
          function && route_function(function) &&
          (up.is("return_statement") || (up.is("argument_list") && as_call(up.parent()) &&
                                         icontains_any(as_call(up.parent())->name, {"HTMLResponse", "make_response"})));
      for (const Node h : parts) {
        if (escapes(h.code())) continue;
        if (answered && taint(h) == Taint::yes) {
          auto& f = file.hit("RE-001", h);
          f.title = "What a client sends is put into the page that answers it";
          f.severity = proof::Severity::high;
          break;
        }
        if (!mails || !free_text(spoken_name(h))) continue;
        const Node by = unwrap(h);
        bool safe = false;
        if (by.is("identifier") && function)
          for (const Node a : function.all("assignment"))
            safe = safe || (a.child("left").text() == by.text() &&
                            (escapes(a.child("right").code()) || literal(a.child("right"))));
        if (safe) continue;
        if (auto* f = told.hit(file, "RE-001", h)) {
          f->title = "What people typed is put into the markup of a mail";
          f->confidence = proof::Confidence::medium;
          f->impact = "A name that is a link makes a phisher's mail of one that you sent.";
          f->fix = "Escape each value, or build mails with a template engine that does.";
        }
      }
    }
}

// Stops: a pattern that keeps the database or this process busy for minutes.
void judge_patterns(File& file) {
  const auto sent = [](Node n) { return n && !icontains(n.code(), "escape(") && taint(n) == Taint::yes; };
  const auto escaped_before = [](Node n) {
    const Node f = function_around(n);
    if (!n.is("identifier") || !f) return false;
    for (const Node a : f.all("assignment"))
      if (a.child("left").text() == n.text() && contains(a.child("right").code(), "escape(")) return true;
    return false;
  };
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (full.starts_with("re.") && last(full) != "escape" && sent(c.arg(0)) && !escaped_before(c.arg(0)))
      file.hit("VAL-002", c.node);
    for (const auto& [key, value] : c.keywords)
      if ((key.ends_with("__regex") || key.ends_with("__iregex")) && sent(value) && !escaped_before(value))
        file.hit("VAL-002", value);
  }
  for (const Node p : file.tree.all("pair"))
    if (literal(p.child("key")) == "$regex" && sent(p.child("value")) && !escaped_before(p.child("value")))
      file.hit("VAL-002", p);
}

bool looked_at(const Code& code) {
  return checks_address(code) || icontains_any(code, {" not in ", " in allowed", "isalpha", "isalnum", "fullmatch",
                                                      "re.match", "isdigit", "quote(", "enum"});
}

// A call that could ask an address: asked_address() will tell.
bool has_address(const Call& c) { return c.arg(0) || c.keyword("url"); }

// Stops: ?q=x&appid=…, ../admin in the middle of an address that is called with the server's key.
void read_addresses(File& file, Inputs& notes) {
  if (contains(file.path, "management/commands/") || contains(file.path, "scripts/")) return;
  for (const Node f : file.tree.all("function_definition")) {
    // Only where something of a client's is in sight can it be handed on.
    const bool served = route_function(f) || contains(f.code(), "request");
    for (const Call* c : file.calls_in(body(f))) {
      if (!served && !has_address(*c)) continue;
      if (!(function_around(c->node) == f)) continue;
      if (const Node address = asked_address(file, *c)) {
        const Node host = host_of(address);
        // requests.post(hook.callback_url): what the client once gave
        if (const Node h = unwrap(host);
            h.is("attribute") && !contains(h.text(), "settings") && !h.text().starts_with("self.") &&
            has_word(h.child("attribute").text(), {"url", "webhook", "callback", "endpoint", "link", "feed"}) &&
            !looked_at(f.code()))
          notes.asked.emplace_back(std::string(h.child("attribute").text()),
                                   Spot{place(file.path, c->line()), file.shown(c->node)});
        const Node text = built_text(address) ? built_text(address) : unwrap(address);
        for (const Node h : holes(text)) {
          if (host && h.begin() == unwrap(host).begin()) continue;
          if (has_word(spoken_name(h), {"key", "token", "secret", "base", "url", "host"})) continue;
          const Taint t = taint(h);
          if (t == Taint::no || looked_at(f.code())) continue;
          bool number = false;  // order_id: int
          for (const Node p : f.child("parameters").children())
            number =
                number || (parameter_name(p) == unwrap(h).text() &&
                           icontains_any(p.child("type").text(), {"int", "uuid", "date", "float", "enum", "literal"}));
          if (const Node v = unwrap(h); v.is("attribute") && v.child("attribute").text() == "value") number = true;
          if (number) continue;
          if (t == Taint::yes) {
            auto& found = file.hit("EX-013", c->node);
            found.title = "What a client sends becomes part of an address that the server asks";
            found.severity = icontains_any(f.code(), {"key", "token", "secret", "authorization"})
                                 ? proof::Severity::medium
                                 : proof::Severity::low;
            break;
          }
          std::size_t position = 0;
          for (const Node p : f.child("parameters").children()) {
            const std::string name = parameter_name(p);
            if (name.empty() || name == "self" || name == "cls") continue;
            if (made_of(h, name) && notes.parts.size() < 500)
              notes.parts.emplace(function_name(f),
                                  Inputs::Part{position, name, {place(file.path, c->line()), file.shown(c->node)}});
            ++position;
          }
        }
        continue;
      }
      if (!served || notes.handed.size() > 2000 || c->args.size() + c->keywords.size() > 8) continue;
      for (std::size_t i = 0; i < c->args.size(); ++i)
        if (!literal(c->args[i]) && taint(c->args[i]) == Taint::yes)
          notes.handed.push_back({std::string(last(c->name)), {}, i});
      for (const auto& [key, value] : c->keywords) {
        if (literal(value) || taint(value) != Taint::yes) continue;
        notes.handed.push_back({std::string(last(c->name)), std::string(key), 0});
        if (has_word(key, {"url", "webhook", "callback", "endpoint", "link", "feed"})) notes.kept.emplace(key);
      }
    }
  }
}

// except Exception: return True; if not settings.CAPTCHA_SECRET: return True
void judge_lenient(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (!has_word(name,
                  {"verify", "check", "validate", "captcha", "recaptcha", "allowed", "permitted", "is", "has", "can",
                   "ist", "berechtigt", "erlaubt", "authorized", "authenticate", "puede", "ok", "valid"}) ||
        has_word(name, {"blocked", "banned", "disabled", "expired", "empty", "optional", "email", "available", "exists",
                        "test"}) ||
        webhook_door(name))
      continue;
    const auto passes = [](Node block) {
      for (const Node r : block.all("return_statement"))
        if (r.first().is("true")) return true;
      return false;
    };
    const auto say = [&](Node at, std::string_view title) {
      auto& found = file.hit("EX-021", at);
      found.title = title;
      found.severity = proof::Severity::high;
      found.confidence = proof::Confidence::medium;
    };
    for (const Node e : f.all("except_clause"))
      if (function_around(e) == f && passes(e) && !contains(e.code(), "raise"))
        say(e, "When the check itself fails, it lets pass");
    for (const Node branch : f.all("if_statement")) {
      if (!(function_around(branch) == f)) continue;
      const Node condition = unwrap(branch.child("condition"));
      if (!condition.is("not_operator") || !passes(branch.child("consequence"))) continue;
      const Code asked = condition.first().code();
      if (icontains_any(asked, {"settings.", "os.environ", "getenv", "config"}) &&
          icontains_any(asked, {"secret", "key", "token"}))
        say(branch, "Without its setting the check lets everything pass");
    }
  }
}

}  // namespace

void read_python_inputs(File& file) {
  judge_lenient(file);
  judge_markup(file);
  judge_patterns(file);
  read_addresses(file, file.project.notes<Inputs>());
}

void judge_python_inputs(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Inputs>();
  std::set<std::pair<std::string, int>> told;
  for (const auto& h : notes.handed) {
    const auto [from, to] = notes.parts.equal_range(h.function);
    for (auto it = from; it != to; ++it) {
      const Inputs::Part& p = it->second;
      if (h.keyword.empty() ? h.position != p.position : h.keyword != p.parameter) continue;
      if (!told.insert({p.at.at.path, p.at.at.line}).second) continue;
      auto& f = sink.find("EX-013", p.at.at, p.at.shown);
      f.title = "What a client sends becomes part of an address that the server asks";
      f.severity = proof::Severity::medium;
    }
  }
  // Stops: the server fetching what only the server can reach, at an address that was left behind for it.
  for (const auto& [column, at] : notes.asked)
    if (notes.kept.contains(column)) {
      auto& f = sink.find("EX-013", at.at, at.shown);
      f.title = "The server asks an address that a client has left with it";
    }
}

}  // namespace gatehouse::audit::source
