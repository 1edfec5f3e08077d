#include "audit/source/raw_uploads.h"

#include <algorithm>
#include <set>

#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct RawUploads {
  struct Written {
    std::string model, field;  // model may be unknown
    Spot at;
  };
  std::vector<Written> all;
  std::set<std::pair<std::string, std::string>> fields;  // model and field that hold a file
};

// image = models.ImageField(upload_to="things/")
void read_fields(const File& file, RawUploads& notes) {
  if (!icontains_any(file.code(), {"filefield", "imagefield"})) return;
  for (const Node cls : file.tree.all("class_definition")) {
    if (!contains(cls.child("superclasses").text(), "Model")) continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      const auto call = a.is("assignment") ? as_call(unwrap(a.child("right"))) : std::nullopt;
      if (call && (last(call->name) == "FileField" || last(call->name) == "ImageField") && !call->keyword("validators"))
        notes.fields.emplace(cls.child("name").text(), a.child("left").text());
    }
  }
}

bool sent_file(Node function, Node value) {
  const Code code = value.code();
  if (icontains_any(code, {"request.files", "request.data", "request.post"})) return true;
  const auto c = as_call(unwrap(value));
  Node root = unwrap(value);
  if (c && last(c->name) == "get") root = unwrap(c->node.child("function").child("object"));
  if (root.is("subscript")) root = unwrap(root.child("value"));
  if (!root.is("identifier")) return false;
  for (const Node a : body(function).all("assignment"))
    if (a.child("left").text() == root.text() &&
        icontains_any(a.child("right").code(), {"request.files", "request.data", "request.post"}) &&
        !contains(a.child("right").code(), "validated"))
      return true;
  return false;
}

}  // namespace

void read_raw_uploads(File& file) {
  if (!file.imports_from("django") && !file.imports_from("rest_framework")) return;
  auto& notes = file.project.notes<RawUploads>();
  read_fields(file, notes);
  if (!icontains_any(file.code(), {"request.files", "request.data", "request.post"})) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = f.code();
    if (!icontains_any(code, {"request.files", "request.data", "request.post"}) ||
        icontains_any(code, {"content_type", ".size", "image.open", "magic", "validate_image", "validate_file",
                             "full_clean", "imagefield().", "filetype", "splitext", "endswith"}))
      continue;
    const auto note = [&](std::string model, std::string_view field, Node value, Node at) {
      if (sent_file(f, value))
        notes.all.push_back({std::move(model), std::string(field), {place(file.path, at.line()), file.shown(at)}});
    };
    for (const Call* c : file.calls_in(body(f))) {
      // Equipment.objects.create(image=data.get("image")), Photo(image=request.FILES["image"])
      const std::string_view made = last(c->name);
      std::string model;
      if (made == "create" || made == "update_or_create" || made == "get_or_create")
        model = c->name.substr(0, c->name.find('.'));
      else if (!made.empty() && made.front() >= 'A' && made.front() <= 'Z' && !made.ends_with("Serializer") &&
               !made.ends_with("Form"))
        model = std::string(made);
      if (model.empty()) continue;
      for (const auto& [key, value] : c->keywords) note(model, key, value, value);
    }
    if (icontains_any(code, {"is_valid("})) continue;
    for (const Node a : body(f).all("assignment"))  // user.avatar = request.FILES["avatar"]
      if (a.child("left").is("attribute")) note({}, a.child("left").child("attribute").text(), a.child("right"), a);
  }
}

// Stops: a page of scripts that is stored as a picture and served from the application's own address.
void judge_raw_uploads(const Project& project, Sink& sink) {
  const auto& notes = project.notes<RawUploads>();
  proof::Finding* told = nullptr;
  for (const auto& w : notes.all) {
    const bool file_field = std::any_of(notes.fields.begin(), notes.fields.end(), [&](const auto& f) {
      return f.second == w.field && (w.model.empty() || f.first == w.model);
    });
    if (!file_field) continue;
    if (told != nullptr) {
      told->locations.push_back(w.at.at);
      told->evidence.push_back(w.at.shown);
      continue;
    }
    told = &sink.find("FA-016", w.at.at, w.at.shown);
    told->title = "A file of any type and size goes into a model's field, past what would look at it";
    told->impact =
        "An image field looks only at what forms and serializers bring: a page of scripts is stored as it "
        "came and served from the application's own address.";
    told->severity = proof::Severity::high;
    told->confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
