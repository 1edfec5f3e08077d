#include "audit/source/repeated_steps.h"

#include <map>
#include <set>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 100;  // of one project
constexpr int kMostTold = 4;

struct RepeatedSteps {
  struct Done {
    std::string function, flag;
    bool handed = false;  // the record comes from whoever calls
    Spot spot;
  };
  std::vector<Done> done;
  std::map<std::string, std::set<std::string>> asked;  // a function called -> what its callers ask about
};

// rental.returned = True, ticket.status = "used"
bool ends(std::string_view field, Node value) {
  value = unwrap(value);
  const auto over = [](std::string_view w) {
    return has_word(w, {"returned", "used", "redeemed", "released", "checkedin", "refunded", "devuelto", "closed",
                        "returnedat", "redeemedat", "completed", "devuelta", "zurueckgegeben"});
  };
  if (value.is("true") || value.any_of("call", "call_expression", "new_expression")) return over(field);
  const auto said = literal(value);
  return said && has_word(field, {"status", "state", "estado"}) && over(*said);
}

bool counted(std::string_view field) {
  return has_word(field, {"stock", "quantity", "copies", "seats", "balance", "credits", "points", "inventory",
                          "available", "remaining", "wallet", "slots"});
}

// book.copies += 1, item.available = True, { $inc: { copies: 1 } }, { increment: 1 }: what is given back.
Node given_back(const File& file, Node f, const std::string& record) {
  for (const char* type : {"augmented_assignment", "augmented_assignment_expression"})
    for (const Node a : f.all(type))
      if (a.has_token("+=") && a.child("left").any_of("attribute", "member_expression") &&
          counted(last(dotted(a.child("left")))))
        return a;
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const std::string left = dotted(a.child("left"));
      if (!a.child("left").any_of("attribute", "member_expression") || !counted(last(left))) continue;
      const Node v = unwrap(a.child("right"));
      if (v.is("true") && left.substr(0, left.rfind('.')) != record) return a;
      if (contains(v.code(), "+") && contains(v.code(), last(left))) return a;
    }
  if (!file.tree.python())
    for (const Node p : f.all("pair")) {
      const std::string key(p.child("key").text());
      const Node v = unwrap(p.child("value"));
      if ((key == "$inc" || counted(key)) && v.is("object") && !contains(v.code(), "-") &&
          (key == "$inc" ? counted(members(v).empty() ? std::string() : members(v).front().first)
                         : bool(member(v, "increment"))))
        return p;
    }
  return {};
}

// Some question in the function, or the filter of what it fetches, is about the mark.
bool asks(Node f, Node marked, std::string_view flag) {
  for (const char* type :
       {"if_statement", "conditional_expression", "ternary_expression", "assert_statement", "while_statement"})
    for (const Node n : f.all(type)) {
      const Node c = n.child("condition") ? n.child("condition") : n;
      if (has_token(c.code(), flag)) return true;
    }
  for (const char* type : {"keyword_argument", "comparison_operator", "binary_expression", "pair"})
    for (const Node n : f.all(type)) {
      if (n.inside(marked) || marked.inside(n) || n.begin() > marked.begin()) continue;
      if (has_token(n.code(), flag)) return true;
    }
  return false;
}

}  // namespace

void read_repeated_steps(File& file) {
  const Code code = file.code();
  const bool python = file.tree.python();
  if ((!python && client_file(file)) || has_word(file.path, {"test", "tests", "seed", "migrations", "mock"}) ||
      !icontains_any(code, {"returned", "\"used\"", "'used'", "redeemed", "released", "completed", "closed", "refunded",
                            "devuelto"}))
    return;
  auto& notes = file.project.notes<RepeatedSteps>();
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.done.size() >= kMostNoted || f.code().size() > 8'000) continue;
      for (const char* set : {"assignment", "assignment_expression"})
        for (const Node a : f.all(set)) {
          const Node left = a.child("left");
          if (!(function_around(a) == f) || !left.any_of("attribute", "member_expression")) continue;
          const std::string whole = dotted(left);
          const std::string flag(last(whole)), record = whole.substr(0, whole.rfind('.'));
          if (!ends(flag, a.child("right")) || record == "self" || record == "this") continue;
          const Node back = given_back(file, f, record);
          if (!back || asks(f, a, flag) || icontains_any(f.code(), {"with_for_update", "webhook"})) continue;
          bool handed = false;
          for (const Node p : f.child("parameters").children()) handed = handed || has_token(p.code(), record);
          notes.done.push_back({function_name(f), flag, handed, {place(file.path, a.line()), file.shown(a)}});
        }
    }
  // if rental.returned: raise …; rental_crud.mark_returned(db, rental)
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      std::string asked;
      for (const Node n : f.all("if_statement")) (asked += n.child("condition").code()) += ' ';
      if (asked.empty() || notes.asked.size() > 500 || f.code().size() > 8'000) continue;
      for (const Call* c : file.calls_in(body(f)))
        if (has_word(last(c->name),
                     {"return", "returned", "mark", "complete", "redeem", "release", "refund", "close", "use"}))
          notes.asked[std::string(last(c->name))].insert(asked);
    }
}

void judge_repeated_steps(const Project& project, Sink& sink) {
  const auto& notes = project.notes<RepeatedSteps>();
  int told = 0;
  for (const RepeatedSteps::Done& d : notes.done) {
    if (told >= kMostTold) return;
    if (d.handed) {
      if (d.function.empty()) continue;
      const auto it = notes.asked.find(d.function);
      bool held = false;
      if (it != notes.asked.end())
        for (const std::string& condition : it->second) held = held || has_token(condition, d.flag);
      if (held) continue;
    }
    // Stops: an old loan returned again, which frees what another reader holds, or counts up what is there.
    auto& f = sink.find("PAY-004", d.spot.at, d.spot.shown);
    f.title =
        "A step that is done may be done again: nobody asks whether it is " + text::printable(d.flag, 40) + " already";
    f.impact = "Each call gives back once more what is counted or freed with it.";
    f.fix =
        "Change the record only where it is not done yet, in one statement, and do the rest when a row was changed.";
    f.confidence = proof::Confidence::medium;
    ++told;
  }
}

}  // namespace gatehouse::audit::source
