#include "audit/source/registers.h"

#include <algorithm>
#include <vector>

#include "audit/source/python_class.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 3;

struct Registers {
  std::set<std::string, std::less<>> people;  // by record_key
};

bool account(std::string_view target) {
  return has_word(target, {"user", "users", "account", "accounts", "profile", "profiles"});
}

// created_by, marked_by: who wrote it down, not whose it is.
bool wrote_it(std::string_view field) { return field.ends_with("_by") || field.ends_with("By"); }

// Somebody with an account is that person, or answers for them.
bool linked(const PythonNotes& notes, std::string_view name) {
  return std::any_of(notes.models.begin(), notes.models.end(), [&](const Model& m) {
    bool here = m.name == name, of_account = account(m.name);
    for (const auto& [field, target] : m.keys) {
      here = here || target == name;
      of_account = of_account || (account(target) && !wrote_it(field));
    }
    return here && of_account;
  });
}

}  // namespace

void read_registers(File& file) {
  if (!file.imports_from("django")) return;
  auto& notes = file.project.notes<Registers>();
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    if (notes.people.size() >= 100 ||
        !has_word(name, {"student", "employee", "person", "customer", "client", "teacher", "worker", "resident"}) ||
        !contains(cls.child("superclasses").text(), "Model") ||
        icontains_any(cls.code(), {"user", "password", "account", "profile"}))
      continue;
    notes.people.insert(record_key(name));
  }
}

bool only_of_register(const Project& project, std::string_view model) {
  const auto& registers = project.notes<Registers>();
  if (registers.people.empty()) return false;
  const auto& notes = project.notes<PythonNotes>();
  const auto registered = [&](std::string_view name) {
    return registers.people.contains(record_key(name)) && !linked(notes, name);
  };
  std::vector<std::string> next = {std::string(last(model))};
  bool hit = registered(next.front());
  for (int depth = 0; depth < kDeepest && !next.empty(); ++depth) {
    std::vector<std::string> found;
    for (const Model& m : notes.models) {
      if (std::find(next.begin(), next.end(), m.name) == next.end()) continue;
      for (const auto& [field, target] : m.keys) {
        if (registered(target)) {
          hit = true;
        } else if (account(target)) {
          return false;
        } else if (found.size() < 32 && target != m.name) {
          found.push_back(target);
        }
      }
    }
    next = std::move(found);
  }
  return hit;
}

void tell_money_changes(Recurring& told, Sink& sink, const proof::Location& at, const std::string& shown) {
  if (auto* f = told.find(sink, "AZ-008", at, shown)) {
    f->title = "Every account changes or removes what payments hang on: nobody is asked for a rank";
    f->confidence = proof::Confidence::medium;
  }
}

bool carries_money(const PythonNotes& notes, std::string_view model) {
  const auto money = [](std::string_view name) {
    return has_word(name, {"payment", "payments", "invoice", "refund", "receipt", "salary", "payroll", "ledger",
                           "transaction", "fee", "fees", "deposit", "loan"});
  };
  if (money(model)) return true;
  std::set<std::string, std::less<>> above = {std::string(last(model))};
  for (int depth = 0; depth < kDeepest; ++depth) {
    const std::size_t before = above.size();
    for (const Model& m : notes.models)
      for (const auto& [field, target] : m.keys) {
        if (!above.contains(target)) continue;
        if (money(m.name)) return true;
        if (above.size() < 64) above.insert(m.name);
      }
    if (above.size() == before) break;
  }
  return false;
}

}  // namespace gatehouse::audit::source
