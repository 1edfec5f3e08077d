#include "audit/source/guessed_codes.h"

#include <algorithm>
#include <optional>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_edge.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 5;  // named in one finding

struct Door {
  Spot at;
  bool secret = false;  // what is asked for is a PIN or a password: short by its kind
  std::string what;     // "code", "pin"
};

struct GuessedCodes {
  std::vector<Door> doors;
  std::vector<Spot> made;  // where a short code is made
  bool limited = false;    // the project counts tries of all doors
};

// What is short by its kind, and what is so when whoever makes it makes it short.
bool secret_word(std::string_view name) { return has_word(name, {"pin", "passcode", "otp", "kennwort"}); }
bool code_word(std::string_view name) {
  return has_word(name, {"code", "pin", "passcode", "otp"}) &&
         !has_word(name,
                   {"status",        "zip",       "post",    "postal", "country", "currency", "error",    "language",
                    "lang",          "qr",        "exit",    "area",   "color",   "source",   "state",    "oauth",
                    "authorization", "phone",     "product", "bar",    "iso",     "http",     "response", "sku",
                    "verifier",      "challenge", "dial",    "region", "tax"});
}

// A short one: randomBytes(3), randint(100000, 999999), random.choices(digits, k=6),
// Math.random().toString(36).slice(2, 8)
bool short_maker(const Call& c) {
  const std::string_view f = last(c.name);
  const auto number = [](Node n) { return text::parse_u64(std::string(unwrap(n).text())).value_or(0); };
  if (f == "randomBytes" || f == "token_hex" || f == "token_bytes" || f == "token_urlsafe" || f == "urandom") {
    const auto n = number(c.arg(0));
    return n >= 1 && n <= 4;
  }
  if (f == "randomInt" || f == "randint" || f == "randrange" || f == "randbelow") {
    std::string most(unwrap(c.arg(1) ? c.arg(1) : c.arg(0)).text());
    std::erase(most, '_');
    const auto n = text::parse_u64(most).value_or(0);
    return n >= 999 && n <= 10'000'000;
  }
  if (f == "choices" || f == "sample") {
    const auto n = number(c.keyword("k") ? c.keyword("k") : c.arg(1));
    return n >= 3 && n <= 6;
  }
  if (f == "get_random_string" || f == "nanoid") {
    const auto n = number(c.arg(0));
    return n >= 3 && n <= 6;
  }
  if (f == "customAlphabet") {
    const auto n = number(c.arg(1));
    const auto of = literal(c.arg(0));
    return n >= 3 && (n <= 6 || (n <= 8 && of && of->size() <= 10));
  }
  return false;
}

bool for_a_code(const File& file, const Call& c) {
  std::string around = function_name(function_around(c.node));
  for (Node p = c.node.parent(); p; p = p.parent()) {
    if (p.any_of("variable_declarator", "assignment", "assignment_expression", "pair", "keyword_argument")) {
      const Node left = p.child("name") ? p.child("name") : p.child("left") ? p.child("left") : p.child("key");
      around += " " + std::string(left.text());
    }
    if (is_function(p) || p.is("statement_block")) break;
  }
  (void)file;
  return (code_word(around) || has_word(around, {"invite", "ticket", "coupon", "voucher", "booking", "reference"})) &&
         !has_word(around, {"order", "invoice", "filename", "slug", "username", "color", "test", "number", "file"});
}

// Where the tries are counted, or who tries is known by more than the code.
bool counted(const Code& code) {
  return asks_limit(code) || icontains_any(code, {"attempt", "tries", "lockout", "locked", "ratelimit", "rate_limit",
                                                  "throttle", "limiter", "captcha", "turnstile", "failed_count"});
}

bool client_names(std::string_view text) {
  return icontains_any(std::string(text), {"req.", "body", "request.", "data", "params", "input", "payload", "query",
                                           "form", "ctx.", "json"});
}

