#include "audit/source/shown_passwords.h"

#include <algorithm>
#include <optional>
#include <string>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// What people choose: "Admin123!", "demo-2024"; not a word of the sentence around it.
bool chosen_password(std::string_view word) {
  if (word.size() < 5 || word.size() > 40) return false;
  bool letter = false, mark = false;
  for (const char c : word) {
    if (c == '{' || c == '}' || c == '<' || c == '>' || c == '(' || c == ')' || c == '/' || c == '=' || c == '"')
      return false;
    letter = letter || text::is_alpha(c);
    mark = mark || text::is_digit(c);
  }
  const std::string low = text::to_lower(word);
  if (icontains_any(low, {"****", "....", "xxxx", "your", "example.", "&", "http"})) return false;
  return (letter && mark) || low == "password" || low == "admin" || low == "123456" || low == "12345678";
}

// "Password: Admin123!" -> Admin123!
std::optional<std::string> told_password(std::string_view shown) {
  for (const std::string_view label : {"password:", "password :", "passwort:", "contraseña:", "senha:", "pass:", "pwd:",
                                       "mot de passe:", "passcode:", "password ="}) {
    const std::string low = text::to_lower(shown);
    for (std::size_t at = low.find(label); at != std::string::npos; at = low.find(label, at + 1)) {
      if (at > 0 && text::is_alpha(low[at - 1])) continue;
      std::size_t begin = at + label.size();
      while (begin < shown.size() && (shown[begin] == ' ' || shown[begin] == '\n' || shown[begin] == '"')) ++begin;
      std::size_t end = begin;
      while (end < shown.size() && shown[end] != ' ' && shown[end] != '\n' && shown[end] != ',' && shown[end] != '"')
        ++end;
      std::string word(shown.substr(begin, end - begin));
      while (word.size() > 5 && (word.back() == '.' || word.back() == ')')) word.pop_back();
      if (chosen_password(word)) return word;
    }
  }
  // admin@shop.com / admin123
  if (!icontains_any(shown, {"demo", "test", "default", "credential", "admin", "login", "sign in"}))
    return std::nullopt;
  for (std::size_t at = shown.find(" / "); at != std::string_view::npos; at = shown.find(" / ", at + 1)) {
    const std::size_t from = shown.find_last_of(" \n:", at == 0 ? 0 : at - 1);
    const std::string_view name = shown.substr(from == std::string_view::npos ? 0 : from + 1,
                                               at - (from == std::string_view::npos ? 0 : from + 1));
    const std::string_view rest = shown.substr(at + 3);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \n,)"));
    bool digit = false;
    for (const char c : word) digit = digit || text::is_digit(c);
    if (digit && chosen_password(word) && (contains(name, "@") || text::iequals(name, "admin")))
      return std::string(word);
  }
  return std::nullopt;
}

// All that an element shows, without its tags; what is put in stands for nothing.
std::string words_of(Node element) {
  std::string out;
  for (const Node t : element.all("jsx_text")) {
    out += t.text();
    out += ' ';
  }
  return out;
}

void hit(File& file, Node at, std::string title) {
  auto& f = file.hit("SEC-017", at, redacted(quote(file.tree.line_text(at.line()))));
  f.title = std::move(title);
  f.impact = "Whoever opens the page signs in with it.";
  f.fix = "Take it out of the page, and change it: it was given to everybody who visited.";
  f.severity = icontains_any(file.path, {"admin"}) || icontains(file.code(), "admin") ? proof::Severity::critical
                                                                                      : proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

// <p>Password: Admin123!</p>, <p><b>Password:</b> Admin123!</p>
bool shown_in_text(File& file) {
  for (const Node t : file.tree.all("jsx_text")) {
    const Code said = t.code();
    if (!icontains_any(said, {"pass", "pwd", "contrase", "senha", " / "})) continue;
    Node around = t.parent();
    for (int i = 0; i < 2 && around; ++i, around = around.parent()) {
      if (!around.any_of("jsx_element", "jsx_fragment")) break;
      if (around.code().size() > 600) break;
      if (told_password(words_of(around))) {
        hit(file, t, "The page shows a password to everybody who opens it");
        return true;
      }
    }
  }
  return false;
}

// const [password, setPassword] = useState("Admin123!"), setPassword("demo1234")
bool filled_in(File& file) {
  for (const Call& c : file.calls) {
    const auto value = literal(unwrap(c.arg(0)));
    if (!value || !chosen_password(*value) || contains(*value, " ")) continue;
    const std::string_view f = last(c.name);
    bool holds = (f == "setPassword" || f == "setPass" || f == "setPwd");
    if (f == "useState" || f == "ref" || f == "signal") {
      const Node d = c.node.above("variable_declarator");
      const Node name = d.child("name").is("array_pattern") ? d.child("name").first() : d.child("name");
      holds = name.is("identifier") && unwrap(d.child("value")) == c.node &&
              has_word(name.text(), {"password", "passcode", "pwd", "contrasena", "senha"}) &&
              !has_word(name.text(), {"type", "error", "strength", "show", "visible"});
    }
    if (!holds) continue;
    hit(file, c.node, "The page fills a password in for whoever opens it");
    return true;
  }
  for (const Call& c : file.calls) {  // useState({ email: "admin@shop.com", password: "Admin123!" })
    const std::string_view f = last(c.name);
    if (f != "useState" && f != "useForm" && f != "reactive" && f != "setFormData" && f != "setForm" && f != "reset")
      continue;
    for (const Node p : c.node.child("arguments").all("pair")) {
      const auto value = literal(unwrap(p.child("value")));
      if (!has_word(p.child("key").text(), {"password", "passcode", "pwd"}) || !value || !chosen_password(*value))
        continue;
      hit(file, p, "The page fills a password in for whoever opens it");
      return true;
    }
  }
  return false;
}

}  // namespace

void judge_shown_passwords(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"password", "passwort", "contrase", "senha", "passcode", "pwd", "credential"})) return;
  if (has_word(file.path, {"test", "tests", "spec", "stories", "mock", "mocks", "docs", "seed", "seeds"})) return;
  if (!shown_in_text(file)) filled_in(file);
}

}  // namespace gatehouse::audit::source
