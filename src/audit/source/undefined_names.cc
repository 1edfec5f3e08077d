#include "audit/source/undefined_names.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Exports {
  std::set<std::string, std::less<>> names;
  bool open = false;  // more may leave the module than is seen here
};

struct TakenName {
  std::string module, name;
  Spot at;
};

struct NameNotes {
  std::map<std::string, Exports, std::less<>> exports;  // module_of(file) ->
  std::vector<TakenName> taken;                         // const { name } = require("./module")
};

constexpr std::size_t kMostTaken = 5000;  // of one project
constexpr std::size_t kMostNames = 200;   // looked at in one file

// What Node and its kin bring along, and what is put in place before a file is run.
bool scripts_have(std::string_view name) {
  static const std::set<std::string_view> kAlong = {"require",
                                                    "import",
                                                    "super",
                                                    "parseInt",
                                                    "parseFloat",
                                                    "isNaN",
                                                    "isFinite",
                                                    "setTimeout",
                                                    "setInterval",
                                                    "setImmediate",
                                                    "clearTimeout",
                                                    "clearInterval",
                                                    "clearImmediate",
                                                    "queueMicrotask",
                                                    "structuredClone",
                                                    "fetch",
                                                    "btoa",
                                                    "atob",
                                                    "eval",
                                                    "encodeURI",
                                                    "decodeURI",
                                                    "encodeURIComponent",
                                                    "decodeURIComponent",
                                                    "escape",
                                                    "unescape",
                                                    "String",
                                                    "Number",
                                                    "Boolean",
                                                    "Symbol",
                                                    "BigInt",
                                                    "Object",
                                                    "Array",
                                                    "Function",
                                                    "Date",
                                                    "RegExp",
                                                    "Error",
                                                    "TypeError",
                                                    "RangeError",
                                                    "Promise",
                                                    "Buffer",
                                                    "URL",
                                                    "define",
                                                    "describe",
                                                    "it",
                                                    "test",
                                                    "expect",
                                                    "beforeEach",
                                                    "afterEach",
                                                    "beforeAll",
                                                    "afterAll",
                                                    "before",
                                                    "after",
                                                    "alert",
                                                    "confirm",
                                                    "prompt",
                                                    "$",
                                                    "jQuery",
                                                    "importScripts",
                                                    "addEventListener",
                                                    "emit",
                                                    "print",
                                                    "use",
                                                    "db",
                                                    "gtag",
                                                    "AggregateError",
                                                    "SyntaxError",
                                                    "Uint8Array",
                                                    "function",
                                                    "async",
                                                    "arguments",
                                                    "callback"};
  return kAlong.contains(name);
}

// Python's builtins that are called.
bool python_has(std::string_view name) {
  static const std::set<std::string_view> kBuiltins = {
      "abs",          "aiter",     "all",         "anext",     "any",       "ascii",       "bin",        "bool",
      "breakpoint",   "bytearray", "bytes",       "callable",  "chr",       "classmethod", "compile",    "complex",
      "delattr",      "dict",      "dir",         "divmod",    "enumerate", "eval",        "exec",       "exit",
      "filter",       "float",     "format",      "frozenset", "getattr",   "globals",     "hasattr",    "hash",
      "help",         "hex",       "id",          "input",     "int",       "isinstance",  "issubclass", "iter",
      "len",          "list",      "locals",      "map",       "max",       "memoryview",  "min",        "next",
      "object",       "oct",       "open",        "ord",       "pow",       "print",       "property",   "quit",
      "range",        "repr",      "reversed",    "round",     "set",       "setattr",     "slice",      "sorted",
      "staticmethod", "str",       "sum",         "super",     "tuple",     "type",        "vars",       "zip",
      "__import__",   "copyright", "credits",     "license",   "_",         "reveal_type", "unicode",    "basestring",
      "xrange",       "reload",    "raw_input",   "unichr",    "long",      "reduce",      "execfile",   "cmp",
      "buffer",       "apply",     "get_ipython", "display"};
  return kBuiltins.contains(name) || name.ends_with("Error") || name.ends_with("Exception") ||
         name.ends_with("Warning") || name.ends_with("Group") || name.ends_with("Interrupt") ||
         name.ends_with("Exit") || name.ends_with("Iteration");
}

bool name_char(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '$'; }

// How often the name stands by itself, not behind a dot.
std::size_t uses_of(const Code& code, std::string_view name) {
  std::size_t n = 0;
  for (std::size_t at = code.find(name); at != code.npos; at = code.find(name, at + name.size())) {
    const std::size_t end = at + name.size();
    if ((end < code.size() && name_char(code[end])) || (at > 0 && name_char(code[at - 1]))) continue;
    if (at > 0 && code[at - 1] == '.' && !(at > 2 && code[at - 2] == '.' && code[at - 3] == '.')) continue;
    ++n;
  }
  return n;
}

