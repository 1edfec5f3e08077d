#include "audit/source/python_told.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/schema.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 3;  // of answers within answers

// A class that answers are made of.
struct Shape {
  bool mail = false;
  std::vector<std::pair<std::string, std::string>> parts;  // field -> its class
};

// What one route answers.
struct Told {
  std::string type;            // the class its answer is declared to be
  bool list = false;           // … a list of them
  bool caller = false;         // what it does hangs on who asks
  std::optional<Spot> author;  // an address put beside what somebody wrote
  std::optional<Spot> person;  // … or in a row of a list of people
  std::set<std::string> calls;
};

struct ToldNotes {
  std::map<std::string, Shape> shapes;
  std::map<std::string, Told> routes;     // path + "#" + function
  std::map<std::string, Spot> writers;    // functions that put an author's address into what they make
  std::map<std::string, Spot> portraits;  // "User": its to_dict() tells the address
};

bool reach(std::string_view key) {
  return has_word(key, {"email", "phone", "mobile", "telephone", "mail"}) &&
         !has_word(key, {"verified", "confirmed", "template", "sent", "subject", "id", "support", "company", "shop",
                         "store", "contact", "notifications", "count", "exists"});
}

// Who wrote or owns what is shown.
bool author_word(std::string_view name) {
  return has_word(name, {"author", "owner", "seller", "creator", "poster", "uploader", "reviewer", "writer",
                         "commenter", "sender", "landlord", "host"}) &&
         !has_word(name, {"id", "current"});
}

// "UserOut" -> user: whose answer a class is by its name.
bool person_type(std::string_view type) {
  if (icontains_any(type, {"public", "brief", "summary", "mini", "short", "basic", "preview", "card", "token", "list"}))
    return false;
  std::string name(type);
  for (const std::string_view tail :
       {"Response", "Schema", "Read", "Out", "DTO", "Dto", "Model", "InDB", "Base", "Info"})
    if (name.size() > tail.size() && name.ends_with(tail)) name.resize(name.size() - tail.size());
  return people(record_key(name));
}

std::string inner_type(std::string_view type) {
  std::string name(type);
  while (!name.empty() && (name.back() == ']' || name.back() == ' ' || name.back() == '"')) name.pop_back();
  if (contains(name, "| None")) name = name.substr(0, name.find(" |"));
  if (const std::size_t open = name.find_last_of("[, |\""); open != std::string::npos) name.erase(0, open + 1);
  return std::string(last(name));
}

// author.email, author["email"], author.get("email", ""): of whom.
std::string of_whom(Node value) {
  value = unwrap(value);
  if (value.is("conditional_expression") && !value.children().empty()) value = unwrap(value.children().front());
  if (const auto c = as_call(value)) {
    const auto key = literal(c->arg(0));
    if (last(c->name) == "get" && key && reach(*key)) return c->name.substr(0, c->name.rfind('.'));
    if (last(c->name) == "str" && c->arg(0)) return of_whom(c->arg(0));
    return {};
  }
  if (value.is("attribute") && reach(value.child("attribute").text())) return dotted(value.child("object"));
  if (value.is("subscript"))
    if (const auto key = literal(value.child("subscript")); key && reach(*key)) return dotted(value.child("value"));
  return {};
}

// The name goes through many: for u in users, [… for u in users].
bool of_many(Node function, std::string_view name) {
  for (const char* type : {"for_statement", "for_in_clause"})
    for (const Node loop : function.all(type))
      if (loop.child("left").text() == name) return true;
  return false;
}

// The first address in what this function makes: `author` beside something, or one of many.
void read_addresses(const File& file, Node function, std::optional<Spot>& author, std::optional<Spot>& person) {
  const auto take = [&](std::string_view key, Node value, Node at) {
    if (!reach(key)) return;
    const std::string whom = of_whom(value);
    if (whom.empty() ||
        icontains_any(whom, {"current", "request", "payload", "body", "data", "settings", "self.email"}))
      return;
    const std::string_view who = last(whom);
    const Spot spot{place(file.path, at.line()), file.shown(at)};
    if (!author && (author_word(who) || (contains(whom, ".") && who == "user" && !whom.starts_with("g."))))
      author = spot;
    else if (!person && people(record_key(who)) && of_many(function, whom))
      person = spot;
    else if (!person && whom.size() == 1 && of_many(function, whom) && key != "phone" &&
             contains(function.code(), "User"))
      person = spot;
  };
  for (const Node p : body(function).all("pair"))
    if (const auto key = literal(p.child("key"))) take(*key, p.child("value"), p);
  for (const Call* c : file.calls_in(body(function)))
    if (c->name == "dict" || has_word(c->name, {"response", "out", "schema", "public"}))
      for (const auto& [key, value] : c->keywords) take(key, value, value);
}

