#include "audit/source/django_rights.h"

#include <algorithm>

#include "audit/source/django_scope.h"
#include "audit/source/python_class.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

void read_serializer(const File& file, Node cls, PythonNotes& notes) {
  if (!any_base(bases_of(cls), {"Serializer", "Form"})) return;
  SerializerNote s;
  const Node meta = inner_class(cls, "Meta");
  s.model = std::string(last(dotted(attribute(meta, "model").child("right"))));
  s.all = literal(unwrap(attribute(meta, "fields").child("right"))) == "__all__";
  const Code code = cls.code();
  s.knows_caller = icontains_any(code, {"request.user", "context[", "context.get", "currentuserdefault"});
  s.looks_at_files = icontains_any(code, {".size", "content_type", "validators", "def validate", "def clean"});
  for (const std::string& f : names_in(attribute(meta, "read_only_fields").child("right"))) s.read_only.insert(f);
  for (const Call* c : file.calls_in(cls))
    if (c->keyword("read_only").is("true") || has_word(last(c->name), {"hidden"}))
      s.read_only.emplace(c->node.above("assignment").child("left").text());
  for (const auto& [key, value] : members(attribute(meta, "extra_kwargs").child("right")))
    if (member(value, "read_only").is("true")) s.read_only.insert(key);
  notes.serializers[std::string(cls.child("name").text())] = std::move(s);
}

void read_file_fields(const File& file, Node cls, PythonNotes& notes) {
  if (!any_base(bases_of(cls), {"Model"})) return;
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    const auto call = a.is("assignment") ? as_call(unwrap(a.child("right"))) : std::nullopt;
    if (!call || last(call->name) != "FileField" || call->keyword("validators")) continue;
    notes.file_fields.push_back({std::string(cls.child("name").text()),
                                 std::string(a.child("left").text()),
                                 {place(file.path, a.line()), file.shown(a)}});
  }
}

bool staff_only(const File& file, Node f) {
  const Node cls = f.above("class_definition");
  std::string said(file.path);
  for (const Node n : {f, cls})
    if (n)
      for (const std::string& d : decorators(n)) said += d;
  for (const std::string& p : names_in(attribute(cls, "permission_classes").child("right"))) said += p;
  return icontains_any(said, {"admin", "staff", "superuser", "commands/", "permission_required"}) || admin_in_body(f) ||
         icontains_any(f.code(), {"is_staff", "is_superuser"});
}

// Stops: request.user.plan = request.data["plan"], create_user(role=request.data["role"]).
void judge_rights_written(File& file, Node f) {
  if (!contains(f.child("parameters").code(), "request") && !contains(f.code(), "self.request")) return;
  if (staff_only(file, f)) return;
  const auto sent = client_names(f);
  const auto from_client = [&](Node value) {
    value = unwrap(value);
    if (value.is("identifier")) {
      // A parameter may be anything; what was read from the request is the client's.
      for (const Node a : f.all("assignment"))
        if (a.child("left").text() == value.text() && client_words(a.child("right").code())) return true;
      return false;
    }
    return (value.is("call") || value.is("subscript")) && client_words(value.code()) &&
           !icontains_any(value.code(), {".objects", "filter("});
  };
  // Chosen from a list that the program made.
  const auto weighed = [&](Node value) {
    for (const Node c : f.all("comparison_operator"))
      if (contains(c.code(), " in ") && (contains(c.code(), value.text()) || has_token(c.code(), "role"))) return true;
    return false;
  };
  const auto tell = [&](Node at, std::string_view field, Node value) {
    const bool chosen = has_word(field, {"role", "roles", "type"}) && weighed(value);
    if (chosen) return false;
    file.hit("AZ-007", at).title = "The client sets what decides its rights (" + std::string(field) + ")";
    return true;
  };
  for (const Node a : f.all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("attribute") || !privileged_field(left.child("attribute").text()) || !from_client(a.child("right")))
      continue;
    const std::string object = dotted(left.child("object"));
    if (!contains(object, "user") &&
        !has_word(object, {"profile", "account", "member", "customer", "wallet", "seller"}))
      continue;
    if (tell(a, left.child("attribute").text(), a.child("right"))) return;
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "create_user" && !(m == "create" && has_word(c->name, {"user", "profile", "account", "member"}))) continue;
    for (const auto& [key, value] : c->keywords)
      if (privileged_field(key) && from_client(value) && tell(c->node, key, value)) return;
  }
}

// The view leaves it to its base to fill the serializer, or does so itself and adds nothing.
bool fills_serializer(const File& file, Node cls) {
  for (const Call* c : file.calls_in(cls))
    if (last(c->name) == "save" && !c->keywords.empty()) return false;
  for (const char* name : {"create", "post", "put", "update", "patch", "perform_create"})
    if (const Node m = method(cls, name);
        m && !icontains_any(m.code(), {"get_serializer(", "super(", "serializer.save"}))
      return false;
  return true;
}

}  // namespace

void read_rights(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    read_serializer(file, cls, notes);
    read_file_fields(file, cls, notes);
  }
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) judge_rights_written(file, f);
}

void note_serializers(const File& file, Node view, View& out) {
  const Code code = view.code();
  if (view.is("class_definition") && out.writes && !contains(code, "request.user"))
    if (const Node a = attribute(view, "serializer_class"); a && fills_serializer(file, view))
      out.takes.push_back({std::string(last(dotted(a.child("right")))), {place(file.path, a.line()), file.shown(a)}});
  for (const Call* c : file.calls_in(view)) {
    const std::string_view f = last(c->name);
    const Node data = c->keyword("data");
    const Node function = function_around(c->node);
    if (!f.ends_with("Serializer") || !data || !function || contains(function.code(), "request.user")) continue;
    bool sent = client_words(data.code()) || contains(data.code(), "request.data");
    for (const Node a : function.all("assignment"))
      sent = sent || (a.child("left").text() == data.text() && icontains(a.child("right").code(), "request.data"));
    bool plain = false;
    for (const Call* s : file.calls_in(function))
      plain = plain || (last(s->name) == "save" && s->args.empty() && s->keywords.empty());
    if (sent && plain) out.takes.push_back({std::string(f), {place(file.path, c->line()), file.shown(c->node)}});
  }
}

void judge_rights(const PythonNotes& notes, const View& view, Sink& sink, std::set<std::string>& told) {
  for (const auto& [name, spot] : view.takes) {
    const auto it = notes.serializers.find(name);
    if (it == notes.serializers.end()) continue;
    const SerializerNote& s = it->second;
    const auto model =
        std::find_if(notes.models.begin(), notes.models.end(), [&](const Model& m) { return m.name == s.model; });
    // Stops: orders and messages in somebody else's name.
    if (s.all && !s.knows_caller && model != notes.models.end())
      for (const auto& [field, target] : model->keys) {
        if (!owner_field(field) || s.read_only.contains(field)) continue;
        sink.find("AZ-002", spot.at, spot.shown).title =
            "Whose record it is comes from the request body (" + field + ")";
        break;
      }
    for (const FileField& f : notes.file_fields) {
      if (f.model != s.model || s.looks_at_files || s.read_only.contains(f.name) || !told.insert(f.model).second)
        continue;
      auto& found = sink.find("FA-016", f.spot.at, f.spot.shown);
      found.title = "A file of any type and size is taken into a model's field";
      found.locations.push_back(spot.at);
      found.evidence.push_back(spot.shown);
    }
  }
}

}  // namespace gatehouse::audit::source
