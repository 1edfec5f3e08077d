#include "audit/source/python_hung.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/python_notes.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 500;  // of one project
constexpr std::size_t kMostTold = 12;

struct HungNotes {
  // A new record with a key in it that the client chose.
  struct Made {
    std::string model;
    std::string field;            // the key; empty where a whole body is poured in
    std::string body;             // its type then
    std::string function;         // no route: whoever calls it
    std::set<std::string> asked;  // fields of the body that something else looks at
    Spot spot;
  };
  std::vector<Made> made;
  std::map<std::string, std::set<std::string>> body_keys;  // TaskCreate -> project_id, …
};

bool capital(std::string_view s) { return !s.empty() && s.front() >= 'A' && s.front() <= 'Z'; }

// It turns a value into another one, shows it or writes it down, and asks nobody about it.
bool quiet(const Call& c) {
  const std::string_view f = last(c.name);
  return f == "all" || f == "any" || f == "int" || f == "str" || f == "print" || f == "flash" || f == "render" ||
         f == "render_template" || f == "jsonify" || f == "dict" || f == "url_for" || f == "redirect" ||
         f == "isinstance" || f == "info" || f == "debug" || f == "warning" || f == "error" || f == "exception" ||
         f == "len" || f == "bool" || f == "float" || f == "reverse" || f == "add_task" || f == "append" ||
         (capital(f) && f != "Q" && f != "Exists");
}

// What is read of the request: request.form.get("contact_id"), data["contact_id"], body.contact_id; with its key.
std::string sent_key(Node value) {
  value = unwrap(value);
  if (const auto c = as_call(value)) {
    if ((c->name == "int" || c->name == "str" || last(c->name) == "UUID" || last(c->name) == "ObjectId") &&
        c->args.size() == 1)
      return sent_key(c->arg(0));
    if (last(c->name) != "get" || !literal(c->arg(0))) return {};
    const std::string from = c->name.substr(0, c->name.rfind('.'));
    const bool request = icontains_any(from, {"request.", "get_json", "kwargs", "session"})
                             ? !icontains(from, "session")
                             : has_word(from, {"data", "body", "payload", "form", "json", "params", "args"});
    return request ? *literal(c->arg(0)) : std::string();
  }
  if (value.is("subscript")) {
    const auto key = literal(value.child("subscript"));
    const std::string from = dotted(value.child("value"));
    if (!key || icontains_any(from, {"session", "claims", "token", "user"})) return {};
    return icontains(from, "request.") || has_word(from, {"data", "body", "payload", "form", "json", "kwargs"})
               ? *key
               : std::string();
  }
  return {};
}

// The function's own parameters that come from the client: of a route each simple one, and each with a body's type.
std::set<std::string> sent_parameters(Node f, bool route) {
  std::set<std::string> out;
  for (const Node p : f.child("parameters").children()) {
    const std::string name = parameter_name(p);
    const std::string_view type = p.child("type").text();
    if (name.empty() || name == "self" || name == "request" || name == "cls" || contains(p.code(), "Depends(") ||
        has_word(type, {"session", "user", "depends", "db", "request", "background", "current", "dep", "connection"}) ||
        has_word(name, {"db", "session", "user", "me", "caller", "owner", "conn", "author"}))
      continue;
    if (route || capital(last(annotated_class(type)))) out.insert(name);
  }
  return out;
}

// Whether anything but the making itself looks at what was sent: a query with it, a question, a helper.
bool asked_about(const File& file, Node f, Node made, const std::set<std::string>& names, std::string_view noun) {
  const auto about = [&](const Code& code) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(code, n); });
  };
  for (const Call* c : file.calls_in(f)) {
    if (c->node.inside(made) || made.inside(c->node) || quiet(*c)) continue;
    const std::string_view m = last(c->name);
    if (about(c->node.child("arguments").code()) && m != "get" && m != "add" && m != "route" && m != "post")
      return true;
    // Contact.query.get(contact_id), and not request.form.get("contact_id")
    if (m == "get" && sent_key(c->node).empty() && about(c->node.child("arguments").code())) return true;
  }
  for (const Node c : f.all("comparison_operator"))
    if (!c.inside(made) && about(c.code()) && !icontains_any(c.code(), {"none", "\"\"", "''", " 0", "< 1"}))
      return true;
  // project: Project = Depends(get_own_project), @owns("project")
  for (const Node p : f.child("parameters").children())
    if (contains(p.code(), "Depends(") && icontains(p.code(), noun)) return true;
  for (const std::string& d : decorators(f))
    if (has_word(d, {"owner", "owns", "member", "access", "permission", "permissions", "admin", "staff", "role",
                     "roles", "required_role", "superuser"}) ||
        (icontains(d, noun) && !contains(d, "\"/") && !contains(d, "'/")))
      return true;
  return false;
}

