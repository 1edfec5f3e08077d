// What the answers of FastAPI and Flask carry: whole rows and documents, the server's own settings.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// user = db.users.find_one({…}); return jsonify(user): with the hash of the password.
void judge_whole_document(File& file, Node function) {
  for (const Node r : body(function).all("return_statement")) {
    for (const Node a : body(function).all("assignment")) {
      const auto made = as_call(unwrap(a.child("right")));
      if (!made || a.begin() > r.begin() || !a.child("left").is("identifier")) continue;
      const Call* query = nullptr;
      for (const Call* c : file.calls_in(a.child("right")))
        if (last(c->name) == "find_one" || last(c->name) == "find") query = c;
      if (query == nullptr || query->arg(1) || query->keyword("projection") ||
          !has_word(query->name, {"users", "user", "accounts", "members", "customers", "admins", "students"}))
        continue;
      const std::string name(a.child("left").text());
      Node given = unwrap(r.first());
      if (given.any_of("expression_list", "tuple")) given = unwrap(given.first());
      const auto answer = as_call(given);
      const bool whole =
          given.text() == name || (answer && has_word(last(answer->name), {"jsonify", "dumps", "encoder", "list"}) &&
                                   unwrap(answer->arg(0)).text() == name);
      if (!whole || icontains_any(function.code(), {".pop(", "del ", "exclude", name + " = {", "serialize"})) continue;
      file.hit("FA-005", r);
      return;
    }
  }
}

// The last class an answer's type names: "User" of list[models.User], Optional[User].
std::string shown_type(std::string_view type) {
  std::string name(type);
  while (!name.empty() && (name.back() == ']' || name.back() == ' ')) name.pop_back();
  if (const std::size_t open = name.find_last_of("[, |"); open != std::string::npos) name.erase(0, open + 1);
  return std::string(last(name));
}

// `return user`, where the model has a column nobody should see and no response_model leaves it out.
void judge_returned(File& file, Node function, std::string_view decorated, PythonNotes& notes) {
  // response_model=list[User], and User has a column nobody should see
  for (const Node d : function.parent().children())
    if (const auto route = d.is("decorator") ? as_call(d.first()) : std::nullopt)
      if (const Node model = route->keyword("response_model"); model && !route->keyword("response_model_exclude"))
        if (const std::string type = shown_type(model.text()); !type.empty())
          notes.returned.push_back({type, place(file.path, d.line()), file.shown(d)});
  if (const Node type = function.child("return_type"); type && !contains(decorated, "response_model"))
    if (const std::string name = shown_type(type.text()); !name.empty())
      notes.returned.push_back({name, place(file.path, function.line()), file.shown(function)});
  if (contains(decorated, "response_model") || function.child("return_type")) return;
  for (const Node r : body(function).all("return_statement")) {
    const Node v = unwrap(r.first());
    if (!(function_around(r) == function)) continue;
    if (const auto direct = as_call(v); direct && (last(direct->name) == "all" || last(direct->name) == "first")) {
      const std::string model = fetched_model(*direct);
      if (!model.empty()) notes.returned.push_back({model, place(file.path, r.line()), file.shown(r)});
    }
    if (!v.is("identifier")) continue;
    std::string type;
    for (const Node p : function.child("parameters").children()) {
      if (p.any_of("typed_parameter", "typed_default_parameter") &&
          (p.child("name") ? p.child("name") : p.first()).text() == v.text())
        type = std::string(p.child("type").text());
      // user=Depends(get_current_user)
      if (p.is("default_parameter") && p.child("name").text() == v.text())
        if (const auto d = as_call(p.child("value")); d && last(d->name) == "Depends" && d->arg(0))
          type = std::string(last(dotted(d->arg(0))));
    }
    for (const Node a : body(function).all("assignment")) {
      if (a.child("left").text() != v.text() || a.begin() > r.begin()) continue;
      const auto made = as_call(unwrap(a.child("right")));
      if (!made) continue;
      const std::string_view f = last(made->name);
      if (!f.empty() && f.front() >= 'A' && f.front() <= 'Z') type = std::string(f);
      if (f == "get" && made->args.size() >= 2) type = dotted(made->arg(0));
      if (const std::string own = active_record(*made); !own.empty() && f != "filter") type = own;
      if (f == "create" && made->name.size() > 7 && made->name.front() >= 'A' && made->name.front() <= 'Z')
        type = made->name.substr(0, made->name.size() - 7);  // User.create(…)
      if (icontains(made->node.code(), "select(") || icontains(made->name, "query(")) {
        for (const Call* c : file.calls_in(a.child("right")))
          if ((last(c->name) == "select" || last(c->name) == "query") && c->args.size() == 1) type = dotted(c->arg(0));
      }
    }
    if (!type.empty()) notes.returned.push_back({type, place(file.path, r.line()), file.shown(r)});
  }
}

