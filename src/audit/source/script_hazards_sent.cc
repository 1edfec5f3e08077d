// What a client sends, where it means more than it should: an address that is asked or led to, markup, a filter, a
// question to the database, a field of an object, the name of a file.
#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_hazards.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// fetch(`https://api.example/models/${model}:run?key=${KEY}`): which call is made with the server's key is the
// client's.
Node path_part(const File& file, Node url) {
  if (!url.is("template_string")) return {};
  const Node function = function_around(url);
  for (const Node hole : url.all("template_substitution")) {
    const Node n = unwrap(hole.first());
    const std::string_view before = url.text().substr(0, hole.begin() - url.begin());
    if (!before.starts_with("`http") || contains(before, "?") || before.find('/', 9) == before.npos) continue;
    const std::string name(last(dotted(n)));
    if (!n.is("identifier") || !from_client(file, n) || has_word(name, {"id", "uuid"}) || name.ends_with("Id"))
      continue;
    const std::string lower = text::to_lower(name);
    if (icontains_any(function.code(), {"encodeuricomponent(" + lower, "includes(" + lower, ".has(" + lower,
                                        ".test(" + lower, "safeparse(", "schema.parse("}) ||
        contains(function.code(), "[" + name + "]") || contains(function.code(), name + " ===") ||
        contains(function.code(), name + " !=="))
      continue;
    return n;
  }
  return {};
}

// Stops: the server asking its own network for whoever names an address.
bool judge_addresses(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = !client &&
                     (c.name == "fetch" || f == "request" || c.name.starts_with("axios") || c.name.starts_with("got") ||
                      c.name == "needle" || c.name == "http.get" || c.name == "https.get" ||
                      (f == "goto" && has_word(c.name.substr(0, c.name.find('.')), {"page", "tab"}))) &&  // a browser
                     a;
  if (!taken) return false;
  Node url = a.is("object") ? member(a, "url") : a;
  url = unwrap(url);
  if (!url || literal(url) || !from_client(file, url)) return true;
  const std::string said = spoken(url);
  const bool fixed_host = (said.starts_with("http") && said.find('?') > 12) ||
                          (!holes(url).empty() && !said.starts_with("?") && !said.starts_with("http"));
  const bool base =
      !holes(url).empty() &&
      icontains_any(holes(url).front().text(), {"base", "host", "url", "api", "endpoint", "process.env"}) &&
      said.starts_with("?/");
  const Node function = function_around(c.node);
  if (const Node part = path_part(file, url);
      part && icontains_any(c.node.code(), {"key", "authorization", "token", "secret", "bearer"})) {
    auto& found = file.hit("EX-013", part);
    found.title = "The client writes a part of the address that is called with the server's key";
    found.severity = proof::Severity::medium;
    found.confidence = proof::Confidence::medium;
    found.impact =
        "Another name there is another call of the same service: dearer models, other records, with the server's key.";
    found.fix = "Let only known values pass, and put encodeURIComponent() around what is put into an address.";
    return true;
  }
  // What is asked before; a page that is read afterwards may speak of hosts as it likes.
  const Code before(function.code().substr(0, c.node.begin() - function.begin()));
  if (fixed_host || base ||
      icontains_any(before, {"allowedhosts", "allowlist", "whitelist", "allowed_hosts", ".hostname", ".host)", ".host ",
                             ".origin "}))
    return true;
  file.hit("EX-013", c.node);
  return true;
}

// Model.find(JSON.parse(req.params.query)), req.params.query = JSON.parse(req.params.query): $where and the hash's own
// letters may be asked for.
void judge_sent_filters(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  if (client || c.name != "JSON.parse") return;
  const std::string from = dotted(unwrap(a));
  if (!query_object(from.substr(0, from.rfind('.'))) && !from.starts_with("req.params.") &&
      !from.starts_with("req.query."))
    return;
  const Node around = c.node.parent();
  const auto outer = around.is("arguments") ? as_call(around.parent()) : std::nullopt;
  const bool asked = outer && has_word(last(outer->name), {"find", "aggregate", "where", "findone", "count"});
  if (!asked && !has_word(last(from), {"query", "filter", "where", "conditions", "criteria", "find", "match"})) return;
  if (!icontains_any(file.code(), {".find", ".aggregate(", ".where(", "mongo"})) return;
  auto& found = file.hit("EX-015", c.node);
  found.title = "The client writes the whole filter of a query";
  found.severity = proof::Severity::high;
}

