// Limits in Python that a client walks around, that fail open, or that one process forgets.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool limiter_name(std::string_view name) {
  return has_word(name, {"ratelimit", "limiter", "throttle", "throttling", "ratelimiter"}) ||
         (has_word(name, {"rate", "request", "requests"}) &&
          has_word(name, {"limit", "limits", "limiting", "limited"}));
}

// The header this reads, when it is one that the client alone decides.
std::string client_header(Node n) {
  std::optional<std::string> key;
  std::string of;
  if (const auto c = as_call(n)) {
    if (last(c->name) != "get") return {};
    key = literal(c->arg(0));
    of = c->name;
  } else if (n.is("subscript")) {
    key = literal(n.child("subscript"));
    of = dotted(n.child("value")) + ".";
  }
  if (!key || !icontains(of, "headers.")) return {};
  const std::string low = text::to_lower(*key);
  if (has_word(low, {"tenant", "user", "client", "device", "session", "account", "agent", "org", "organization"}) &&
      !has_word(low, {"ip", "authorization"}))
    return *key;
  return {};
}

// Stops: a new allowance for every request by writing another name into a header.
bool judge_key(File& file, Node within) {
  for (const char* type : {"call", "subscript"})
    for (const Node n : within.all(type)) {
      const std::string header = client_header(n);
      if (header.empty()) continue;
      // Counted beside an address, a header only narrows.
      file.hit("RL-003", n).title = "The limit counts by a header that the client writes (" + header + ")";
      return true;
    }
  return false;
}

// `except: return True` of what asks whether somebody may go on.
bool fails_open(Node within) {
  for (const Node clause : within.all("except_clause"))
    for (const Node r : clause.all("return_statement"))
      if (r.first().is("true") || contains(r.code(), "call_next(")) return true;
  return false;
}

bool in_memory(Node value) {
  value = unwrap(value);
  if (value.is("dictionary")) return value.children().empty();
  const auto c = as_call(value);
  return c && ((c->name == "dict" && c->args.empty()) || last(c->name) == "defaultdict" ||
               last(c->name) == "OrderedDict" || last(c->name) == "TTLCache");
}

void judge_memory(File& file) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (last(full) != "Limiter" || (!contains(full, "slowapi") && !contains(full, "flask_limiter"))) continue;
    const Node storage = c.keyword("storage_uri");
    const bool elsewhere = icontains_any(file.code(), {"ratelimit_storage", "redis://"});
    if ((storage && icontains(storage.code(), "memory://")) || (!storage && !elsewhere)) {
      file.hit("RL-005", c.node);
      return;
    }
  }
  if (!icontains_any(file.code(), {"429", "rate limit", "rate_limit", "ratelimit", "too many"})) return;
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    const bool module = left.is("identifier") && !function_around(a);
    const bool member = left.is("attribute") && left.child("object").text() == "self" &&
                        limiter_name(a.above("class_definition").child("name").text());
    if ((!module && !member) || !in_memory(a.child("right"))) continue;
    if (!member &&
        !has_word(last(dotted(left)), {"rate", "limit", "limits", "requests", "attempts", "hits", "buckets", "counter",
                                       "counters", "counts", "calls", "limiter", "window", "windows", "store", "log"}))
      continue;
    file.hit("RL-005", a);
    return;
  }
}

}  // namespace

void read_python_limits(File& file, PythonNotes& notes) {
  judge_memory(file);
  for (const Node cls : file.tree.all("class_definition"))
    if (limiter_name(cls.child("name").text())) {
      if (judge_key(file, cls) || fails_open(cls)) notes.weak_limit = true;
    }
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (limiter_name(f.above("class_definition").child("name").text())) continue;
    if (limiter_name(name) && !route_function(f)) {
      if (judge_key(file, f) || fails_open(f)) notes.weak_limit = true;
    }
    // Limiter(key_func=name)
    for (const Call& c : file.calls)
      if (last(c.name) == "Limiter" && !limiter_name(name) &&
          (c.keyword("key_func").text() == name || c.arg(0).text() == name))
        judge_key(file, f);
  }
  for (const Call& c : file.calls)
    if (last(c.name) == "Limiter" && c.keyword("key_func").is("lambda")) judge_key(file, c.keyword("key_func"));
}

}  // namespace gatehouse::audit::source