std::string noun_of_key(std::string_view key) {
  if (key.ends_with("_id") || key.ends_with("_pk")) key.remove_suffix(3);
  return std::string(key);
}

bool key_name(std::string_view key) {
  return key.size() > 4 && key.ends_with("_id") && !identity_field(key) && !person_id(key) &&
         !has_word(key, {"external", "stripe", "request", "session", "message", "transaction", "payment", "device",
                         "product", "category", "plan", "price", "type", "status", "parent", "by", "user"});
}

bool signed_in(const File& file, Node f) {
  std::string before;
  for (const std::string& d : decorators(f)) before += d;
  return depends_on_guard(file, f.child("parameters"), nullptr) ||
         icontains_any(before,
                       {"login_required", "jwt_required", "token_required", "auth_required", "authenticated"}) ||
         guard_in_body(body(f).code()) || icontains_any(body(f).code(), {"current_user.", "request.user"});
}

void read_made(const File& file, Node f, HungNotes& notes) {
  const bool route = route_function(f);
  const Node parameters = f.child("parameters");
  const bool django = has_token(parameters.code(), "request") && !route;
  const bool layer = !route && !django;
  const Code code = body(f).code();
  if (notes.made.size() >= kMostNoted ||
      !(contains(code, "_id") || contains(code, "model_dump") || contains(code, "dict(") ||
        contains(code, "model_validate") || contains(code, "from_orm") || contains(code, "parse_obj") ||
        (django && contains(code, "request."))) ||
      (!layer && !signed_in(file, f)))
    return;
  const auto mine = sent_parameters(f, !layer);
  const auto handed = [&](std::string_view name) {
    for (const Node p : parameters.children())
      if (parameter_name(p) == name) return true;
    return false;
  };
  std::map<std::string, std::string> given;  // a name -> the key it was read by
  for (const Node a : body(f).all("assignment"))
    if (a.child("left").is("identifier"))
      if (std::string key = sent_key(a.child("right")); !key.empty()) given[std::string(a.child("left").text())] = key;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    // db.comments.insert_one({"document_id": doc_id}), table("prompts").insert({"chart_id": chart_id})
    if (const Node row = unwrap(c->arg(0)); (m == "insert_one" || m == "insert") && row.is("dictionary")) {
      for (const auto& [key, value] : members(row)) {
        const Node v = unwrap(value);
        std::set<std::string> names;
        if (v.is("identifier") && given.contains(std::string(v.text())))
          names = {std::string(v.text()), given[std::string(v.text())]};
        else if (v.is("identifier") && (mine.contains(std::string(v.text())) || (layer && key_name(v.text()))))
          names = {std::string(v.text())};
        else if (const std::string sent = sent_key(v); !sent.empty())
          names = {sent};
        else if (v.is("attribute") && mine.contains(std::string(v.child("object").text())))
          names = {std::string(v.child("attribute").text())};
        if (names.empty() || !key_name(key) || asked_about(file, f, c->node, names, noun_of_key(key))) continue;
        notes.made.push_back({{},
                              key,
                              {},
                              layer ? function_name(f) : std::string(),
                              {},
                              {place(file.path, c->line()), file.shown(c->node)}});
        break;
      }
      continue;
    }
    std::string model;
    const bool validated = m == "model_validate" || m == "from_orm" || m == "parse_obj";
    if (validated)
      model = std::string(last(c->name.substr(0, c->name.rfind('.'))));
    else if (m == "create" && contains(c->name, ".objects"))
      model = std::string(last(c->name.substr(0, c->name.find(".objects"))));
    else if (capital(m))
      model = std::string(m);
    if (!capital(model) || model.ends_with("Error") || model.ends_with("Response") || model.ends_with("Serializer"))
      continue;
    for (const auto& [name, value] : c->keywords) {
      const Node v = unwrap(value);
      const std::string key(name);
      std::set<std::string> names;
      if (const std::string root = dotted(v).substr(0, dotted(v).find('.')); v.is("attribute") && mine.contains(root)) {
        if (!key_name(last(dotted(v)))) continue;
        names = {std::string(last(dotted(v)))};
      } else if (v.is("identifier") && given.contains(std::string(v.text()))) {
        names = {std::string(v.text()), given[std::string(v.text())]};
      } else if (v.is("identifier") && (layer ? handed(v.text()) : mine.contains(std::string(v.text()))) &&
                 key_name(v.text())) {
        names = {std::string(v.text())};
      } else if (const std::string sent = sent_key(v); !sent.empty()) {
        names = {sent};
      }
      if (names.empty() || (!key_name(key) && !django) || asked_about(file, f, c->node, names, noun_of_key(key)))
        continue;
      notes.made.push_back({model,
                            key,
                            {},
                            layer ? function_name(f) : std::string(),
                            {},
                            {place(file.path, c->line()), file.shown(c->node)}});
      break;
    }
    // Task(**body.model_dump(), created_by=user.id), Task.model_validate(body)
    std::vector<std::string> poured;
    for (const Node splat : c->node.child("arguments").all("dictionary_splat")) {
      const auto dump = as_call(unwrap(splat.first()));
      if (dump && (last(dump->name) == "model_dump" || last(dump->name) == "dict"))
        poured.push_back(dump->name.substr(0, dump->name.find('.')));
    }
    if (validated) poured.emplace_back(unwrap(c->arg(0)).text());
    for (const std::string& root : poured) {
      std::string type;
      for (const Node p : parameters.children())
        if (parameter_name(p) == root) type = annotated_class(p.child("type").text());
      if (type.empty()) continue;
      HungNotes::Made made{model, {},
                           type,  layer ? function_name(f) : std::string(),
                           {},    {place(file.path, c->line()), file.shown(c->node)}};
      for (const Node a : body(f).all("attribute"))
        if (a.child("object").text() == root) made.asked.emplace(a.child("attribute").text());
      for (const auto& [name, value] : c->keywords) made.asked.emplace(name);
      for (const Call* other : file.calls_in(body(f)))
        if (!(other->node == c->node) &&
            has_word(last(other->name), {"check", "validate", "verify", "ensure", "require", "assert"}) &&
            has_token(other->node.child("arguments").code(), root))
          made.body.clear();
      if (!made.body.empty()) notes.made.push_back(std::move(made));
      break;
    }
  }
}