// res.send("<h1>" + name): what of it is the client's, or nothing.
Node reflected(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  if (f != "send" && f != "end" && f != "html" && f != "write") return {};
  const std::string_view head = c.name;
  if (!has_word(head, {"res", "response", "reply", "c", "ctx"}) && !icontains(head, "status()")) return {};
  Node text = unwrap(c.arg(0));
  if (text.is("identifier")) text = unwrap(value_of(file, text));
  // res.send("Bye " + name): a text is sent as a page.
  const bool page = f == "send" && !literal(text) && !spoken(text).empty() && !holes(text).empty() &&
                    !icontains_any(function_around(c.node).code(), {"text/plain", ".type(", "application/json"});
  if ((!contains(spoken(text), "<") && !page) || icontains(c.node.code().substr(0, 80), "text/plain")) return {};
  for (const Node h : holes(text))
    if (!icontains_any(h.code(), {"escape", "encode", "sanitize", "number(", "parseint("}) && from_client(file, h))
      return h;
  return {};
}

bool judge_markup(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const Node sent = client ? Node() : reflected(file, c);
  if (!sent) return false;
  auto& found = file.hit("RE-001", sent);
  found.title = "What a client sends is put into the page that answers it";
  found.severity = proof::Severity::high;
  return true;
}

bool escaped(Node function) {
  return icontains_any(function.code(), {"replace(", "replaceall(", "escape", "sanitize"});
}

// What is put into a text and is the client's; or what a function is handed under the name of such a word.
Node put_in(const File& file, Node text) {
  for (const Node h : holes(text))
    if (from_client(file, h)) return h;
  const Node function = function_around(text);
  for (const Node h : holes(text)) {
    const Node n = unwrap(h);
    if (!n.is("identifier") ||
        !has_word(n.text(), {"search", "query", "q", "term", "keyword", "text", "name", "email"}))
      continue;
    for (const Node p : parameters_of(function))
      if (has_token(p.text(), n.text())) return n;
  }
  return {};
}

// supabase.from(…).or(`name.eq.${q}`)
bool judge_filters(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  // Stops: a sign-in as whoever comes first, by the address "%".
  if (f == "ilike" && !client && c.args.size() > 1) {
    const auto column = literal(a);
    const Node value = unwrap(c.arg(1));
    const Node function = function_around(c.node);
    if (column && has_word(*column, {"email", "mail", "username", "phone", "code", "token"}) &&
        value.any_of("identifier", "shorthand_property_identifier", "member_expression", "call_expression") &&
        from_client(file, value) && !icontains_any(function.code(), {"replace(", "escape", ".email()", "isemail"}) &&
        icontains_any(function.code(), {"single()", "limit(1)", "[0]"})) {
      auto& found = file.hit("EX-015", c.node);
      found.title = "An account is looked for by a pattern: % stands for everybody";
      found.severity = proof::Severity::medium;
      return true;
    }
  }
  // stripe.customers.search({ query: `email:'${email}'` })
  if (f == "search" && !client && has_word(c.name, {"customers", "subscriptions", "charges", "invoices", "prices"})) {
    const Node text = unwrap(value_of(file, member(unwrap(a), "query")));
    if (const Node sent = put_in(file, text); sent && !escaped(function_around(c.node))) {
      auto& found = file.hit("EX-015", c.node);
      found.title = "What a client sends is put into the text of a search at the payment provider";
      found.impact = "A quote in it ends the text and adds another condition: another customer's records are found.";
      found.severity = proof::Severity::medium;
      if (!from_client(file, sent)) found.confidence = proof::Confidence::low;
      return true;
    }
  }
  const bool taken = !client && f == "or" && c.node.child("function").is("member_expression") &&
                     (file.imports_from("supabase") || icontains(c.node.code(), "supabase")) && !holes(a).empty();
  const Node sent = taken ? put_in(file, a) : Node();
  if (!sent || escaped(function_around(c.node))) return false;
  auto& found = file.hit("EX-015", c.node);
  found.title = "What a client sends is put into the text of a filter: a comma adds another condition";
  found.severity = proof::Severity::medium;
  if (!from_client(file, sent)) found.confidence = proof::Confidence::low;
  return true;
}

