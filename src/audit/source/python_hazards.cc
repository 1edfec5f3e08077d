// Python code that executes or opens what it should not.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_client.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Does something put into the text stand where a value does: after a comparison, in quotes, in a list of values?
bool value_place(std::string_view said) {
  const std::string low = text::to_lower(said);
  // Pieces joined with + leave no mark of their own.
  for (const std::string_view piece : {"= ''", "=''", "like '", "= \"\"", "in ()"})
    if (contains(low, piece)) return true;
  if (text::trim(low).ends_with("=")) return true;
  for (const std::string_view mark : {"?", "%s", "{}"})
    for (std::size_t at = low.find(mark); at != std::string::npos; at = low.find(mark, at + 1)) {
      std::string_view left = std::string_view(low).substr(0, at);
      while (left.ends_with(" ") || left.ends_with("%")) left.remove_suffix(1);
      if (left.ends_with("'") || left.ends_with("\"") || left.ends_with("=") || left.ends_with("<") ||
          left.ends_with(">") || left.ends_with("like") || left.ends_with("values (") || left.ends_with("in (") ||
          left.ends_with("between") || left.ends_with("where"))
        return true;
    }
  return false;
}

void judge_sql(File& file, bool django) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool sink = f == "execute" || f == "executemany" || f == "executescript" || f == "raw" || f == "extra" ||
                      f == "fetch" || f == "fetchrow" || f == "fetchval" || f == "fetch_all" || f == "fetch_one" ||
                      f == "read_sql" || f == "RawSQL" || f == "text" || f == "exec_driver_sql" || f == "query";
    if (f == "extra" && c.keyword("where")) {  // .extra(where=["note LIKE '%" + word + "%'"])
      for (const Node piece : unwrap(c.keyword("where")).children())
        for (const Node h : holes(built_text(piece)))
          if (taint(h) == Taint::yes) {
            file.hit(django ? "DJ-025" : "FA-017", piece);
            break;
          }
      continue;
    }
    if (!sink || c.args.empty()) continue;
    if (f == "text" && c.node.parent().is("argument_list")) {
      const auto outer = as_call(c.node.parent().parent());
      if (outer && (last(outer->name) == "execute" || last(outer->name) == "query")) continue;  // told there
    }
    const Node sql = built_text(c.arg(0));
    if (!sql) continue;
    const std::string words_ = spoken(sql);
    if (!icontains_any(words_,
                       {"select ", "insert ", "update ", "delete ", "where ", "from ", "order by", "drop ", "alter "}))
      continue;
    Taint worst = Taint::no;
    for (const Node h : holes(sql)) worst = std::max(worst, taint(h));
    // Names of tables and columns come from the program far more often than from a client.
    if (worst == Taint::no || (worst == Taint::maybe && !value_place(words_))) continue;
    auto& found = file.hit(django ? "DJ-025" : "FA-017", sql);
    if (!(sql.line() == c.line())) also(found, file, c.node);
    if (worst == Taint::maybe) found.confidence = proof::Confidence::medium;
  }
}

// Run by a person at a terminal, who may do all that anyway.
bool tool(std::string_view path) {
  return contains(path, "management/commands/") || contains(path, "scripts/") || contains(path, "tools/") ||
         contains(path, "bin/") || path.ends_with("setup.py") || path.ends_with("manage.py") ||
         contains(path, "conftest") || path.ends_with("fabfile.py") || path.ends_with("tasks.py");
}

struct Waits {
  Recurring told{10};  // one for the whole project
};

// requests.get(…) and httpx with timeout=None: a provider that hangs hangs the application.
void judge_timeouts(File& file) {
  if (tool(file.path)) return;
  Recurring& told = file.project.notes<Waits>().told;
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    const bool requests = full.starts_with("requests.") && (f == "get" || f == "post" || f == "put" || f == "delete" ||
                                                            f == "patch" || f == "head" || f == "request");
    const Node timeout = c.keyword("timeout");
    const bool splat = contains(c.node.child("arguments").code(), "**");
    const bool waits = (requests && !timeout && !splat) ||
                       ((requests || full.starts_with("httpx.") || full.starts_with("aiohttp.")) && timeout.is("none"));
    if (waits) told.hit(file, "FA-011", c.node);
  }
}

