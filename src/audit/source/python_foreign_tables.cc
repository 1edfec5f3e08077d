#include "audit/source/python_foreign_tables.h"

#include <algorithm>
#include <map>

#include "audit/source/python_class.h"
#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ForeignTables {
  std::map<std::string, std::set<std::string>> tables, in_file;  // below a folder of the top, and in a file
  std::vector<std::pair<std::string, Spot>> keys;                // table that is named, and where
  bool named_elsewhere = false;                                  // by a base, by reflection: nothing can be said
};

constexpr std::size_t kMostKeys = 2000;

// OrderItem -> order_item, as Flask-SQLAlchemy names what has no name.
std::string snake(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool upper = name[i] >= 'A' && name[i] <= 'Z';
    const bool after = i > 0 && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z') && name[i - 1] != '_';
    const bool before = i > 0 && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
    if (upper && (after || before)) out += '_';
    out += text::lower(name[i]);
  }
  return out;
}

// The folder at the top of the tree that the file is below: one application's.
std::string top(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

}  // namespace

void read_foreign_tables(const File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"foreignkey(", "foreign_key=", "__tablename__", "table=true", "db.model", "db.table("}))
    return;
  auto& notes = file.project.notes<ForeignTables>();
  if (icontains_any(code, {"declared_attr", "automap", ".reflect(", "autoload", "class_registry", "__table__ ="}))
    notes.named_elsewhere = true;
  const auto declare = [&](std::string name) {
    notes.in_file[std::string(file.path)].insert(name);
    notes.tables[top(file.path)].insert(std::move(name));
  };
  for (const Node cls : file.tree.all("class_definition")) {
    if (const Node table = attribute(cls, "__tablename__")) {
      if (const auto name = literal(table.child("right")))
        declare(text::to_lower(*name));
      else
        notes.named_elsewhere = true;
      continue;
    }
    const std::string name(cls.child("name").text());
    const Code bases = cls.child("superclasses").code();
    if (contains(bases, "table=True"))
      declare(text::to_lower(name));
    else if (contains(bases, "Model"))
      declare(snake(name));
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f == "Table" || c.name == "db.Table") && literal(c.arg(0))) declare(text::to_lower(*literal(c.arg(0))));
    std::optional<std::string> to;
    if (f == "ForeignKey") to = literal(c.arg(0));
    if (const Node key = c.keyword("foreign_key")) to = literal(key);
    if (!to || std::count(to->begin(), to->end(), '.') != 1 || notes.keys.size() >= kMostKeys) continue;
    if (f == "ForeignKey" && !file.imports_from("sqlalchemy") && !contains(c.name, "db.")) continue;
    notes.tables[top(file.path)];
    notes.keys.emplace_back(text::to_lower(to->substr(0, to->find('.'))),
                            Spot{place(file.path, c.line()), file.shown(c.node)});
  }
}

// Stops: an application that fails where it makes its tables, or reads the first related row.
void judge_foreign_tables(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ForeignTables>();
  if (notes.named_elsewhere) return;
  std::map<std::string, Recurring> told;
  for (const auto& [table, spot] : notes.keys) {
    const auto& near = notes.tables.at(top(spot.at.path));
    if (near.contains(table)) continue;
    const bool elsewhere = std::any_of(notes.tables.begin(), notes.tables.end(),
                                       [&, &name = table](const auto& t) { return t.second.contains(name); });
    const auto file = notes.in_file.find(spot.at.path);
    if (elsewhere && file == notes.in_file.end()) continue;
    const std::set<std::string>& those = elsewhere ? file->second : near;
    // Only where it is plain which one was meant: users for user, pharmacy for pharmacies.
    const auto meant = std::find_if(those.begin(), those.end(), [&, &name = table](const std::string& t) {
      return record_key(t) == record_key(name);
    });
    if (meant == those.end()) continue;
    auto& one = told.try_emplace(top(spot.at.path) + "/" + table, 12).first->second;
    if (auto* f = one.find(sink, "RUN-004", spot))
      f->title = "A foreign key names a table that no model makes (" + text::printable(table, 60) + ", not " +
                 text::printable(*meant, 60) + ")";
  }
}

}  // namespace gatehouse::audit::source