// Stops: a link to this site that leads to a forger's.
bool judge_redirects(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = f == "redirect" && !client;
  if (!taken) return false;
  Node target = c.args.size() > 1 && c.arg(0).is("number") ? c.arg(1) : c.arg(0);
  // searchParams.get("next") ?? "/"
  if (const Node either = unwrap(target);
      either.is("binary_expression") && (either.has_token("??") || either.has_token("||")))
    target = unwrap(either.child("left"));
  if (!target || literal(target) || !from_client(file, target)) return true;
  const std::string said = spoken(target);
  const bool own = said.starts_with("/") || said.starts_with(".") || said.starts_with("http") ||
                   contains(target.code(), "new URL(\"/") || contains(target.code(), "new URL('/") ||
                   contains(target.code(), "new URL(`/");
  const Node function = function_around(c.node);
  const auto cleaned = as_call(unwrap(target));
  if (cleaned && has_word(last(cleaned->name), {"safe", "sanitize", "validate", "validated", "check", "internal",
                                                "allowed", "local", "relative"}))
    return true;
  if (own || icontains_any(function.code(), {"startswith(\"/", "startswith('/", "allowed", "issafe", "sanitize",
                                             "authorize", "session.url", "stripe"}))
    return true;
  if (icontains_any(target.code(), {"session.url", "authurl", "auth_url", "authorizeurl"})) return true;
  file.hit("EX-012", c.node);
  return true;
}

// find(JSON.parse(req.query.filter)): the client writes the query, operators and all.
bool written_query(const File& file, Node a) {
  const auto parsed = as_call(value_of(file, a));
  return parsed && parsed->name == "JSON.parse" && from_client(file, parsed->arg(0));
}

// new LocalStrategy(async (email, password, done) => User.findOne({ email })): passport hands on what the body holds,
// an object of operators as well as a text.
bool asked_by_strategy(const File& file, const Call& c) {
  const Node filter = unwrap(c.arg(0));
  const Node function = function_around(c.node);
  if (!filter.is("object") || !function || !function.parent().is("arguments")) return false;
  const auto around = as_call(function.parent().parent());
  if (!around || !around->name.starts_with("new ") || !icontains_any(around->name, {"strategy"})) return false;
  const auto handed = parameters_of(function);
  if (handed.empty() || file.project.depends_on("express-mongo-sanitize")) return false;
  for (const auto& [key, value] : members(filter))
    for (const Node p : handed)
      if (unwrap(value).text() == p.text() && !icontains_any(p.text(), {"profile", "token", "payload"}) &&
          !contains(function.code(), "typeof " + std::string(p.text())))
        return true;
  return false;
}

bool judge_questions(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  if (f == "findOne" && !client && icontains(file.code(), "passport-local") &&
      (file.project.depends_on("mongoose") || file.project.depends_on("mongodb")) && asked_by_strategy(file, c)) {
    auto& found = file.hit("EX-015", c.node);
    found.severity = proof::Severity::medium;
    found.confidence = proof::Confidence::medium;
    return true;
  }
  if (!client &&
      (f == "find" || f == "findOne" || f == "findOneAndUpdate" || f == "deleteOne" || f == "deleteMany" ||
       f == "countDocuments") &&
      (sent_object(a.code()) || (a.is("member_expression") && sent_object(dotted(a.child("object"))))) &&
      (icontains(c.name, "collection") || (c.name.front() >= 'A' && c.name.front() <= 'Z'))) {
    file.hit("EX-015", c.node);
  } else if (!client && a && written_query(file, a) &&
             (f == "find" || f == "findOne" || f == "aggregate" || f == "where" || f == "countDocuments" ||
              f == "deleteMany" || f == "updateMany" || f == "findOneAndUpdate")) {
    file.hit("EX-015", c.node);
  } else {
    return false;
  }
  return true;
}