// A name that decides whether somebody may go on.
bool guards(std::string_view name) {
  return has_word(name,
                  {"auth",  "authenticate", "authorize",  "verify",   "check",    "protect", "guard",   "require",
                   "admin", "limit",        "limiter",    "validate", "hmac",     "sign",    "hash",    "csrf",
                   "token", "compare",      "permission", "allow",    "sanitize", "escape",  "encrypt", "decrypt"});
}

bool plain_script(std::string_view path) {
  return path.ends_with(".js") || path.ends_with(".cjs") || path.ends_with(".mjs");
}

void read_exports(const File& file, Exports& out) {
  const auto object = [&](Node value) {
    for (const Node part : value.children()) {
      if (part.is("pair"))
        out.names.emplace(part.child("key").text());
      else if (part.is("shorthand_property_identifier"))
        out.names.emplace(part.text());
      else if (part.is("method_definition"))
        out.names.emplace(part.child("name").text());
      else if (!part.is("comment"))
        out.open = true;
    }
  };
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    std::string_view name = left;
    if (left == "module.exports" || left == "exports") {
      const Node value = unwrap(a.child("right"));
      if (value.is("object"))
        object(value);
      else
        out.open = true;
      continue;
    }
    if (name.starts_with("module.")) name.remove_prefix(7);
    if (!name.starts_with("exports.")) continue;
    name.remove_prefix(8);
    out.names.emplace(name.substr(0, name.find('.')));
  }
  // Written with import and export, or handed to something that fills it.
  if (!file.tree.all("export_statement").empty()) out.open = true;
  for (const Call& c : file.calls)
    for (const Node a : c.args)
      if (const auto named = dotted(unwrap(a)); named == "exports" || named == "module.exports" || named == "module")
        out.open = true;
  for (const Node s : file.tree.all("subscript_expression"))
    if (const auto named = dotted(s.child("object")); named == "exports" || named == "module.exports") out.open = true;
}

// const { check } = require("./auth"), where "./auth" gives no check away.
void read_taken(const File& file, NameNotes& notes) {
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!d.child("name").is("object_pattern") || notes.taken.size() >= kMostTaken) continue;
    const auto from = as_call(unwrap(d.child("value")));
    if (!from || from->name != "require") continue;
    const auto module = literal(from->arg(0));
    if (!module || !module->starts_with('.') || module->ends_with(".json")) continue;
    for (const Node part : d.child("name").children()) {
      std::string_view name;
      if (part.is("shorthand_property_identifier_pattern"))
        name = part.text();
      else if (part.is("pair_pattern"))
        name = part.child("key").text();
      if (!name.empty())
        notes.taken.push_back(
            {resolve_module(file.path, *module), std::string(name), {place(file.path, part.line()), file.shown(part)}});
    }
  }
}

// hmac_sha256(…) in a handler, and no such function anywhere.
void judge_calls(File& file, bool (*along)(std::string_view)) {
  std::map<std::string_view, std::pair<std::size_t, Node>> called;
  for (const Call& c : file.calls) {
    const Node callee = c.node.child("function");
    if (!callee.is("identifier")) continue;
    auto& [n, first] = called[callee.text()];
    if (n++ == 0) first = callee;
  }
  if (called.size() > kMostNames) return;
  const Code code = file.code();
  for (const auto& [name, use] : called) {
    const auto& [n, at] = use;
    if (name.size() < 3 || along(name) || !function_around(at) || uses_of(code, name) != n) continue;
    auto& f = file.hit("RUN-004", at);
    f.title = "A function is called that stands nowhere: " + text::printable(name, 60);
    if (guards(name)) f.severity = proof::Severity::high;
  }
}

