#include "audit/source/model_texts.h"

#include <map>

#include "audit/source/lengths.h"
#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_spends.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

void tell(Recurring& told, Sink& sink, const Spot& at) {
  if (auto* f = told.find(sink, "VAL-001", at)) {
    f->title = "What clients send goes to a model that is paid by the word, however long it is";
    f->impact =
        "One request costs what a thousand were reckoned with, and room for a text of any length is room for one that "
        "makes the model do something else.";
    f->fix = "Bound every text and the number of messages before the model is asked, and cut what is too long.";
    f->severity = proof::Severity::medium;
    f->confidence = proof::Confidence::medium;
  }
}

// Field of a body: class -> where its first unbounded text, list or count stands.
struct BodyTexts {
  std::multimap<std::string, Spot, std::less<>> fields;
  std::map<std::string, std::vector<std::string>, std::less<>> parts;  // class -> classes its fields are of
  struct View {
    std::set<std::string> calls;
    bool asks = false;
    Spot at;
  };
  std::vector<View> views;  // of Django and Flask: a text as the request had it
};

// Words for which a model is asked, not what the row is told apart by.
bool small_word(std::string_view name) {
  return has_word(name, {"id",   "ids",  "email",    "type",  "status", "language", "lang",    "locale",   "model",
                         "role", "date", "level",    "token", "voice",  "format",   "style",   "gender",   "tone",
                         "size", "code", "currency", "key",   "phone",  "password", "session", "provider", "user"});
}

bool says_bound(const Code& code) {
  return icontains_any(code, {"max_length", "max_items", "constr", "conlist", "le=", "lt=", "literal[", "enum",
                              "stringconstraints", "pattern", "conint", "max_size", "maxlen"});
}

bool open_kind(std::string_view type, std::string_view name) {
  if (has_token(type, "str")) return !small_word(name);
  if (contains(type, "List[") || contains(type, "list[")) return true;
  return has_token(type, "int") &&
         (has_word(name, {"num", "count", "amount", "k", "topk", "n", "tokens", "length", "words", "pages"}) ||
          name == "top_k");
}

}  // namespace

// Stops: a chapter of a novel for the price of a question, sent by a loop.
void see_model_texts(const Flows& flows, const ResolvedRoute& r, const Cost& cost, Recurring& told, Sink& sink) {
  if (!cost.model || r.flow == nullptr || !r.flow->taken || r.flow->cuts || r.route->validated) return;
  if (r.route->framework == "nest" && r.route->declared) return;  // its class may bound it
  for (const Step& s : r.flow->steps) {
    if (s.touch || s.given.empty()) continue;
    if (--flows.credit < 0) return;
    for (const Flow* f : meant_by(flows, s.callee))
      if (f->cuts) return;
  }
  tell(told, sink, r.flow->taken->at);
  tell(told, sink, cost.at);
}

namespace {

// prompt = request.data.get("prompt"), data = request.get_json(); … data["question"]
void read_views(const File& file, BodyTexts& notes) {
  if (!icontains_any(file.code(), {"request.data", "request.post", "request.get_json", "request.json", "request.form",
                                   "request.body"}))
    return;
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f) && !contains(f.child("parameters").code(), "request")) continue;
    const Code code = f.code();
    if (bounds_length(code) || contains(code, "[:") ||
        icontains_any(code, {"is_valid(", "serializer", "schema", "validate("}))
      continue;
    std::set<std::string> wholes;
    Node at;
    for (const Node a : body(f).all("assignment")) {
      const Code right = a.child("right").code();
      const std::string_view left = a.child("left").text();
      const bool sent = icontains_any(
          right, {"request.data", "request.post", "request.get_json", "request.json", "request.form", "request.body"});
      const bool part = contains(right, ".get(") || contains(right, "[\"") || contains(right, "['");
      if (sent && !part) wholes.emplace(left);
      bool of_whole = sent && part;
      for (const std::string& w : wholes)
        of_whole = of_whole || contains(right, w + ".get(") || contains(right, w + "[");
      if (of_whole && !small_word(left) && !at &&
          has_word(left,
                   {"prompt", "text", "question", "message", "messages", "content", "query", "description", "input",
                    "topic", "notes", "body", "transcript", "resume", "job", "history", "code", "story"}))
        at = a;
    }
    if (!at) continue;
    notes.views.push_back(
        {called_names(file, f),
         icontains_any(code, {"completions.create", "messages.create(", "generate_content", "responses.create(",
                              "chatcompletion.create", "chain.invoke", "llm.invoke"}),
         {place(file.path, at.line()), file.shown(at)}});
  }
}

}  // namespace

void read_body_texts(File& file) {
  auto& notes = file.project.notes<BodyTexts>();
  read_views(file, notes);
  if (!icontains_any(file.code(), {"basemodel", "schema", "sqlmodel"})) return;
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string_view bases = cls.child("superclasses").text();
    if (bases.empty() || icontains_any(bases, {"settings", "enum", "exception"})) continue;
    const std::string name(cls.child("name").text());
    if (icontains_any(cls.code(),
                      {"@validator", "field_validator", "model_validator", "str_max_length", "max_anystr_length"}))
      continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment") || !a.child("type")) continue;
      const std::string_view type = a.child("type").text(), field = a.child("left").text();
      const std::string part = annotated_class(type);
      if (!part.empty() && part.front() >= 'A' && part.front() <= 'Z') notes.parts[name].push_back(part);
      if (open_kind(type, field) && !says_bound(a.code()))
        notes.fields.emplace(name, Spot{place(file.path, a.line()), file.shown(a)});
    }
  }
}

std::vector<Spot> unbounded_parameters(const File& file, Node f) {
  std::vector<Spot> out;
  if (bounds_length(f.code()) || contains(f.code(), "[:")) return out;
  for (const Node p : f.child("parameters").children()) {
    const Code whole = p.code();
    const std::string name = parameter_name(p);
    if (!has_token(p.child("type").text(), "str") || small_word(name) || says_bound(whole) ||
        !icontains_any(whole, {"form(", "body(", "query("}))
      continue;
    out.push_back({place(file.path, p.line()), file.shown(p)});
  }
  return out;
}

void judge_body_texts(const Project& project, const std::vector<const PythonRoute*>& asking, Sink& sink) {
  const auto& notes = project.notes<BodyTexts>();
  Recurring told(kMostModelTexts);
  for (const auto& v : notes.views)
    if (v.asks || reaches_spender(project.notes<PythonNotes>(), v.calls)) tell(told, sink, v.at);
  for (const PythonRoute* r : asking) {
    for (const Spot& s : r->open_texts) tell(told, sink, s);
    if (r->cuts) continue;
    for (const std::string& model : r->bodies) {
      std::vector<std::string> all{model};
      if (const auto it = notes.parts.find(model); it != notes.parts.end())
        all.insert(all.end(), it->second.begin(), it->second.end());
      for (const std::string& cls : all)
        if (const auto it = notes.fields.find(cls); it != notes.fields.end()) {
          tell(told, sink, it->second);
          break;
        }
    }
  }
}

}  // namespace gatehouse::audit::source