bool caller_name(std::string_view name) {
  return has_word(name, {"user", "current", "me", "account", "member", "caller", "identity", "principal", "auth"}) &&
         !has_word(name, {"service", "repo", "repository", "id", "data", "manager", "crud"});
}

void read_route(const File& file, Node f, ToldNotes& notes) {
  Told told;
  for (const Node d : f.parent().children())
    if (const auto route = d.is("decorator") ? as_call(d.first()) : std::nullopt)
      if (const Node model = route->keyword("response_model")) {
        told.type = inner_type(model.text());
        told.list = icontains_any(model.text(), {"list[", "page[", "sequence["});
      }
  if (const Node type = f.child("return_type"); type && told.type.empty()) {
    told.type = inner_type(type.text());
    told.list = icontains_any(type.text(), {"list[", "page[", "sequence["});
  }
  const Code code = body(f).code();
  for (const Node p : f.child("parameters").children()) {
    const std::string name = parameter_name(p);
    if (contains(p.code(), "Depends") && caller_name(name) && has_token(code, name)) told.caller = true;
  }
  told.caller =
      told.caller || icontains_any(code, {"current_user", "get_jwt_identity", "g.user", "request.user", "session["});
  read_addresses(file, f, told.author, told.person);
  for (const Call* c : file.calls_in(body(f))) told.calls.emplace(last(c->name));
  notes.routes.emplace(std::string(file.path) + "#" + function_name(f), std::move(told));
}

void read_shape(const File& file, Node cls, ToldNotes& notes) {
  const std::string name(cls.child("name").text());
  Shape shape;
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment") || !a.child("left").is("identifier") || !a.child("type")) continue;
    const std::string_view field = a.child("left").text();
    if (contains(a.code(), "exclude=True")) continue;
    shape.mail = shape.mail || field == "email" || field == "phone" || field == "phone_number" || field == "mobile";
    const std::string type = inner_type(a.child("type").text());
    if (!type.empty() && type.front() >= 'A' && type.front() <= 'Z') shape.parts.emplace_back(field, type);
  }
  for (const std::string& base : bases_of(cls)) shape.parts.emplace_back("", std::string(last(base)));
  for (const Node m : cls.all("function_definition"))
    if (has_word(function_name(m), {"dict", "json", "serialize"}))
      for (const Node p : m.all("pair")) {
        const auto key = literal(p.child("key"));
        const Node value = unwrap(p.child("value"));
        if (!key || !reach(*key) || !value.is("attribute")) continue;
        const std::string of = dotted(value.child("object"));
        const Spot spot{place(file.path, p.line()), file.shown(p)};
        if (of == "self" && people(record_key(name))) notes.portraits.emplace(name, spot);
        if (of.starts_with("self.") && (author_word(last(of)) || last(of) == "user") && published(record_key(name)))
          notes.writers.emplace(name, spot);
      }
  notes.shapes.emplace(name, std::move(shape));
}

bool mail_of(const ToldNotes& notes, const std::string& type, int depth = 0) {
  const auto it = notes.shapes.find(type);
  if (it == notes.shapes.end() || depth > kDeepest) return false;
  return it->second.mail || std::any_of(it->second.parts.begin(), it->second.parts.end(), [&](const auto& part) {
           return part.first.empty() && mail_of(notes, part.second, depth + 1);  // what its bases have
         });
}

// PostOut { author: UserOut { email } }, Page[PostOut]
bool tells_author(const ToldNotes& notes, const std::string& type, int depth = 0) {
  const auto it = notes.shapes.find(type);
  if (it == notes.shapes.end() || depth > kDeepest) return false;
  for (const auto& [field, part] : it->second.parts) {
    if (part == type) continue;
    if ((author_word(field) || field == "user") && mail_of(notes, part)) return true;
    if (tells_author(notes, part, depth + 1)) return true;
  }
  return false;
}

