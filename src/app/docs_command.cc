#include "app/docs_command.h"

#include <algorithm>
#include <ostream>

#include "app/reference.h"
#include "app/sections.h"
#include "controls/catalog.h"
#include "controls/policy.h"

namespace gatehouse::app {
namespace {

using conf::KeyDoc;

constexpr std::string_view kHelpText =
    "Prints every key of gatehouse.toml with its type, default and meaning, made from the descriptions that read the\n"
    "file. `schema` is a JSON Schema (2020-12) for editors that complete and check TOML. `controls` and `rules` are "
    "the\n"
    "reference of the guards, and of what the audit finds.\n"
    "\n"
    "examples:\n"
    "  gatehouse docs | less\n"
    "  gatehouse docs --format schema > gatehouse.schema.json\n"
    "\n"
    "exit codes: 0 printed, 2 the command line cannot be used\n";

constexpr std::string_view kIntroduction =
    "# Configuration\n"
    "\n"
    "Every key of `gatehouse.toml`. This page is made by `gatehouse docs` from the same descriptions that read the "
    "file;\n"
    "a test keeps it in step. `gatehouse check` says everything that is wrong with a file, at once.\n"
    "\n"
    "- Keys of the whole file stand at the top, before the first `[table]`.\n"
    "- A secret is never written here, only where it is: `{ env = \"NAME\" }` or `{ file = \"/path\" }`.\n"
    "- Durations: `250ms`, `10s`, `5m`, `24h`, `7d`. Sizes: `512`, `64KiB`, `1MiB`. Rates: `600/min`, `20/s`, "
    "`5/day`,\n"
    "  `100/10m`.\n"
    "- A bare value in place of a table gives the table's first key: `access = \"public\"`. A lone value in place of a "
    "list\n"
    "  is a list of one.\n"
    "- A control's table at the top is the default; the same table in a `[[host]]` or `[[route]]` replaces it whole, "
    "it is\n"
    "  never merged. `gatehouse check --effective PATH` prints what holds and from which line.\n"
    "- `enabled = false` needs a `reason`. `mode = \"observe\"` with `until = DATE` writes down what would be refused, "
    "and\n"
    "  is a finding as long as it lasts.\n";

struct All {
  controls::Catalog catalog = controls::catalog();
  ServiceConfigs services;
  std::vector<controls::Section> tables = sections(services);
  std::function<void(conf::Form&)> describe = controls::description(catalog, tables);
};

bool is_table(const KeyDoc& k) {
  return k.type == "table" || k.type == "list of tables" || k.type == "table of tables";
}

// "[cors]", "[[route]]", "[[route.query]]", "[upstream.NAME]".
std::string heading(const KeyDoc& k) {
  std::string path = k.path;
  for (std::size_t at = path.find("<name>"); at != path.npos; at = path.find("<name>")) path.replace(at, 6, "NAME");
  bool list = path.ends_with("[]");
  for (std::size_t at = path.find("[]"); at != path.npos; at = path.find("[]")) path.erase(at, 2);
  return list ? "[[" + path + "]]" : "[" + path + "]";
}

class ConfigurationPage {
 public:
  explicit ConfigurationPage(const All& all) : keys_(conf::document(all.describe)) {
    for (const auto& c : all.catalog) controls_.push_back(c.get());
  }

  std::string text() {
    out_ = kIntroduction;
    out_ += "\n## The whole file\n\n";
    rows("");
    for (const KeyDoc& k : keys_)
      if (is_table(k) && !repeated(k)) table(k);
    return std::move(out_);
  }

 private:
  const controls::Control* control(std::string_view id) const {
    auto it = std::find_if(controls_.begin(), controls_.end(), [&](const auto* c) { return c->card().id == id; });
    return it == controls_.end() ? nullptr : *it;
  }
  // A control's table inside a host or a route: described once, at the top.
  bool repeated(const KeyDoc& k) const {
    for (std::string_view place : {"host[].", "route[]."}) {
      if (!k.path.starts_with(place)) continue;
      std::string_view rest = std::string_view(k.path).substr(place.size());
      if (control(rest.substr(0, rest.find_first_of(".[")))) return true;
    }
    return false;
  }
  void table(const KeyDoc& k) {
    out_ += "\n## " + heading(k) + "\n\n";
    const controls::Control* c = control(k.path);
    if (c && c->card().title == k.doc) {  // [tls] and [limits] are the gate's own tables, and a control's beside that
      out_ += "A control. Without it: " + k.doc + ".";
      out_ += c->per_route() ? " May stand in `[[host]]` and `[[route]]`, too.\n\n" : " Holds for the whole gate.\n\n";
    } else if (!k.doc.empty()) {
      out_ += k.doc + ".\n\n";
    }
    if (k.path == "route[]" || k.path == "host[]")
      out_ += "Takes the keys below and the table of every control that may stand here.\n\n";
    rows(k.path);
  }
  void rows(const std::string& parent) { out_ += key_rows(keys_, parent); }

  std::vector<KeyDoc> keys_;
  std::vector<const controls::Control*> controls_;
  std::string out_;
};

json::Value configuration_json() {
  All all;
  json::Value list{json::Array{}};
  for (const KeyDoc& k : conf::document(all.describe)) {
    json::Value v;
    v.set("key", k.path)
        .set("type", k.type)
        .set("default", k.default_value)
        .set("required", k.required)
        .set("doc", k.doc);
    list.push(std::move(v));
  }
  return list;
}

int run(const Arguments& arguments, World& world) {
  std::string format = arguments.value_or("format", "markdown");
  if (format == "markdown") {
    world.out << configuration_page();
  } else if (format == "json") {
    world.out << json::write(configuration_json(), 2) << "\n";
  } else if (format == "schema") {
    world.out << json::write(configuration_schema(), 2) << "\n";
  } else if (format == "controls" || format == "rules") {
    for (const Page& page : format == "rules" ? rule_pages() : control_pages()) world.out << page.text << "\n";
  } else {
    world.err << "gatehouse docs: --format is markdown, json, schema, controls or rules\n";
    return kUsage;
  }
  return kOk;
}

}  // namespace

std::string configuration_page() { return ConfigurationPage(All{}).text(); }

json::Value configuration_schema() {
  All all;
  json::Value v = conf::schema(all.describe);
  v.set("title", "gatehouse.toml");
  return v;
}

Command docs_command() {
  return {
      "docs",    "Print the reference of the configuration, the controls or the audit's rules",
      "",        0,
      0,         {{"format", 0, "FORMAT", "markdown, json, schema, controls or rules; markdown when not given", false}},
      kHelpText, run};
}

}  // namespace gatehouse::app