// The client's own value, not what a helper made of it.
bool chosen_address(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    return f == "get" || f == "str" || f == "unquote" || f == "strip" || f == "pop" || f == "urljoin" || f == "decode";
  }
  if (n.is("identifier"))
    if (const Node f = function_around(n)) {
      for (const Node a : f.all("assignment"))
        if (a.child("left").text() == n.text() && a.begin() < n.begin() && as_call(unwrap(a.child("right"))))
          return chosen_address(a.child("right"));
    }
  return true;
}

// f"images/{name}.webp" where name: int, which no path fits in
bool of_numbers(Node function, Node built) {
  const auto parts = holes(unwrap(built));
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](Node hole) {
    for (const Node p : function.child("parameters").children())
      if (parameter_name(p) == unwrap(hole).text())
        return p.child("type").text() == "int" || contains(p.child("type").text(), "UUID");
    return false;
  });
}

// "/files/{name}", "/files/<name>": one segment of the address, which holds no slash. `{name:path}` and `<path:name>`
// may.
bool one_segment(Node function, Node made) {
  std::string routes;
  for (const Node d : function.parent().children())
    if (d.is("decorator")) routes += d.code();
  std::vector<Node> names = made.all("identifier");
  if (made.is("identifier")) names.push_back(made);
  return std::any_of(names.begin(), names.end(), [&](Node n) {
    const std::string name(n.text());
    return contains(routes, "{" + name + "}") || contains(routes, "<" + name + ">") ||
           contains(routes, "string:" + name);
  });
}

// data["path"], request.args.get("filename"): the client says outright which file is meant.
bool names_a_file(Node n) {
  n = unwrap(n);
  Node key;
  if (n.is("subscript")) key = n.child("subscript");
  if (const auto c = as_call(n); c && last(c->name) == "get") key = c->arg(0);
  const auto said = key ? literal(key) : std::nullopt;
  return said && has_word(*said, {"path", "file", "filename", "filepath"});
}

// Stops: reading others' fields by the order they put the rows in: order_by("owner__user__password").
bool judge_order(File& file, const Call& c) {
  if (last(c.name) != "order_by" || c.args.size() != 1 || literal(c.arg(0))) return false;
  Node by = unwrap(c.arg(0));
  if (by.is("binary_operator") && literal(by.child("left")) == "-") by = unwrap(by.child("right"));
  if (!by.any_of("identifier", "string", "subscript", "call", "attribute") || taint(by) != Taint::yes) return false;
  const Node function = function_around(c.node);
  if (icontains_any(function.code(), {"allowed", "not in ", "valid_", "_fields", " in {", " in [", " in (", "choices",
                                      "_map", "hasattr(", "sortable"}))
    return false;
  auto& found = file.hit("EX-015", c.node);
  found.title = "The client names the field that is sorted by, across relations too";
  found.impact =
      "The order of the rows tells what the answer leaves out: by owner__password and its like hashes and addresses "
      "are "
      "read off letter by letter; an unknown name is a 500.";
  found.fix = "Take the field from a list of one's own.";
  found.severity = proof::Severity::medium;
  found.confidence = proof::Confidence::medium;
  return true;
}

