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

struct UndefinedNames {
  struct Use {
    std::string name;
    Spot at;
  };
  std::vector<Use> used;
  std::set<std::string, std::less<>> everywhere;  // put into place for all files: global.app = …
};

constexpr std::size_t kMostNames = 200;  // looked at in one file

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

using Counts = std::map<std::string_view, std::size_t>;

// How often each name stands by itself: not behind a dot, and not in a text.
Counts uses_of(const File& file) {
  Counts out;
  for (const char* type :
       {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern", "type_identifier"})
    for (const Node n : file.tree.all(type)) {
      const Node p = n.parent();
      if (p.is("attribute") && p.child("attribute") == n) continue;
      ++out[n.text()];
    }
  return out;
}

// Of a tree that answers no more (Tree::spent) nothing is known.
bool only_used(const Counts& counts, std::string_view name, std::size_t n) {
  const auto at = counts.find(name);
  return at != counts.end() && at->second == n;
}

bool plain_script(std::string_view path) {
  return path.ends_with(".js") || path.ends_with(".cjs") || path.ends_with(".mjs");
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
  const Counts counts = uses_of(file);
  for (const auto& [name, use] : called) {
    const auto& [n, at] = use;
    if (name.size() < 3 || along(name) || !function_around(at) || !only_used(counts, name, n)) continue;
    auto& f = file.hit("RUN-004", at);
    f.title = "A function is called that stands nowhere: " + text::printable(name, 60);
    if (guards_by_name(name)) f.severity = proof::Severity::high;
  }
}

bool package_name(std::string_view name) {
  static const std::set<std::string_view> kPackages = {"mongoose", "express", "jwt",  "bcrypt", "fs",       "path",
                                                       "dotenv",   "cors",    "os",   "json",   "datetime", "helmet",
                                                       "passport", "morgan",  "http", "logging"};
  return kPackages.contains(name);
}

// os.getenv(…) without import os, Image.findAll(…) where nothing is called Image: what the platform has is left out.
void judge_objects(File& file, const char* type, const char* field, bool (*along)(std::string_view)) {
  std::map<std::string_view, std::pair<std::size_t, Node>> used;
  for (const Node m : file.tree.all(type)) {
    const Node object = m.child(field);
    // The parser puts in an empty name where one is missing.
    if (!object.is("identifier") || object.text().empty()) continue;
    auto& [n, first] = used[object.text()];
    if (n++ == 0) first = object;
  }
  if (used.size() > kMostNames) return;
  const Counts counts = uses_of(file);
  for (const auto& [name, use] : used) {
    const auto& [n, at] = use;
    if (name.size() < 2 || along(name) || !only_used(counts, name, n)) continue;
    // At the top of a file others may have put a name into place before; a package's name nobody does.
    if (!function_around(at) && !package_name(name)) continue;
    file.project.notes<UndefinedNames>().used.push_back(
        {std::string(name), {place(file.path, at.line()), file.shown(at)}});
  }
}

bool platform_has(std::string_view name) {
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
  static const std::set<std::string_view> kHere = {
      "console",  "process",   "module",         "exports",        "require",  "global",     "globalThis",  "window",
      "document", "navigator", "localStorage",   "sessionStorage", "location", "history",    "performance", "crypto",
      "self",     "chrome",    "browser",        "event",          "caches",   "screen",     "indexedDB",   "jest",
      "vi",       "cy",        "google",         "gapi",           "paypal",   "grecaptcha", "arguments",   "this",
      "top",      "parent",    "frames",         "import",         "new",      "super",      "axios",       "bootstrap",
      "firebase", "undefined", "structuredClone"};
  return kGlobal.contains(name) || kHere.contains(name) || scripts_have(name);
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

bool guards_by_name(std::string_view name) {
  return has_word(name,
                  {"auth",  "authenticate", "authorize",  "verify",   "check",    "protect", "guard",   "require",
                   "admin", "limit",        "limiter",    "validate", "hmac",     "sign",    "hash",    "csrf",
                   "token", "compare",      "permission", "allow",    "sanitize", "escape",  "encrypt", "decrypt"});
}

void read_undefined_script(File& file) {
  if (client_file(file)) return;
  judge_waiting(file, "await_expression");
  if (!plain_script(file.path)) return;
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left.find('.') == std::string::npos || left.starts_with("global.") || left.starts_with("globalThis."))
      file.project.notes<UndefinedNames>().everywhere.emplace(last(left));
  }
  // Scripts of pages share their names with each other; what asks for modules has them all itself.
  const bool module = contains(file.code(), "require(") || !file.tree.all("import_statement").empty();
  if (module && !contains(file.code(), "with (") && !contains(file.code(), "globalThis")) {
    judge_calls(file, scripts_have);
    judge_objects(file, "member_expression", "object", platform_has);
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
  judge_objects(file, "attribute", "object", [](std::string_view name) {
    return python_has(name) || name.starts_with("__") || name == "self" || name == "cls";
  });
}

void judge_undefined(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UndefinedNames>();
  for (const auto& use : notes.used)
    if (!notes.everywhere.contains(use.name))
      sink.find("RUN-004", use.at.at, use.at.shown).title =
          "A name is used that nothing defines: " + text::printable(use.name, 60);
}

}  // namespace gatehouse::audit::source