// A record found by what was sent, or what is kept held against it: { code: req.body.code }, gallery.pin != body.pin
std::optional<std::pair<Node, std::string>> asked(const File& file, Node f) {
  std::set<std::string> sent;
  if (file.tree.python()) {
    for (const Node p : f.child("parameters").children()) {
      const Node name = p.is("identifier") ? p : p.first();
      if (name && code_word(name.text())) sent.emplace(name.text());
    }
    for (const Node a : body(f).all("assignment"))
      if (a.child("left").is("identifier") && code_word(a.child("left").text()) &&
          client_names(a.child("right").code()))
        sent.emplace(a.child("left").text());
  } else {
    for (const auto& [name, at] : client_data(file, f).fields)
      if (code_word(name)) sent.insert(name);
  }
  const auto from_client = [&](Node value) {
    if (!value) return false;
    const Code code = value.code();
    if (std::any_of(sent.begin(), sent.end(), [&](const std::string& s) { return has_token(code, s); })) return true;
    // request.POST.get("code"), body["pin"]
    for (const Node s : value.all("string"))
      if (code_word(literal(s).value_or("")) && client_names(code)) return true;
    for (const char* type : {"attribute", "member_expression", "subscript", "subscript_expression", "call"})
      for (const Node n : value.all(type))
        if (code_word(last(dotted(n))) && client_names(n.code())) return true;
    return value.any_of("attribute", "member_expression") && code_word(last(dotted(value))) && client_names(code);
  };
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view verb = last(c->name);
    if (verb == "compare_digest" || verb == "timingSafeEqual" || verb == "compare" || verb == "checkpw" ||
        verb == "check_password" || verb == "verify") {
      for (const Node a : c->args)  // the password of an album, not of an account
        if (a.any_of("attribute", "member_expression") &&
            has_word(last(dotted(a)), {"password", "passwordhash", "hash"}) &&
            has_word(dotted(a).substr(0, dotted(a).find_first_of(".?!")),
                     {"share",  "gallery", "album", "link",    "room",   "event",   "document",
                      "doc",    "project", "page",  "board",   "site",   "meeting", "collection",
                      "folder", "paste",   "note",  "wedding", "portal", "proposal"}))
          return std::pair{c->node, std::string("passcode")};
      for (const Node a : c->args)
        if (a.any_of("attribute", "member_expression") && code_word(last(dotted(a))) && !client_names(a.code()))
          for (const Node b : c->args)
            if (!(a == b) && from_client(b)) return std::pair{c->node, std::string(last(dotted(a)))};
      continue;
    }
    const bool finds = verb.starts_with("find") || verb == "get" || verb == "filter" || verb == "filter_by" ||
                       verb == "get_object_or_404" || verb == "where" || verb == "eq" || verb == "first" ||
                       verb == "aget" || verb == "find_one" || verb == "get_or_none";
    if (!finds) continue;
    for (const auto& [key, value] : c->keywords)
      if (code_word(key) && from_client(value)) return std::pair{c->node, std::string(key)};
    if (const auto column = literal(c->arg(0)); column && code_word(*column) && from_client(c->arg(1)))
      return std::pair{c->node, *column};
    for (const Node a : c->args) {
      for (const Node p : a.all("pair")) {
        const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
        if (code_word(key) && from_client(p.child("value"))) return std::pair{c->node, key};
      }
      for (const Node s : a.all("shorthand_property_identifier"))
        if (code_word(s.text()) && sent.contains(std::string(s.text())))
          return std::pair{c->node, std::string(s.text())};
      if (a.is("comparison_operator") && code_word(last(dotted(a.first()))) && from_client(a.children().back()))
        return std::pair{c->node, std::string(last(dotted(a.first())))};
    }
  }
  for (const char* type : {"comparison_operator", "binary_expression"})
    for (const Node b : body(f).all(type)) {
      if (!b.has_token("==") && !b.has_token("!=") && !b.has_token("===") && !b.has_token("!==")) continue;
      const auto parts = b.children();
      if (parts.size() != 2) continue;
      for (const std::size_t i : {0U, 1U})
        if (const Node kept = unwrap(parts[i]); kept.any_of("attribute", "member_expression") &&
                                                code_word(last(dotted(kept))) && !client_names(dotted(kept)) &&
                                                from_client(unwrap(parts[1 - i])))
          return std::pair{b, std::string(last(dotted(kept)))};
    }
  return std::nullopt;
}

bool door_function(const File& file, Node f) {
  if (!file.tree.python()) {
    const auto parameters = parameters_of(f);
    return (!parameters.empty() && request_name(parameters.front().text())) ||
           has_word(function_name(f), {"POST", "post", "verify", "redeem", "join", "unlock", "validate", "confirm"});
  }
  if (route_function(f)) return true;
  const std::string name = function_name(f);
  const Node first = f.child("parameters").first();
  return first.text() == "request" || name == "post" || name == "get";
}

}  // namespace

void read_guessed_codes(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"code", "pin", "otp", "password"}) || (!file.tree.python() && client_file(file)) ||
      has_word(file.path, {"test", "tests", "seed", "scripts", "migrations", "webhook", "oauth", "callback"}))
    return;
  auto& notes = file.project.notes<GuessedCodes>();
  for (const Call& c : file.calls)
    if (short_maker(c) && notes.made.size() < kMostPlaces && for_a_code(file, c))
      notes.made.push_back({place(file.path, c.line()), file.shown(c.node)});
  if (counted(code) || notes.doors.size() >= 20) return;  // of one of its doors, and nobody knows of which
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (!door_function(file, f)) continue;
      const Code own = f.code();
      if (icontains_any(own, {"oauth", "access_token", "grant_type", "code_verifier", "google", "github", "admin",
                              "webhook", "stripe.coupons", "promotioncodes"}))
        continue;
      const auto at = asked(file, f);
      if (!at) continue;
      notes.doors.push_back(
          {{place(file.path, at->first.line()), file.shown(at->first)}, secret_word(at->second), at->second});
    }
}

void judge_guessed_codes(const Project& project, Sink& sink) {
  const auto& notes = project.notes<GuessedCodes>();
  const auto& scripts = project.notes<ScriptNotes>();
  const auto& python = project.notes<PythonNotes>();
  Recurring told(kMostPlaces);
  for (const Door& d : notes.doors) {
    if (!d.secret && notes.made.empty()) continue;
    const bool in_python = d.at.at.path.ends_with(".py");
    if (in_python ? limited_everywhere(project, python) || python.django_ratelimit
                  : scripts.global_limit || scripts.middleware_limits || scripts.limited_files.contains(d.at.at.path))
      continue;
    // Stops: a script that tries ten thousand PINs, or a million codes, before somebody looks.
    auto* f = told.find(sink, "RL-001", d.at);
    if (f == nullptr) continue;
    f->title = "A short code opens this, and nobody counts the tries";
    f->impact = "A script tries all of them: four digits in minutes, six in hours, any one of many codes much sooner.";
    f->fix = "Refuse after a few tries for each thing that is opened and for each caller, and make codes longer.";
    f->severity = d.secret ? proof::Severity::high : proof::Severity::medium;
    f->confidence = proof::Confidence::medium;
    if (!d.secret) {
      f->locations.push_back(notes.made.front().at);
      f->evidence.push_back(notes.made.front().shown);
    }
  }
}

}  // namespace gatehouse::audit::source