// class TaskCreate(BaseModel): project_id: int
void read_bodies(Node cls, HungNotes& notes) {
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment") || !a.child("type")) continue;
    const std::string field(a.child("left").text());
    if (key_name(field) && notes.body_keys.size() < kMostNoted)
      notes.body_keys[std::string(cls.child("name").text())].insert(field);
  }
}

// No function of another's, or some route behind a sign-in calls it, and asks about the parent nowhere by name.
bool called_by_somebody(const PythonNotes& notes, const std::string& function, const std::string& noun) {
  if (function.empty()) return true;
  bool reached = false, asked = false;
  for (const PythonRoute& r : notes.routes) {
    if (!r.calls.contains(function)) continue;
    reached = reached || (r.guarded && !r.admin_guard && !r.asks_rights);
    for (const std::string& c : r.calls)
      asked = asked || (c != function && icontains(c, noun)) ||
              has_word(c, {"check", "ensure", "verify", "require", "validate", "authorize", "owns"});
    for (const std::string& d : r.dependencies) asked = asked || icontains(d, noun);
  }
  return reached && !asked;
}

}  // namespace

const Model* model_named(const PythonNotes& notes, std::string_view name) {
  for (const Model& m : notes.models)
    if (m.name == name || m.table == name) return &m;
  for (const Model& m : notes.models)
    if (record_key(m.name) == record_key(name)) return &m;
  return nullptr;
}

