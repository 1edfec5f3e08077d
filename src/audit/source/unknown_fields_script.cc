// The side of Mongoose, Prisma and Sequelize.
#include <algorithm>
#include <map>
#include <set>

#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/unknown_fields.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostAsked = 5000;  // of one project

struct ScriptFields {
  struct Model {
    std::set<std::string, std::less<>> fields;
    bool open = false;
    int times = 0;
  };
  struct Asked {
    std::string model, field;
    Spot at;
    bool prisma = false;
    std::string module = {};  // that the model's name was taken from
  };
  std::map<std::string, Model, std::less<>> models;         // of Mongoose, by record_key
  std::map<std::string, std::string, std::less<>> modules;  // module_of(file) -> its one model
  std::vector<Asked> asked;
  std::set<std::string, std::less<>> defined;               // models of Sequelize, as they are written
  std::vector<std::pair<std::string, Spot>> used;           // db.OrderDetails.findAll()
  std::set<std::string, std::less<>> used_names, assigned;  // db.X anywhere; db.X = …
};

bool one_of(std::string_view f, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), f) != names.end();
}

// new Schema({ … }, { timestamps: true }) and the model that is made of it, wherever both stand in the file
void read_mongoose(const File& file, ScriptFields& notes) {
  std::map<std::string, const Call*, std::less<>> schemas;
  for (const Call& c : file.calls)
    if (c.name == "new Schema" || c.name == "new mongoose.Schema")
      if (const Node d = c.node.above("variable_declarator"); d && unwrap(d.child("value")) == c.node)
        schemas[std::string(d.child("name").text())] = &c;  // and not one that stands within another
  for (const Call& c : file.calls) {
    if (last(c.name) != "model" || c.args.size() < 2) continue;
    const auto name = literal(unwrap(c.arg(0)));
    if (!name) continue;
    const Node made = unwrap(c.arg(1));
    const Call* schema = nullptr;
    if (const auto found = schemas.find(made.text()); found != schemas.end()) schema = found->second;
    for (const Call& inner : file.calls)
      if (inner.node == made && last(inner.name).ends_with("Schema")) schema = &inner;
    auto& model = notes.models[record_key(*name)];
    ++model.times;
    auto& made_here = notes.modules[module_of(file.path)];
    made_here = made_here.empty() ? record_key(*name) : "?";  // of two nobody knows which is meant
    const Node fields = schema == nullptr ? Node() : unwrap(schema->arg(0));
    if (!fields.is("object") || contains(file.code(), ".plugin(") || contains(file.code(), ".add(") ||
        contains(file.code(), "discriminator") || contains(file.code(), "strict")) {
      model.open = true;
      continue;
    }
    for (const Node part : fields.children()) {
      if (part.is("spread_element")) model.open = true;
      if (part.is("shorthand_property_identifier")) model.fields.emplace(part.text());
    }
    for (const auto& [key, value] : members(fields)) model.fields.insert(key);
    if (const Node options = unwrap(schema->arg(1)); options && contains(options.code(), "timestamps"))
      for (const char* field : {"createdAt", "updatedAt"}) model.fields.emplace(field);
    if (const Node options = unwrap(schema->arg(1)); options && !options.is("object")) model.open = true;
    if (contains(file.code(), "alias")) model.open = true;
  }
}

void ask(const File& file, ScriptFields& notes, const std::string& model, Node object, bool prisma) {
  for (const auto& [key, value] : members(object)) {
    const std::string field = key.substr(0, key.find('.'));
    if (field.empty() || field.front() == '$' || field.front() == '[' || field == "_id" || field == "__v" ||
        notes.asked.size() >= kMostAsked)
      continue;
    notes.asked.push_back({model, field, {place(file.path, value.line()), file.shown(value)}, prisma});
  }
}

void read_queries(const File& file, ScriptFields& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const std::size_t dot = c.name.rfind('.');
    if (dot == std::string::npos) continue;
    const std::string_view object = std::string_view(c.name).substr(0, dot);
    if (one_of(f, {"find", "findOne", "findOneAndUpdate", "updateOne", "updateMany", "deleteOne", "deleteMany",
                   "countDocuments", "exists", "findOneAndDelete"}) &&
        !object.empty() && object.front() >= 'A' && object.front() <= 'Z' && object.find('.') == object.npos) {
      const auto from = file.imports.find(object);
      const std::string module = from == file.imports.end() ? std::string() : resolve_module(file.path, from->second);
      const std::size_t before = notes.asked.size();
      ask(file, notes, record_key(object), unwrap(c.arg(0)), false);
      for (std::size_t i = before; i < notes.asked.size(); ++i) notes.asked[i].module = module;
    } else if (one_of(f, {"findUnique", "findFirst", "findMany", "update", "updateMany", "delete", "deleteMany",
                          "upsert", "create", "count", "findUniqueOrThrow", "findFirstOrThrow"}) &&
               has_word(object, {"prisma", "db", "tx", "client"}) && object.find('.') != object.npos) {
      for (const char* part : {"where", "data", "create", "update"})
        if (const Node given = unwrap(member(unwrap(c.arg(0)), part)); given.is("object"))
          ask(file, notes, std::string(last(object)), given, true);
    }
  }
}

