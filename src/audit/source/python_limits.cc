// Limits in Python that a client walks around, that fail open, or that one process forgets.
#include "audit/source/python_limits.h"

#include <algorithm>

#include "audit/check.h"
#include "audit/source/python.h"
#include "audit/source/python_edge.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Over the files of a project.
struct Limiters {
  Spot made;
  bool applied = false;
  bool defaults = false;    // it limits what names no limit of its own
  bool middleware = false;  // of slowapi, which enforces those defaults and nothing else
  bool slowapi = false;     // … and without which they hold nobody back
  std::vector<Spot> in_memory;
};

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
      file.project.notes<Limiters>().in_memory.push_back({place(file.path, c.line()), file.shown(c.node)});
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

// "100/minute", "5 per 15 minutes; 1000/day": the fewest tries a minute that one of them leaves; 0 for what is not
// read.
double tries_a_minute(std::string_view limits) {
  double fewest = 0;
  for (std::string_view one : text::split(limits, limits.find(';') != std::string_view::npos ? ';' : ',')) {
    one = text::trim(one);
    const std::size_t end = one.find_first_not_of("0123456789");
    const auto tries = text::parse_u64(one.substr(0, end));
    if (!tries || end == std::string_view::npos) return 0;
    double span = 1;
    std::string_view rest = text::trim(one.substr(end));
    if (rest.starts_with('/')) rest.remove_prefix(1);
    if (rest.starts_with("per")) rest.remove_prefix(3);
    rest = text::trim(rest);
    if (const std::size_t digits = rest.find_first_not_of("0123456789"); digits != 0 && digits != rest.npos) {
      span = static_cast<double>(text::parse_u64(rest.substr(0, digits)).value_or(1));
      rest = text::trim(rest.substr(digits));
    }
    double minutes = 0;
    for (const auto& [unit, of] : {std::pair<std::string_view, double>{"s", 1.0 / 60},
                                   {"mo", 43'200},
                                   {"m", 1},
                                   {"h", 60},
                                   {"d", 1'440},
                                   {"y", 525'600}})
      if (minutes == 0 && rest.starts_with(unit)) minutes = of * span;
    if (minutes <= 0) return 0;
    const double rate = static_cast<double>(*tries) / minutes;
    if (fewest == 0 || rate < fewest) fewest = rate;
  }
  return fewest;
}

// Stops: a list of passwords that is tried through before lunch, behind a limit that is there and holds nobody.
void judge_loose(File& file, Node function) {
  const Node decorated = function.parent();
  if (!decorated.is("decorated_definition") || !route_function(function)) return;
  const std::string name = function_name(function);
  std::string path;
  Node limit;
  double rate = 0;
  for (const Node d : decorated.children()) {
    const auto c = d.is("decorator") ? as_call(d.first()) : std::nullopt;
    if (!c) continue;
    const auto said = literal(c->arg(0));
    if (!said) continue;
    if (said->starts_with('/')) path = *said;
    if (last(c->name) != "limit" && last(c->name) != "rate_limit") continue;
    const double tries = tries_a_minute(*said);
    if (limit && tries >= rate) continue;
    limit = d;
    rate = tries;
  }
  if (!limit || rate < 20 ||
      (!has_word(name + " " + path, {"login", "signin", "authenticate", "otp", "2fa", "mfa", "logon"}) &&
       !icontains_any(name + " " + path, {"sign_in", "sign-in", "log_in", "log-in"})))
    return;
  auto& f = file.hit("RL-001", limit);
  f.title =
      "The limit of the sign-in lets somebody try " + std::to_string(static_cast<long>(rate)) + " passwords a minute";
  f.severity = proof::Severity::medium;
}

}  // namespace

// Stops: taking slowapi's middleware for a limit where its limiter was given none.
bool limited_everywhere(const Project& project, const PythonNotes& notes) {
  const auto& limiters = project.notes<Limiters>();
  return notes.global_limit || (limiters.middleware && (limiters.defaults || limiters.made.at.line == 0));
}

bool idle_limiter(const Project& project, Spot* where) {
  const auto& limiters = project.notes<Limiters>();
  const bool enforced = limiters.defaults && (limiters.middleware || !limiters.slowapi);
  if (limiters.applied || enforced || limiters.made.at.line == 0) return false;
  *where = limiters.made;
  return true;
}

void judge_limiter_memory(const Project& project, Sink& sink) {
  const auto& limiters = project.notes<Limiters>();
  Spot idle;
  if (idle_limiter(project, &idle)) return;
  for (const Spot& made : limiters.in_memory) sink.find("RL-005", made.at, made.shown);
}

// Which limiter is made, and whether any route, router or middleware is put under it.
static void note_limiters(const File& file) {
  if (!icontains_any(file.code(), {"limiter", "slowapi"})) return;
  auto& notes = file.project.notes<Limiters>();
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    if (f == "Limiter" && (contains(full, "slowapi") || contains(full, "flask_limiter"))) {
      if (notes.made.at.line == 0) notes.made = {place(file.path, c.line()), file.shown(c.node)};
      const bool spread = std::any_of(c.args.begin(), c.args.end(), [](Node a) { return a.is("dictionary_splat"); }) ||
                          contains(c.node.child("arguments").code(), "**");
      if (c.keyword("default_limits") || c.keyword("application_limits") || spread) notes.defaults = true;
      notes.slowapi = notes.slowapi || contains(full, "slowapi");
    }
    if (f == "limit" || f == "shared_limit" || f == "hit" || f == "check" || f == "RateLimiter") notes.applied = true;
  }
  if (icontains_any(file.code(), {"slowapimiddleware", "slowapiasgimiddleware"})) notes.middleware = true;
  if (icontains_any(file.code(), {"@limiter", "@rate_limit", "dependencies=[depends(limit"})) notes.applied = true;
}

void read_python_limits(File& file, PythonNotes& notes) {
  judge_memory(file);
  note_limiters(file);
  for (const Node cls : file.tree.all("class_definition"))
    if (limiter_name(cls.child("name").text())) {
      if (judge_key(file, cls) || fails_open(cls)) notes.weak_limit = true;
    }
  std::vector<const Call*> limiters;  // Limiter(key_func=name)
  for (const Call& c : file.calls)
    if (last(c.name) == "Limiter") limiters.push_back(&c);
  for (const Node f : file.tree.all("function_definition")) {
    judge_loose(file, f);
    const std::string name = function_name(f);
    if (limiter_name(f.above("class_definition").child("name").text())) continue;
    if (limiter_name(name) && !route_function(f)) {
      if (judge_key(file, f) || fails_open(f)) notes.weak_limit = true;
    }
    for (const Call* c : limiters)
      if (!limiter_name(name) && (c->keyword("key_func").text() == name || c->arg(0).text() == name))
        judge_key(file, f);
  }
  for (const Call* c : limiters)
    if (c->keyword("key_func").is("lambda")) judge_key(file, c->keyword("key_func"));
}

}  // namespace gatehouse::audit::source