// What the key of a model points to, when that is somebody's own and no person, nor what is written for everybody.
const Model* parent_of_key(const PythonNotes& notes, const Model* made, std::string_view field) {
  const std::string noun = noun_of_key(field);
  const Model* target = nullptr;
  if (made != nullptr) {
    auto it = made->keys.find(std::string(field));
    if (it == made->keys.end()) it = made->keys.find(noun);
    if (it != made->keys.end()) target = model_named(notes, it->second);
  } else {
    target = model_named(notes, noun);
  }
  // A clinic's patient is no account: somebody with one keeps him.
  const bool account =
      target != nullptr && people(record_key(target->name)) &&
      std::none_of(target->keys.begin(), target->keys.end(), [](const auto& k) {
        return people(record_key(k.second)) && k.first != "user" && k.first != "user_id" && k.first != "account";
      });
  if (target == nullptr || published(record_key(target->name)) || account || owner_field(noun) ||
      belongs_to_somebody(notes, target->name) != true)
    return nullptr;
  return target;
}

bool told_near(const Sink& sink, const Spot& s, std::initializer_list<std::string_view> ids) {
  return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
    const auto& l = f.locations.front();
    return std::find(ids.begin(), ids.end(), f.id) != ids.end() && l.path == s.at.path && l.line + 4 > s.at.line &&
           l.line < s.at.line + 4;
  });
}

proof::Finding& tell_hung(const Spot& spot, const Model& target, Sink& sink) {
  auto& f = sink.find("AZ-001", spot.at, spot.shown);
  f.title = "A record is put below another one (" + text::printable(target.name, 60) +
            ") by its id, and nobody asks whose that is";
  f.confidence = proof::Confidence::medium;
  return f;
}

void read_python_hung(File& file) {
  auto& notes = file.project.notes<HungNotes>();
  for (const Node cls : file.tree.all("class_definition")) {
    const auto bases = bases_of(cls);
    if (any_base(bases, {"BaseModel", "SQLModel", "Base", "Schema"}) ||
        icontains_any(cls.child("superclasses").text(), {"base"}))
      read_bodies(cls, notes);
  }
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f)) continue;
    read_made(file, f, notes);
  }
}

void judge_python_hung(const Project& project, Sink& sink) {
  const auto& python = project.notes<PythonNotes>();
  const auto& notes = project.notes<HungNotes>();
  std::size_t told = 0;
  const auto known = [&](const Spot& at, std::initializer_list<std::string_view> ids) {
    return told_near(sink, at, ids);
  };
  const auto tell = [&](const Spot& spot, const Model& target) {
    tell_hung(spot, target, sink);
    ++told;
  };
  const auto& schema = project.notes<Schema>();
  for (const HungNotes::Made& m : notes.made) {
    if (told >= kMostTold) return;
    const Model* made = model_named(python, m.model);
    // Rows of a database without classes: its own schema says whose they are, or their name.
    if (m.model.empty() && !known(m.spot, {"AZ-001", "AZ-002", "FA-003"})) {
      const std::string noun = record_key(noun_of_key(m.field));
      const Record* r = schema.of(noun);
      if ((r != nullptr ? r->owned && !r->person : personal_noun(noun)) && !published(noun) && !people(noun) &&
          called_by_somebody(python, m.function, noun)) {
        Model row;
        row.name = noun;
        tell(m.spot, row);
      }
      continue;
    }
    if (made == nullptr || known(m.spot, {"AZ-001", "AZ-002", "FA-003", "DJ-036"})) continue;
    std::set<std::string> fields;
    if (m.body.empty()) {
      fields.insert(m.field);
    } else if (const auto it = notes.body_keys.find(m.body); it != notes.body_keys.end()) {
      fields = it->second;
    }
    if (const auto base = python.model_bases.find(m.body); !m.body.empty() && base != python.model_bases.end())
      for (const auto& [name, keys] : notes.body_keys)
        if (has_token(base->second, name)) fields.insert(keys.begin(), keys.end());
    const Model* target = nullptr;
    for (const std::string& f : fields)
      if (target == nullptr && !m.asked.contains(f)) target = parent_of_key(python, made, f);
    if (target == nullptr) continue;
    if (!called_by_somebody(python, m.function, record_key(target->name))) continue;
    tell(m.spot, *target);
  }
}

}  // namespace gatehouse::audit::source