bool told_near(const Sink& sink, const proof::Location& at) {
  return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
    return (f.id == "FA-005" || f.id == "AZ-001" || f.id == "FA-003") && !f.locations.empty() &&
           f.locations.front().path == at.path && f.locations.front().line >= at.line - 3 &&
           f.locations.front().line <= at.line + 12;
  });
}

void tell(Sink& sink, const Spot& at, std::string_view title) {
  auto& f = sink.find("FA-005", at.at, at.shown);
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.title = std::string(title);
  f.impact = "One request after the other gathers the addresses of all of them, for whoever sends mails to them.";
  f.fix = "Answer with a model of its own for other people: a name, a picture, no way to reach somebody.";
}

}  // namespace

void read_python_told(File& file) {
  const Code code = file.code();
  if (file.imports_from("django") || !icontains_any(code, {"email", "phone", "response_model", "user"})) return;
  auto& notes = file.project.notes<ToldNotes>();
  for (const Node cls : file.tree.all("class_definition")) read_shape(file, cls, notes);
  for (const Node f : file.tree.all("function_definition")) {
    if (route_function(f)) {
      read_route(file, f, notes);
    } else if (!f.above("class_definition")) {
      std::optional<Spot> author, person;
      read_addresses(file, f, author, person);
      if (author) notes.writers.emplace(function_name(f), *author);
    }
  }
}

void judge_python_told(const Project& project, const PythonRoute& r, std::string_view path, bool guarded, bool ranked,
                       bool locks, Sink& sink) {
  const auto& notes = project.notes<ToldNotes>();
  const auto it = notes.routes.find(r.file + "#" + r.function);
  if (it == notes.routes.end() || ranked || !locks ||
      has_word(path, {"admin", "me", "profile", "login", "signin", "signup", "register", "webhook", "token", "auth",
                      "contact", "staff", "internal", "export"}))
    return;
  const Told& told = it->second;
  const bool get = std::find(r.methods.begin(), r.methods.end(), "get") != r.methods.end();
  const std::string words = std::string(path) + " " + r.function;
  const bool shown =
      has_word(words, {"post",       "posts",    "comment",  "comments",  "review",  "reviews", "product", "products",
                       "listing",    "listings", "question", "questions", "answer",  "answers", "article", "articles",
                       "blog",       "item",     "items",    "recipe",    "recipes", "event",   "events",  "property",
                       "properties", "course",   "courses",  "topic",     "topics",  "feed"});
  const bool voted = has_word(words, {"vote", "upvote", "like", "downvote", "bookmark", "follow"});
  const Spot here{r.at, r.shown};
  // What stands beside a post, for strangers and for whoever reads posts.
  std::optional<Spot> author = told.author;
  if (!author && !told.type.empty() && tells_author(notes, told.type)) author = here;
  if (!author)
    for (const std::string& f : told.calls)
      if (const auto w = notes.writers.find(f); w != notes.writers.end()) author = w->second;
  if (!author && (told.calls.contains("to_dict") || told.calls.contains("serialize")))
    if (const auto w = notes.writers.find(r.model); w != notes.writers.end()) author = w->second;
  if (author && ((get && !guarded) || (shown && (get || voted)))) {
    if (!told_near(sink, author->at))
      tell(sink, *author,
           guarded ? "Whoever reads a post is given its author's address"
                   : "Strangers are given the address of whoever wrote or owns what they look at");
    return;
  }
  if (!get) return;
  // Rows of people.
  const bool typed =
      !told.type.empty() && person_type(told.type) && (mail_of(notes, told.type) || !notes.shapes.contains(told.type));
  const auto portrait = notes.portraits.find(r.model);
  const bool drawn = portrait != notes.portraits.end() && told.calls.contains("to_dict");
  const bool list = told.list || (!r.takes_id && (drawn || told.person));
  if (!typed && !drawn && !told.person) return;
  const Spot at = told.person && !typed ? *told.person : here;
  if (told.caller || told_near(sink, r.at)) return;
  if (!guarded) {
    if (list || r.takes_id) tell(sink, at, "Strangers are given a person's record, address and number with it");
  } else if (const SignUps& doors = project.notes<SignUps>(); sign_up_of(doors, true) != nullptr) {
    if (list)
      tell(sink, at, "Everybody who has an account is given the addresses of all others");
    else if (r.takes_id)
      tell(sink, at, "Everybody who has an account is given the record of anybody, address and all");
  }
}

}  // namespace gatehouse::audit::source
