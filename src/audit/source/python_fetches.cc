// Addresses that a client names and the server asks, however many functions of the project lie between.
#include <algorithm>
#include <optional>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_client.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct FetchNotes {
  // A function's parameter is asked for, or handed on to another function.
  struct Step {
    std::string path, cls, parameter;
    std::size_t position = 0;  // self left out
    Spot spot;
    FunctionRef callee;  // without a name: asked right here
    std::size_t given = 0;
    std::string keyword;
  };
  std::map<std::string, std::vector<Step>> steps;  // by function
  struct Sent {
    FunctionRef callee;
    std::size_t given = 0;
    std::string keyword;
    Spot spot;
  };
  std::vector<Sent> sent;  // what a client named, handed to a function
};

// An address by its name: url, link, webhook, feed …; whole bodies may carry one.
bool may_be_address(std::string_view said) {
  return has_word(said,
                  {"url",  "uri",     "urls",   "link",   "href",   "address", "webhook", "endpoint", "feed", "host",
                   "site", "website", "domain", "source", "target", "image",   "avatar",  "callback", "src",  "page"});
}

bool body_of_request(Node n) {
  return has_word(n.text(), {"body", "data", "payload", "req", "request", "params", "input", "dto", "item", "form"}) &&
         n.is("identifier") && n.text() != "request";
}

bool project_call(const Call& c) {
  const std::string_view f = last(c.name);
  return !f.empty() && f != "print" && f != "str" && f != "len" && f != "dict" && f != "append" && f != "get" &&
         !icontains_any(c.name, {"log", "json", "session.", "db.", "objects"});
}

void read_function(File& file, Node f, FetchNotes& notes) {
  // Asked only where something would be told: most functions have no such thing in them.
  std::optional<bool> asked;
  const auto checked = [&] {
    if (!asked) asked = checks_address(f.code());
    return *asked;
  };
  const Node cls = f.above("class_definition");
  std::vector<std::string> parameters;
  for (const Node p : f.child("parameters").children())
    if (std::string name = parameter_name(p); !name.empty() && name != "self" && name != "cls")
      parameters.push_back(std::move(name));
  const auto step = [&](std::size_t position, Node at) {
    FetchNotes::Step s;
    s.path = std::string(file.path);
    s.cls = std::string(cls.child("name").text());
    s.parameter = parameters[position];
    s.position = position;
    s.spot = {place(file.path, at.line()), file.shown(at)};
    return s;
  };
  auto& own = notes.steps[function_name(f)];
  for (const Call* c : file.calls_in(body(f))) {
    if (!(function_around(c->node) == f)) continue;
    if (const Node address = asked_address(file, *c)) {
      const Node host = host_of(address);
      const Taint t = host ? taint(host) : Taint::no;
      if (t == Taint::no || checked()) continue;
      if (t == Taint::yes) file.hit("EX-013", c->node);
      if (t == Taint::maybe && own.size() < 32)
        for (std::size_t i = 0; i < parameters.size(); ++i)
          if (made_of(host, parameters[i])) own.push_back(step(i, c->node));
      continue;
    }
    if (!project_call(*c)) continue;
    std::optional<FunctionRef> found;
    const auto callee = [&]() -> const FunctionRef& {
      if (!found) found = ref_of(file, *c);
      return *found;
    };
    const auto hand = [&](Node given, std::size_t position, std::string keyword) {
      given = unwrap(given);
      if (literal(given) || !(may_be_address(given.text()) || may_be_address(keyword) || body_of_request(given)))
        return;
      const Taint t = taint(given);
      if (t == Taint::no || checked()) return;
      if (t == Taint::yes && notes.sent.size() < 256)
        notes.sent.push_back({callee(), position, keyword, {place(file.path, c->line()), file.shown(c->node)}});
      if (t != Taint::maybe || own.size() >= 32) return;
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (!made_of(given, parameters[i])) continue;
        auto s = step(i, c->node);
        s.callee = callee();
        s.given = position;
        s.keyword = keyword;
        own.push_back(std::move(s));
      }
    };
    for (std::size_t i = 0; i < c->args.size(); ++i) hand(c->args[i], i, {});
    for (const auto& [key, value] : c->keywords) hand(value, 0, std::string(key));
  }
  if (own.empty()) notes.steps.erase(function_name(f));
}

}  // namespace

void read_python_fetches(File& file) {
  if (contains(file.path, "management/commands/") || contains(file.path, "scripts/")) return;
  auto& notes = file.project.notes<FetchNotes>();
  for (const Node f : file.tree.all("function_definition")) read_function(file, f, notes);
}

void judge_python_fetches(const PythonNotes& python, const Project& project, Sink& sink) {
  const auto& notes = project.notes<FetchNotes>();
  std::set<const FetchNotes::Step*> seen;
  for (const FetchNotes::Sent& first : notes.sent) {
    std::vector<FetchNotes::Sent> next = {first};
    for (int depth = 0; depth < 4 && !next.empty(); ++depth) {
      std::vector<FetchNotes::Sent> found;
      for (const FetchNotes::Sent& call : next) {
        const auto it = notes.steps.find(call.callee.name);
        if (it == notes.steps.end()) continue;
        const auto homes = layers_of(python, call.callee);
        for (const FetchNotes::Step& s : it->second) {
          const bool takes = call.keyword.empty() ? s.position == call.given : s.parameter == call.keyword;
          const bool here = homes.empty() || std::any_of(homes.begin(), homes.end(), [&](const auto& h) {
                              return h->path == s.path && h->cls == s.cls;
                            });
          if (!takes || !here || !seen.insert(&s).second) continue;
          if (!s.callee.name.empty()) {
            if (found.size() < 32) found.push_back({s.callee, s.given, s.keyword, first.spot});
            continue;
          }
          // Stops: the server fetching what only the server can reach.
          auto& f = sink.find("EX-013", s.spot.at, s.spot.shown);
          f.locations.push_back(first.spot.at);
          f.evidence.push_back(first.spot.shown);
        }
      }
      next = std::move(found);
    }
  }
}

}  // namespace gatehouse::audit::source