// Image.findAll(…) where nothing is called Image: globals of the platform are left out.
void judge_objects(File& file) {
  static const std::set<std::string_view> kGlobal = {"JSON",
                                                     "Math",
                                                     "Object",
                                                     "Array",
                                                     "Promise",
                                                     "Date",
                                                     "Number",
                                                     "String",
                                                     "Buffer",
                                                     "Reflect",
                                                     "Intl",
                                                     "Symbol",
                                                     "Error",
                                                     "BigInt",
                                                     "URL",
                                                     "Atomics",
                                                     "ArrayBuffer",
                                                     "SharedArrayBuffer",
                                                     "Uint8Array",
                                                     "Uint16Array",
                                                     "Uint32Array",
                                                     "Int8Array",
                                                     "Int32Array",
                                                     "Float32Array",
                                                     "Float64Array",
                                                     "BigInt64Array",
                                                     "Proxy",
                                                     "WebAssembly",
                                                     "Deno",
                                                     "Bun",
                                                     "Response",
                                                     "Request",
                                                     "Headers",
                                                     "AbortSignal",
                                                     "AbortController",
                                                     "Blob",
                                                     "File",
                                                     "FormData",
                                                     "Crypto",
                                                     "Iterator",
                                                     "Temporal",
                                                     "React",
                                                     "Function",
                                                     "RegExp",
                                                     "Map",
                                                     "Set",
                                                     "WeakMap",
                                                     "Boolean",
                                                     "Event",
                                                     "TypeError",
                                                     "RangeError",
                                                     "TextEncoder",
                                                     "TextDecoder",
                                                     "URLSearchParams",
                                                     "DataView",
                                                     "Uint8ClampedArray",
                                                     "Meteor",
                                                     "Package",
                                                     "Npm",
                                                     "Parse",
                                                     "Jwt",
                                                     "PropertiesService",
                                                     "SpreadsheetApp",
                                                     "UrlFetchApp",
                                                     "Logger",
                                                     "Utilities",
                                                     "CacheService",
                                                     "HtmlService",
                                                     "Java",
                                                     "Packages",
                                                     "Polymer",
                                                     "App",
                                                     "Page",
                                                     "Component",
                                                     "AV"};
  std::map<std::string_view, std::pair<std::size_t, Node>> used;
  for (const Node m : file.tree.all("member_expression")) {
    const Node object = m.child("object");
    // The parser puts in an empty name where one is missing.
    if (!object.is("identifier") || object.text().empty() || object.text().front() < 'A' || object.text().front() > 'Z')
      continue;
    auto& [n, first] = used[object.text()];
    if (n++ == 0) first = object;
  }
  if (used.size() > kMostNames) return;
  const Code code = file.code();
  for (const auto& [name, use] : used) {
    const auto& [n, at] = use;
    if (name.size() < 3 || kGlobal.contains(name) || !function_around(at) || uses_of(code, name) != n) continue;
    file.hit("RUN-004", at).title = "A name is used that nothing defines: " + text::printable(name, 60);
  }
}

// await in a function that cannot wait: the file is refused as a whole, and every route in it with it.
void judge_waiting(File& file, const char* type) {
  for (const Node a : file.tree.all(type)) {
    const Node function = function_around(a);
    if (!function || function.has_token("async") || function.is("lambda")) continue;
    auto& f = file.hit("RUN-004", a);
    f.title = "await stands in a function that is not async: nothing of this file is ever loaded";
    f.severity = proof::Severity::medium;
    return;
  }
}

}  // namespace

void read_undefined_script(File& file) {
  if (client_file(file)) return;
  judge_waiting(file, "await_expression");
  if (!plain_script(file.path)) return;
  auto& notes = file.project.notes<NameNotes>();
  read_exports(file, notes.exports[module_of(file.path)]);
  read_taken(file, notes);
  // Scripts of pages share their names with each other; what asks for modules has them all itself.
  const bool module = contains(file.code(), "require(") || !file.tree.all("import_statement").empty();
  if (module && !contains(file.code(), "with (") && !contains(file.code(), "globalThis")) {
    judge_calls(file, scripts_have);
    judge_objects(file);
  }
}

void read_undefined_python(File& file) {
  judge_waiting(file, "await");
  // from settings import *, globals()[name] = …: names come that nobody wrote here.
  if (!file.tree.all("wildcard_import").empty() || contains(file.code(), "globals()") ||
      contains(file.code(), "builtins") ||
      file.tree.all("import_statement").empty() + file.tree.all("import_from_statement").empty() == 2)
    return;
  judge_calls(file, python_has);
}

void judge_undefined(const Project& project, Sink& sink) {
  const auto& notes = project.notes<NameNotes>();
  for (const TakenName& t : notes.taken) {
    const auto from = notes.exports.find(t.module);
    if (from == notes.exports.end() || from->second.open || from->second.names.empty() ||
        from->second.names.contains(t.name))
      continue;
    auto& f = sink.find("RUN-004", t.at.at, t.at.shown);
    f.title = text::printable(t.name, 60) + " is taken from a module that does not give it away";
    if (guards(t.name)) f.severity = proof::Severity::high;
  }
}

}  // namespace gatehouse::audit::source