// Keys of the server's own providers, by their names.
bool server_secret(std::string_view name) {
  if (has_word(name, {"publishable", "public", "anon", "pk", "site"})) return false;
  return secret_name(name) || name == "DATABASE_URL" || name == "database_url" ||
         (has_word(name, {"fal", "openai", "anthropic", "xai", "grok", "resend", "sendgrid", "twilio", "replicate",
                          "hetzner", "cloudflare", "minio", "aws", "s3", "gemini", "elevenlabs"}) &&
          has_word(name, {"key", "token", "secret"}));
}

// Stops: a configuration route that hands the server's keys to browsers.
void judge_server_settings(File& file, Node function) {
  for (const Node r : body(function).all("return_statement")) {
    for (const Node p : r.all("pair")) {
      const Node value = unwrap(p.child("value"));
      const std::string name = dotted(value);
      const bool settings =
          value.is("attribute") && icontains_any(name.substr(0, name.find('.')), {"settings", "config"});
      bool constant = value.is("identifier") && !name.empty() &&
                      std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
      const auto read = as_call(value);
      const bool direct = read && icontains_any(read->name, {"getenv", "environ.get"}) && literal(read->arg(0)) &&
                          server_secret(*literal(read->arg(0)));
      if (direct || ((settings || constant) && server_secret(last(name)))) {
        file.hit("SEC-018", p);
        return;
      }
    }
    for (const Call* c : file.calls_in(r)) {
      const std::string_view f = last(c->name);
      const std::string object = c->name.substr(0, c->name.find('.'));
      if ((f == "model_dump" || f == "dict" || f == "json" || f == "model_dump_json") &&
          (object == "settings" || object == "config" || object == "app_settings")) {
        file.hit("SEC-018", c->node).title = "Every setting of the server is sent in an answer";
        return;
      }
    }
    if (icontains_any(r.code(), {"dict(os.environ", "return os.environ", "**os.environ"})) {
      file.hit("SEC-018", r).title = "The whole environment is sent in an answer";
      return;
    }
  }
}

}  // namespace

// def to_dict(self): return {c.name: getattr(self, c.name) for c in self.__table__.columns}, of a model with a password
void judge_whole_rows(File& file) {
  for (const Node cls : file.tree.all("class_definition")) {
    bool secret = false;
    for (const Node a : cls.all("assignment"))
      secret = secret || has_word(a.child("left").text(), {"password", "passwd"}) ||
               a.child("left").text() == "hashed_password";
    if (!secret) continue;
    for (const Node f : cls.all("function_definition")) {
      if (!has_word(function_name(f), {"dict", "json", "serialize", "asdict"})) continue;
      const Code code = f.code();
      if (!icontains_any(code, {"__table__.columns", "self.__dict__", "mapper.column_attrs", "vars(self)"}) ||
          icontains_any(code, {"password", "exclude", "hidden", " not in ", ".pop("}))
        continue;
      file.hit("FA-005", body(f)).title = "Every column of a person goes into answers, the password's too";
    }
  }
}

// users = await User.find(…).to_list(); items = jsonable_encoder(users): all of each document, whoever answers with it.
static void note_encoded(const File& file, PythonNotes& notes) {
  if (!contains(file.code(), "jsonable_encoder(")) return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "jsonable_encoder" || c.keyword("exclude") || c.keyword("include") || c.args.size() != 1)
      continue;
    const Node given = unwrap(c.arg(0));
    const Node f = function_around(c.node);
    if (!f || !given.is("identifier")) continue;
    Node made;
    for (const Node a : body(f).all("assignment"))
      if (a.begin() < c.node.begin() && a.child("left").text() == given.text()) made = a.child("right");
    if (!made || icontains_any(made.code(), {".project(", "projection", ".values(", ".only(", ".aggregate("})) continue;
    for (const Call* q : file.calls_in(made))
      if (const std::string model = fetched_model(*q); !model.empty()) {
        notes.returned.push_back({model, place(file.path, c.line()), file.shown(c.node)});
        break;
      }
  }
}

// def get_current_user(…): user = db.get(User, …); return user
void read_given(const File& file, PythonNotes& notes) {
  note_encoded(file, notes);
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (!has_word(name, {"user", "current", "account", "caller", "me", "auth", "principal", "customer", "member"}) ||
        route_function(f) || f.child("return_type"))
      continue;
    for (const Node r : body(f).all("return_statement")) {
      const Node given = unwrap(r.first());
      if (!given.is("identifier") || !(function_around(r) == f)) continue;
      for (const Node a : body(f).all("assignment")) {
        if (a.child("left").text() != given.text()) continue;
        for (const Call* c : file.calls_in(a.child("right")))
          if (const std::string model = fetched_model(*c); !model.empty()) notes.gives.emplace(name, model);
      }
    }
  }
}

void judge_answers(File& file, Node function, std::string_view decorated, PythonNotes& notes) {
  judge_returned(file, function, decorated, notes);
  if (!contains(decorated, "response_model")) judge_whole_document(file, function);
  judge_server_settings(file, function);
}

}  // namespace gatehouse::audit::source
