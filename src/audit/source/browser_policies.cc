#include "audit/source/browser_policies.h"

#include <algorithm>
#include <string>

#include "audit/readers/row_tables.h"
#include "audit/source/money_words.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using syntax::contains;
using syntax::has_word;
using syntax::icontains;
using syntax::icontains_any;

namespace {

constexpr std::size_t kMostFiles = 300;
constexpr std::size_t kLargest = 300'000;

// A line that holds a sum against another: amount !== order.total, Number(x.amount) < due.
bool compares_sums(std::string_view line) {
  if (line.size() > 400 || !icontains_any(line, {"amount", "gross", "total", "price", "deposit"})) return false;
  if (icontains_any(line, {"typeof", "=== 0", "<= 0", "> 0", "== 0", "< 0", "null", "undefined", "none", "isnan",
                           "for (", "length"}))
    return false;
  for (const std::string_view mark : {"!==", "!=", "===", "==", " < ", " <= ", " > ", " >= ", "Math.abs(", "abs("})
    if (contains(line, mark)) return true;
  return false;
}

}  // namespace

DatabaseDoor database_door(const Project& project, std::string_view table, std::string_view verb) {
  const auto& tables = project.notes<Tables>();
  const std::string name =
      table.find('.') == std::string_view::npos ? "public." + std::string(table) : std::string(table);
  DatabaseDoor out = DatabaseDoor::unknown;
  bool any = tables.secured.contains(name) || tables.secured_by_loop;
  for (const auto& [key, p] : tables.policies) {
    if (p.table != name) continue;
    any = true;
    if ((p.verb != verb && p.verb != "all") || for_the_server(p.text)) continue;
    const Reach reach = reach_of(p);
    const DatabaseDoor door = reach == Reach::all                              ? DatabaseDoor::all
                              : reach == Reach::account                        ? DatabaseDoor::account
                              : asks_rank(p.text) && !contains(p.text, " or ") ? DatabaseDoor::staff
                                                                               : DatabaseDoor::owner;
    out = std::max(out, door);
  }
  if (tables.opened.contains(name)) return DatabaseDoor::all;
  if (out != DatabaseDoor::unknown) return out;
  if (any) return DatabaseDoor::shut;
  return tables.made.contains(name) && tables.supabase ? DatabaseDoor::all : DatabaseDoor::unknown;
}

bool set_by_database(const Project& project, std::string_view table, std::string_view field) {
  std::size_t files = 0;
  const std::string fresh = "new." + text::to_lower(field);
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::sql || ++files > kMostFiles) continue;
    const auto source = project.open(e.path);
    if (!source || !icontains(source->text(), table)) continue;
    const std::string low = text::to_lower(source->text());
    // Not what is only copied on: values (new.id, new.total)
    for (std::size_t at = low.find(fresh); at != std::string::npos; at = low.find(fresh, at + 1)) {
      const std::string_view rest = std::string_view(low).substr(at + fresh.size(), 24);
      if (syntax::icontains_any(rest.substr(0, 6), {":=", " =", "!=", "<>", " is d", " <", " >", "="})) return true;
    }
  }
  return false;
}

bool keeps_in_browser(const Project& project) {
  for (const char* package : {"@supabase/supabase-js", "@supabase/ssr", "@supabase/auth-helpers-nextjs", "firebase",
                              "@angular/fire", "@react-native-firebase/firestore", "@nuxtjs/supabase", "vuefire"})
    if (project.depends_on(package)) return true;
  return false;
}

bool asks_database(const File& file) {
  return keeps_in_browser(file.project) || icontains_any(file.code(), {"supabase", "firestore", "firebase"});
}

bool sums_compared(const Project& project) {
  std::size_t files = 0;
  bool served = keeps_in_browser(project);
  for (const Entry& e : project.entries()) {
    const bool script = e.kind == Kind::javascript || e.kind == Kind::typescript || e.kind == Kind::python;
    if (!script || e.role != Role::product || e.size > kLargest || ++files > 2 * kMostFiles) continue;
    const bool server = icontains_any(e.path, {"function", "server", "api/", "webhook", "backend", "route",
                                               "controller", "service", "views", "lib/", "hook", "ipn", "worker"});
    if (!server) continue;
    served = true;
    const auto source = project.open(e.path);
    if (!source || !(takes_payments(source->text()) || asks_for_proof(source->text().substr(0, 20'000)))) continue;
    for (int k = 1; k <= source->lines(); ++k)
      if (compares_sums(source->line(k))) return true;
  }
  return !served;  // the server is not in the tree: it may well do so
}

}  // namespace gatehouse::audit::source