void judge_execution(File& file) {
  judge_timeouts(file);
  const bool django_file = file.imports_from("django") || file.imports_from("rest_framework");
  bool ordered = false;
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    const Node a = c.arg(0);
    if (f == "order_by" && django_file && !ordered && judge_order(file, c)) ordered = true;
    if (full == "yaml.load" || full == "yaml.load_all") {
      const Node loader = c.keyword("Loader") ? c.keyword("Loader") : c.arg(1);
      if (!contains(loader.text(), "Safe"))
        file.hit("FA-008", c.node).title = "yaml.load builds any object a file asks for";
    } else if (full == "pickle.loads" || full == "pickle.load" || full == "dill.loads" || full == "marshal.loads" ||
               full == "cloudpickle.loads" || full == "jsonpickle.decode") {
      auto& found = file.hit("FA-008", c.node);
      if (taint(a) != Taint::yes && !icontains_any(a.code(), {"file", "upload", "data", "body", "payload", "cookie"})) {
        found.severity = proof::Severity::medium;
        found.confidence = proof::Confidence::medium;
      }
    } else if (full.starts_with("subprocess.") && c.keyword("shell").is("true") && !literal(a) && !tool(file.path)) {
      auto& found = file.hit("FA-009", c.node);
      if (taint(a) == Taint::yes || !holes(built_text(a)).empty()) found.severity = proof::Severity::critical;
    } else if ((full == "os.system" || full == "os.popen") && !literal(a) && !tool(file.path)) {
      auto& found = file.hit("FA-009", c.node);
      if (taint(a) == Taint::yes) found.severity = proof::Severity::critical;
    } else if ((full == "eval" || full == "exec") && !literal(a) && !tool(file.path)) {
      file.hit("FA-009", c.node).title = "Text is run as a program";
    } else if (f == "StaticFiles" &&
               (literal(c.keyword("directory")) == "." || literal(c.keyword("directory")) == "./" ||
                contains(c.keyword("directory").code(), "BASE_DIR)") || c.keyword("directory").code() == "BASE_DIR")) {
      file.hit("EX-011", c.node);
    } else if (full == "os.chmod" && (c.arg(1).text() == "0o777" || c.arg(1).text() == "0o666")) {
      file.hit("FA-012", c.node);
    } else if ((full == "hashlib.md5" || full == "hashlib.sha1" || full == "hashlib.sha256" ||
                full == "hashlib.sha512") &&
               a) {
      const Code text = a.code();
      const Node function = function_around(c.node);
      const bool password =
          icontains_any(text, {"password", "passwd"}) || has_word(function_name(function), {"password"});
      if (password && !icontains_any(function.code(), {"pbkdf2", "prehash", "breach", "pwned", "hibp"})) {
        auto& found = file.hit("DJ-030", c.node);
        found.title = "Passwords are hashed with " + std::string(f) + ", which is made to be fast";
        found.severity = proof::Severity::high;
      }
    } else if (full.starts_with("random.") && !contains(full, "SystemRandom") && full != "random.seed" &&
               !contains(file.code(), "SystemRandom")) {
      const Node function = function_around(c.node);
      const Node assigned = c.node.above("assignment");
      const std::string where = function_name(function) + " " + std::string(assigned.child("left").text());
      if (has_word(where, {"token",   "code",    "otp",    "password",     "secret", "key",    "pin",
                           "nonce",   "session", "reset",  "verification", "coupon", "draw",   "winner",
                           "winners", "lottery", "raffle", "jackpot",      "prize",  "voucher"}))
        file.hit("FA-010", c.node);
    } else if (asked_address(file, c)) {
      if (c.keyword("verify").is("false") || c.keyword("ssl").is("false")) file.hit("EX-017", c.node);
    } else if (contains(full, "httpx.AsyncClient") || contains(full, "aiohttp.ClientSession") ||
               contains(full, "aiohttp.TCPConnector")) {
      if (c.keyword("verify").is("false") || c.keyword("ssl").is("false")) file.hit("EX-017", c.node);
    } else if ((f == "render_template_string" || full == "jinja2.Template" || f == "from_string") && a &&
               (!holes(built_text(a)).empty() || taint(a) == Taint::yes)) {
      // Stops: {{ config }} in a name, and worse.
      Taint worst = taint(a);
      for (const Node hole : holes(built_text(a))) worst = std::max(worst, taint(hole));
      if (worst == Taint::yes) file.hit("FA-014", c.node);
    } else if (f == "mark_safe" && a && !literal(a)) {
      file.hit("DJ-026", c.node);
    } else if (f == "HttpResponse" && a && !holes(built_text(a)).empty() && contains(spoken(built_text(a)), "<") &&
               !c.keyword("content_type")) {
      // Stops: a link that makes the site say what its writer likes.
      for (const Node hole : holes(built_text(a)))
        if (taint(hole) == Taint::yes) {
          file.hit("DJ-026", c.node).title = "What the client sent is written into a page as it is";
          break;
        }
    } else if ((f == "redirect" || f == "HttpResponseRedirect" || f == "RedirectResponse") && a &&
               taint(a) == Taint::yes && holes(unwrap(a)).empty() && chosen_address(a)) {
      const Node function = function_around(c.node);
      if (!icontains_any(function.code(), {"url_has_allowed_host", "is_safe_url", "allowed", "startswith(\"/"}) &&
          !a.is("string"))
        file.hit("EX-012", c.node);
    } else if ((f == "open" || f == "FileResponse" || f == "send_file") && a && !literal(a)) {
      const Node function = function_around(c.node);
      const Taint t = taint(a);
      Node made;  // path = os.path.join(ROOT, upload.filename)
      if (a.is("identifier") && function)
        for (const Node s : function.all("assignment"))
          if (s.begin() < a.begin() && s.child("left").text() == a.text()) made = s.child("right");
      const bool joined = made && (contains(made.code(), ".filename") || taint(made) == Taint::yes) &&
                          (contains(made.code(), "join(") || contains(made.code(), " / "));
      const bool named = joined || icontains(a.code(), "filename") || !holes(built_text(a)).empty() ||
                         contains(a.code(), " / ") || contains(a.code(), "path.join(") || names_a_file(a);
      if (t == Taint::yes && named && !one_segment(function, made ? made : a) &&
          !of_numbers(function, made ? made : a) &&
          !icontains_any(function.code(), {"secure_filename", "uuid", ".resolve()", "basename", "is_relative_to",
                                           "token_hex", "commonpath", "safe_join"}))
        file.hit("FA-018", c.node);
    }
    if (f == "write_bytes" || f == "write_text" || f == "read_bytes" || f == "read_text" || f == "save" ||
        (f == "open" && c.node.child("function").is("attribute"))) {
      // upload.save(os.path.join(ROOT, upload.filename))
      const Node function = function_around(c.node);
      if (f == "save" && a && function && !literal(a)) {
        Node where = unwrap(a);
        if (where.is("identifier"))
          for (const Node s : function.all("assignment"))
            if (s.child("left").text() == a.text() && s.begin() < c.node.begin()) where = unwrap(s.child("right"));
        const std::string object = dotted(c.node.child("function").child("object"));
        std::string code(where.code());
        for (const Node s : function.all("assignment"))  // filename = upload.filename
          if (s.child("left").is("identifier") && s.begin() < c.node.begin() &&
              has_token(code, s.child("left").text()) && s.child("right").is("attribute"))
            code += " " + std::string(s.child("right").code());
        bool cleaned = false;
        for (const Call* inner : file.calls_in(function))
          cleaned = cleaned || last(file.full(inner->name)) == "secure_filename";
        if (!cleaned && contains(code, object + ".filename") && file.imports_from("flask") &&
            !icontains_any(function.code(), {"secure_filename", "uuid", "basename", "token_hex", "safe_join"}))
          file.hit("FA-018", c.node);
      }
      // target = ROOT / upload.filename
      const Node target = c.node.child("function").child("object");
      // (FOLDER / name).read_text()
      if (function && target.is("parenthesized_expression") && contains(target.code(), " / ") &&
          taint(target) == Taint::yes && !one_segment(function, target) &&
          !icontains_any(function.code(), {"uuid", ".resolve()", "basename", "is_relative_to", "safe_join", "\\d"}))
        file.hit("FA-018", c.node);
      if (!function || !target.is("identifier") ||
          icontains_any(function.code(), {"secure_filename", "uuid", ".resolve()", "basename", "is_relative_to",
                                          "token_hex", "commonpath", "safe_join"}))
        continue;
      for (const Node s : function.all("assignment"))
        if (s.child("left").text() == target.text() && s.begin() < c.node.begin() &&
            s.child("right").is("binary_operator") && contains(s.child("right").code(), "/") &&
            contains(s.child("right").code(), ".filename"))
          file.hit("FA-018", s);
    }
  }
}

}  // namespace

void read_python_hazards(File& file) {
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  judge_sql(file, django);
  judge_execution(file);
  const Code code = file.code();
  if (icontains_any(code, {"bcrypt.hashpw", "cryptcontext(schemes=[\"bcrypt", "argon2", "generate_password_hash"}))
    file.sink.positive("Passwords are hashed with a function made for it (" + std::string(file.path) + ").");
}

}  // namespace gatehouse::audit::source
