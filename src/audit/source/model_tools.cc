#include "audit/source/model_tools.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "audit/source/python_names.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool guarded(const Code& code) {
  return icontains_any(code, {"allowed", "allowlist", "whitelist", "hostname", "netloc", "is_private", "isprivate",
                              "startswith", "basename", "resolve()", "is_relative_to", "ssrf", "ipaddress", ".host"});
}

void tell_fetch(File& file, Node at) {
  auto& f = file.hit("EX-013", at);
  f.title = "A tool of the model fetches whatever address the model names";
  f.impact =
      "Who talks to the model, and every page it reads, can make the server ask its own network, and the answer is "
      "told in the chat.";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

void tell_file(File& file, Node at) {
  auto& f = file.hit("FA-018", at);
  f.title = "A tool of the model opens whatever file the model names";
  f.impact = "Who talks to the model, and every page it reads, can have keys and settings of the server read out.";
  f.confidence = proof::Confidence::medium;
}

// execute: async ({ url }) => …, func: async (path) => …
bool tool_function(Node f) {
  Node holder = f.parent();
  std::string_view key;
  if (holder.is("pair")) {
    key = holder.child("key").text();
    holder = holder.parent();
  } else if (f.is("method_definition")) {
    key = f.child("name").text();
  }
  if (key != "execute" && key != "func" && key != "handler" && key != "invoke") return false;
  if (!holder.is("object")) return false;
  return static_cast<bool>(member(holder, "description")) &&
         (member(holder, "parameters") || member(holder, "inputSchema") || member(holder, "schema") ||
          icontains(as_call(holder.parent().parent()) ? as_call(holder.parent().parent())->name : std::string(),
                    "tool"));
}

void read_script(File& file) {
  for (const char* type : {"arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (!tool_function(f) || guarded(f.code())) continue;
      const Node given = f.child("parameters") ? f.child("parameters") : f.child("parameter");
      for (const Call* c : file.calls_in(body(f))) {
        const std::string_view name = last(c->name);
        const Node a = unwrap(c->arg(0));
        if (!a.any_of("identifier", "member_expression") ||
            !has_token(given.text(), a.is("identifier") ? a.text() : std::string_view(dotted(a.child("object")))))
          continue;
        if (c->name == "fetch" || c->name.starts_with("axios") || c->name.starts_with("got") || name == "goto") {
          tell_fetch(file, c->node);
          break;
        }
        if (name == "readFile" || name == "readFileSync" || name == "writeFile" || name == "unlink") {
          tell_file(file, c->node);
          break;
        }
      }
    }
}

void read_python(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    const auto marks = decorators(f);
    if (std::none_of(marks.begin(), marks.end(), [](const std::string& d) {
          const std::string head = d.substr(0, d.find('('));
          return head == "tool" || head.ends_with(".tool") || head == "function_tool" || head == "@tool" ||
                 head.ends_with("function_tool");
        }))
      continue;
    if (guarded(body(f).code())) continue;
    std::vector<std::string> names;
    for (const Node p : f.child("parameters").children()) names.push_back(parameter_name(p));
    const auto made = [&](Node n) {
      return n && std::any_of(names.begin(), names.end(), [&](const auto& p) { return !p.empty() && made_of(n, p); });
    };
    for (const Call* c : file.calls_in(body(f))) {
      if (const Node address = asked_address(file, *c)) {
        if (!made(host_of(address))) continue;
        tell_fetch(file, c->node);
        break;
      }
      if (c->name == "open" && c->arg(0) && made(unwrap(c->arg(0)))) {
        tell_file(file, c->node);
        break;
      }
    }
  }
}

}  // namespace

// Stops: a page that tells the model to fetch the cloud's own addresses or to read the server's settings.
void read_model_tools(File& file) {
  const Code code = file.code();
  if (!icontains(code, "tool")) return;
  if (file.tree.python())
    read_python(file);
  else if (!client_file(file))
    read_script(file);
}

}  // namespace gatehouse::audit::source
