#include "audit/source/lost_callbacks.h"

#include <map>

#include "audit/source/script.h"
#include "audit/source/script_layers.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 20'000;  // of one project

struct Handed {
  std::string to;  // "models/User#deleteUser"
  std::size_t at = 0;
  bool waited = false;  // new Promise((resolve) => …) around it
  Spot spot;
};

struct CallbackNotes {
  std::map<std::string, std::size_t, std::less<>> takes;  // how many parameters; kMost for any number
  std::vector<Handed> handed;
};

// (err, result) => …, function (error) { … }: the form of Node's callbacks.
bool callback(Node n) {
  n = unwrap(n);
  if (!is_function(n)) return false;
  const auto parameters = parameters_of(n);
  if (parameters.empty()) return false;
  const std::string_view first = parameters.front().text();
  return first == "err" || first == "error" || first == "e" || first == "_err";
}

std::size_t parameters_taken(Node f) {
  const auto parameters = parameters_of(f);
  for (const Node p : parameters)
    if (contains(p.text(), "...") || has_word(p.text(), {"cb", "callback", "done", "next"})) return kMost;
  return contains(body(f).code(), "arguments") ? kMost : parameters.size();
}

// It waits for what it asks: async, with await in it, so nobody calls anything back.
bool promised(Node f) {
  return f.has_token("async") || f.text().starts_with("async") || contains(f.text().substr(0, 60), "async ");
}

}  // namespace

void read_lost_callbacks(const File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<CallbackNotes>();
  if (notes.takes.size() + notes.handed.size() > kMost) return;
  const std::string module = module_of(file.path);
  if (file.code().may_hold("async"))
    for (const char* type : {"method_definition", "arrow_function", "function_expression", "function_declaration"})
      for (const Node f : file.tree.all(type)) {
        if (!promised(f)) continue;
        const std::string name = function_name(f);
        if (name.empty()) continue;
        const auto [it, fresh] = notes.takes.emplace(module + "#" + name, parameters_taken(f));
        if (!fresh) it->second = kMost;  // two of one name: which is meant is not known
      }
  for (const Call& c : file.calls) {
    const std::size_t dot = c.name.find('.');
    if (c.args.empty() || dot == std::string::npos || c.name.find('.', dot + 1) != std::string::npos ||
        !callback(c.args.back()))
      continue;
    const auto from = file.imports.find(std::string_view(c.name).substr(0, dot));
    if (from == file.imports.end()) continue;
    const std::string home = resolve_module(file.path, from->second);
    if (home.empty()) continue;
    const Node promise = c.node.above("new_expression");
    const bool waited =
        promise && promise.child("constructor").text() == "Promise" && function_around(c.node).inside(promise);
    notes.handed.push_back({home + "#" + c.name.substr(dot + 1),
                            c.args.size() - 1,
                            waited,
                            {place(file.path, c.line()), file.shown(c.node)}});
  }
}

void judge_lost_callbacks(const Project& project, Sink& sink) {
  const auto& notes = project.notes<CallbackNotes>();
  for (const Handed& h : notes.handed) {
    const auto it = notes.takes.find(h.to);
    if (it == notes.takes.end() || it->second > h.at) continue;
    // Stops: a request that nobody ever answers, and a failure that nobody takes.
    auto& f = sink.find("RUN-001", h.spot.at, h.spot.shown);
    f.severity = proof::Severity::high;
    f.title = "A callback is handed to " + text::printable(h.to.substr(h.to.find('#') + 1), 60) +
              "(), which takes none and gives a promise";
    f.impact = h.waited
                   ? "The answer is never sent, and when the work fails nobody takes the rejection: the process ends."
                   : "What stands in the callback never runs, and a rejection that nobody takes ends the process.";
    f.fix = "await the function, inside a try.";
  }
}

}  // namespace gatehouse::audit::source