bool judge_merges(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  if ((contains(full, "lodash") || c.name.starts_with("_.") || contains(full, "deepmerge") ||
       contains(full, "merge-deep") || full == "extend") &&
      icontains_any(full, {"merge", "defaultsdeep", "extend", "setwith"}) &&
      icontains_any(c.node.child("arguments").code(), {"req.body", "request.body", "req.query", "ctx.query"})) {
    file.hit("EX-016", c.node);
  } else if (c.name == "Object.assign" && a && !a.is("object") &&
             !icontains_any(a.code(), {"req.body", "request.body"}) &&
             (icontains_any(c.node.child("arguments").code(), {"req.body", "request.body"}) ||
              std::any_of(c.args.begin() + 1, c.args.end(), [&](Node from) {
                return unwrap(from).is("identifier") && body_object(dotted(unwrap(value_of(file, unwrap(from)))));
              }))) {
    file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
  } else {
    return false;
  }
  return true;
}

// join(ROOT, `${Number(req.params.year)}.pdf`): of what the client sent, nothing but numbers is left.
bool only_numbers(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 5 || literal(n) || n.is("number")) return true;
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "Number" || f == "parseInt" || f == "parseFloat") return true;
    if (f == "join" || f == "resolve" || f == "String" || f == "normalize")
      return std::all_of(c->args.begin(), c->args.end(), [&](Node a) { return only_numbers(file, a, depth + 1); });
    return !from_client(file, n);
  }
  if (n.is("unary_expression") && n.has_token("+")) return true;
  if (const auto put = holes(n); !put.empty())
    return std::all_of(put.begin(), put.end(), [&](Node h) { return only_numbers(file, h, depth + 1); });
  if (n.is("identifier")) {
    for (Node f = function_around(n); f; f = function_around(f))
      for (const Node p : f.child("parameters").children())
        if (p.child("pattern").text() == n.text() && contains(p.child("type").text(), "number")) return true;
    if (const Node v = value_of(file, n); !(v == n)) return only_numbers(file, v, depth + 1);
  }
  if (contains(dotted(n), ".user.") || contains(dotted(n), ".session.")) return true;  // of who signed in
  return !from_client(file, n);
}

// Stops: ../../etc/passwd as the name of a file.
bool judge_paths(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = !client && a &&
                     (f == "readFile" || f == "readFileSync" || f == "createReadStream" || f == "sendFile" ||
                      f == "download" || f == "writeFile" || f == "writeFileSync" || f == "createWriteStream" ||
                      f == "unlink" || f == "unlinkSync" || f == "rm" || f == "rmSync");
  if (!taken) return false;
  const Node function = function_around(c.node);
  const bool express_answer = f == "sendFile" || f == "download";
  if (express_answer && member(unwrap(c.arg(1)), "root")) return true;
  if (!from_client(file, a) ||
      icontains_any(function.code(), {"basename", "startswith(", "sanitize", "randomuuid", "nanoid", "includes(\"..",
                                      "includes('..", "isinside", "safejoin", "safepath", "/^[", "uuid"}) ||
      only_numbers(file, a))
    return true;
  file.hit("FA-018", c.node);
  return true;
}

}  // namespace

bool judge_sent(const HazardCall& call) {
  judge_sent_filters(call);
  return judge_addresses(call) || judge_markup(call) || judge_filters(call) || judge_redirects(call) ||
         judge_questions(call) || judge_merges(call) || judge_paths(call);
}

}  // namespace gatehouse::audit::source
