#include "audit/source/counted_first.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool counts(const Call& c) {
  const std::string_view m = last(c.name);
  return m == "countDocuments" || m == "count" || m == "count_documents" || m == "findAndCount" || m == "countBy";
}

// What is counted or made: "ticket" of this.tickets.countDocuments(…), Ticket.objects.filter(…).count().
std::string record_of(const Call& c) {
  std::string name = c.name;
  for (Node object = c.node.child("function").child("object"); object;) {
    const auto inner = as_call(unwrap(object));
    if (!inner) break;
    name = inner->name;
    object = inner->node.child("function").child("object");
  }
  for (const std::string_view lead : {"this.", "self.", "prisma.", "db.", "ctx.", "tx.", "models."})
    if (name.starts_with(lead)) name.erase(0, lead.size());
  if (name.starts_with("prisma.") || name.starts_with("db.")) name.erase(0, name.find('.') + 1);
  return record_key(name.substr(0, name.find('.')));
}

bool bound(std::string_view condition) {
  return has_word(condition, {"capacity", "seats", "max", "limit", "available", "slots", "spots", "places", "quota",
                              "stock", "maximum", "participants", "attendees", "size"});
}

// if (sold >= event.capacity) throw …
Node refused(Node f, std::string_view name) {
  for (const Node b : f.all("if_statement")) {
    const Code condition = b.child("condition").code(), then = b.child("consequence").code();
    if (condition.size() > 200 || !has_token(condition, name) || !bound(condition)) continue;
    if (!contains(condition, ">") && !contains(condition, "<")) continue;
    if (contains(then, "return") || contains(then, "throw") || contains(then, "raise")) return b;
  }
  return {};
}

}  // namespace

void judge_counted_first(File& file) {
  const Code code = file.code();
  if (!icontains(code, "count") || (!file.tree.python() && client_file(file))) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const Code all = f.code();
      if ((function_around(f) && !f.is("method_definition")) || all.size() > 20'000 || !icontains(all, "count"))
        continue;
      if (icontains_any(all, {"otp", "attempt", "select_for_update", "serializable", "for update", "advisory", "lock(",
                              "with_for_update", "mutex", "setnx", "isolation", "rate"}))
        continue;
      for (const char* kind : {"variable_declarator", "assignment"})
        for (const Node a : f.all(kind)) {
          const Node left = a.child("name") ? a.child("name") : a.child("left");
          const auto c = as_call(unwrap(a.child("value") ? a.child("value") : a.child("right")));
          if (!left.is("identifier") || !c || !counts(*c)) continue;
          const Node branch = refused(f, left.text());
          const std::string record = record_of(*c);
          if (!branch || branch.begin() < a.begin() || record.size() < 3) continue;
          for (const Call* made : file.calls_in(f)) {
            const std::string_view m = last(made->name);
            const bool creates = m == "create" || m == "insertOne" || m == "insert_one" || m == "save" || m == "insert";
            if (!creates || made->node.begin() < branch.begin() || record_of(*made) != record) continue;
            const bool told = std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const auto& k) {
              return k.id == "PAY-004" && k.locations.front().path == file.path &&
                     k.locations.front().line >= f.line() && k.locations.front().line <= f.end_line();
            });
            if (told) return;
            // Stops: the last seat, sold to everybody who asks in the same second.
            auto& hit = file.hit("PAY-004", branch);
            hit.title = "How many there are is counted first and one more is made afterwards: two at once both fit";
            hit.confidence = proof::Confidence::medium;
            hit.impact = "Requests that come together all find room: more is sold or used than there is.";
            hit.fix =
                "Count in the statement that makes the row, under a lock, or lower a number that may not go under 0.";
            also(hit, file, made->node);
            return;
          }
        }
    }
}

}  // namespace gatehouse::audit::source