void read_sequelize(const File& file, ScriptFields& notes) {
  for (const Call& c : file.calls)
    if (last(c.name) == "define" && c.args.size() > 1)
      if (const auto name = literal(unwrap(c.arg(0)))) notes.defined.insert(*name);
  if (contains(file.code(), "modelName"))
    for (const Node p : file.tree.all("pair"))
      if (p.child("key").text() == "modelName")
        if (const auto name = literal(unwrap(p.child("value")))) notes.defined.insert(*name);
  for (const Node a : file.tree.all("assignment_expression"))
    if (const std::string left = dotted(a.child("left")); left.starts_with("db."))
      notes.assigned.insert(left.substr(3));
  const auto db = file.imports.find("db");
  if (db == file.imports.end() || !contains(db->second, "models")) return;
  for (const Node m : file.tree.all("member_expression")) {
    const std::string_view name = m.child("property").text();
    if (m.child("object").text() != "db" || name.empty() || name.front() < 'A' || name.front() > 'Z') continue;
    notes.used_names.emplace(name);
    if (notes.used.size() < kMostAsked && m.parent().is("member_expression"))
      notes.used.emplace_back(name, Spot{place(file.path, m.line()), file.shown(m)});
  }
}

struct PrismaModel {
  std::string name, text;
};

// The models of every schema file, by the name that the client gives them.
std::map<std::string, PrismaModel, std::less<>> prisma_models(const Project& project) {
  std::map<std::string, PrismaModel, std::less<>> out;
  for (const Entry& e : project.entries()) {
    if (!e.path.ends_with(".prisma")) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    const std::string_view text = source->text();
    for (std::size_t at = text.find("model "); at != text.npos; at = text.find("model ", at + 6)) {
      const std::size_t open = text.find('{', at), close = text.find("\n}", at);
      if (open == text.npos || close == text.npos || open > close || (at > 0 && text[at - 1] != '\n')) continue;
      const std::string name(text::trim(text.substr(at + 6, open - at - 6)));
      if (name.empty()) continue;
      std::string key = name;
      key.front() = text::lower(key.front());
      if (auto [it, fresh] = out.emplace(key, PrismaModel{name, std::string(text.substr(open, close - open))}); !fresh)
        it->second.name.clear();  // two of this name: neither is held against anything
    }
  }
  return out;
}

proof::Finding& tell(Sink& sink, const Spot& at, std::string_view field, std::string_view model,
                     std::string_view alike) {
  auto& f = sink.find("RUN-004", at.at, at.shown);
  f.title = text::printable(field, 60) + " is no field of " + text::printable(model, 60);
  if (!alike.empty()) f.title += ", " + text::printable(alike, 60) + " is";
  f.impact =
      "The query finds nothing, or, where unknown fields are left out of a filter, anything at all; others raise an "
      "error "
      "at every request.";
  f.fix = "Name the field as the schema does, and send the route one request in a test.";
  return f;
}

std::string_view spelled_like(const std::set<std::string, std::less<>>& fields, std::string_view field) {
  for (const std::string& f : fields)
    if (text::iequals(f, field)) return f;
  return {};
}

// A word of the block that differs in its case alone.
std::string spelled_in(std::string_view block, std::string_view field) {
  for (std::size_t at = 0; at + field.size() <= block.size(); ++at)
    if (text::iequals(block.substr(at, field.size()), field) && has_token(block, block.substr(at, field.size())))
      return std::string(block.substr(at, field.size()));
  return {};
}

}  // namespace

void read_fields_script(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<ScriptFields>();
  if (icontains(file.code(), "mongoose")) read_mongoose(file, notes);
  read_queries(file, notes);
  read_sequelize(file, notes);
}

void judge_script_fields(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ScriptFields>();
  const auto prisma = prisma_models(project);
  // Mongoose 6 takes what the schema does not know out of a filter.
  const bool strips = std::any_of(project.dependencies.begin(), project.dependencies.end(), [](const Dependency& d) {
    const std::string_view v = d.version.empty() ? d.wanted : d.version;
    const std::size_t digit = v.find_first_of("0123456789");
    return d.name == "mongoose" && digit != v.npos && v[digit] == '6' && (digit + 1 == v.size() || v[digit + 1] == '.');
  });
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& asked : notes.asked) {
    if (asked.prisma) {
      const auto at = prisma.find(asked.model);
      if (at == prisma.end() || at->second.name.empty() || has_token(at->second.text, asked.field) ||
          one_of(asked.field, {"AND", "OR", "NOT"}) || contains(asked.field, "_") ||
          !told.emplace(asked.model, asked.field).second)
        continue;
      tell(sink, asked.at, asked.field, at->second.name, spelled_in(at->second.text, asked.field));
      continue;
    }
    const auto module = notes.modules.find(asked.module);
    const std::string& model = module == notes.modules.end() ? asked.model : module->second;
    const auto at = notes.models.find(model);
    if (at == notes.models.end() || at->second.open || at->second.times != 1 || at->second.fields.empty() ||
        at->second.fields.contains(asked.field) ||
        !told.emplace(asked.at.at.path, model + "#" + asked.field + std::to_string(asked.at.at.line)).second)
      continue;
    auto& f = tell(sink, asked.at, asked.field, "the schema of " + model, spelled_like(at->second.fields, asked.field));
    if (!strips) continue;
    f.title += ": the filter is left out, and any record is found";
    f.severity = proof::Severity::high;
  }
  // db.OrderDetails where the model is called OrderDetail
  for (const auto& [name, spot] : notes.used) {
    if (notes.defined.contains(name) || notes.assigned.contains(name)) continue;
    const auto alike = std::find_if(notes.defined.begin(), notes.defined.end(), [&](const std::string& d) {
      return record_key(d) == record_key(name) && notes.used_names.contains(d);
    });
    if (alike == notes.defined.end() || !told.emplace("db", name).second) continue;
    auto& f = sink.find("RUN-004", spot.at, spot.shown);
    f.title = "The model is called " + text::printable(*alike, 60) + ": db." + text::printable(name, 60) +
              " is undefined, and every request that comes this far fails";
  }
}

}  // namespace gatehouse::audit::source
