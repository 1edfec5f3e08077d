#include "audit/source/data_receivers.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// At the top of a file: every call asks them, and a hostile file has any number of both.
constexpr int kMostStatements = 400;

// The record of db.collection("users"), AppDataSource.getRepository(User), getUserCollection(db).
std::string made_collection(Node declarator, std::string_view variable) {
  const auto made = as_call(unwrap(declarator.child("value")));
  if (!made) return {};
  const std::string_view maker = last(made->name);
  if (maker == "collection") return record_key(literal(made->arg(0)).value_or(std::string(variable)));
  if (!has_word(maker, {"collection", "repository", "model"})) return {};
  if (maker == "getRepository" || maker == "getMongoRepository" || maker == "model") {
    if (made->arg(0).is("identifier")) return record_key(made->arg(0).text());
    if (const auto name = literal(made->arg(0))) return record_key(*name);
  }
  std::string noun;
  for (const std::string& w : words(maker))
    if (w != "get" && w != "collection" && w != "repository" && w != "model" && w != "use" && w != "create") noun += w;
  return record_key(noun.empty() ? variable : std::string_view(noun));
}

}  // namespace

std::string held_collection(const File& file, const Call& c, std::string_view variable) {
  const auto meant = [&](Node d) { return d.child("name").text() == variable && d.begin() < c.node.begin(); };
  for (Node f = function_around(c.node); f; f = function_around(f))
    for (const Node d : f.all("variable_declarator"))
      if (meant(d)) return made_collection(d, variable);
  // const users = db.collection("users") at the top of the file
  int seen = 0;
  for (const Node statement : file.tree.root().children()) {
    if (++seen > kMostStatements) break;
    const Node list = statement.is("export_statement") ? statement.child("declaration") : statement;
    if (!list.any_of("lexical_declaration", "variable_declaration")) continue;
    for (const Node d : list.children())
      if (d.is("variable_declarator") && meant(d)) return made_collection(d, variable);
  }
  return {};
}

std::string typed_record(const Call& c, std::string_view member) {
  const Node cls = c.node.above("class_declaration", "class", "abstract_class_declaration");
  for (const Node b : cls.children()) {
    if (!b.is("class_body")) continue;
    for (const Node m : b.children()) {
      if (!m.is("method_definition") || m.child("name").text() != "constructor") continue;
      for (const Node p : m.child("parameters").children()) {
        if (p.child("pattern").text() != member) continue;
        const std::string_view type = p.child("type").text();
        for (const std::string_view kind : {"Repository<", "Model<", "typeof "})
          if (const std::size_t at = type.find(kind); at != type.npos) {
            const std::size_t begin = at + kind.size();
            const std::size_t end = kind.ends_with(' ') ? type.size() : type.find_first_of(">,", begin);
            if (end == type.npos) return {};
            std::string_view of = type.substr(begin, end - begin);
            if (kind == "Model<" && of.ends_with("Document") && of.size() > 8) of.remove_suffix(8);
            return record_key(of);
          }
      }
    }
  }
  return {};
}

bool handed_model(const Call& c, const std::vector<std::string_view>& parts) {
  if (parts.size() < 2) return false;
  const std::string_view receiver = parts[parts.size() - 2];
  static constexpr std::string_view kNames[] = {"model",       "repository", "repo",   "collection",
                                                "entity",      "delegate",   "table",  "dbmodel",
                                                "repository_", "model_",     "_model", "schema"};
  const std::string low = text::to_lower(receiver);
  if (std::find(std::begin(kNames), std::end(kNames), low) == std::end(kNames)) return false;
  if (parts.front() == "this") return parts.size() == 3;
  if (parts.size() != 2) return false;
  for (Node f = function_around(c.node); f; f = function_around(f))
    for (const Node p : parameters_of(f))
      if (p.text() == receiver) return true;
  return false;
}

}  // namespace gatehouse::audit::source
