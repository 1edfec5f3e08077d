#include "audit/source/raw_uploads.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
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
  // Of them: any file, and no picture; a form or a serializer that takes it and looks at nothing.
  std::map<std::pair<std::string, std::string>, Spot> any_file;
  struct Taker {
    std::string model, fields;  // the list as it is written
    Spot at;
  };
  std::vector<Taker> takers;
  bool creates = false;  // some view keeps what forms and serializers bring
};

// class Meta: model = Attachment; fields = ["file", "title"] of a form or a serializer
void read_takers(const File& file, RawUploads& notes) {
  const Code whole = file.code();
  notes.creates = notes.creates || icontains_any(whole, {"request.files", "modelviewset", "createapiview", "createview",
                                                         "multipartparser", "createmodelmixin", "serializer.save("});
  if (contains(file.path, "admin") || !icontains_any(whole, {"form", "serializer"})) return;
  for (const Node cls : file.tree.all("class_definition")) {
    const Code bases = cls.child("superclasses").code();
    if (!icontains_any(bases, {"form", "serializer"})) continue;
    const Code code = cls.code();
    if (icontains_any(code, {"def clean", "def validate", "filefield(", "validators", ".size", "readonly"})) continue;
    RawUploads::Taker t;
    for (const Node meta : body(cls).all("class_definition"))
      for (const Node a : body(meta).all("assignment")) {
        if (a.child("left").text() == "model") t.model = last(dotted(a.child("right")));
        if (a.child("left").text() == "fields") t.fields = std::string(a.child("right").code());
        if (a.child("left").text() == "exclude") t.fields = "__all__";
        if (a.child("left").text() == "read_only_fields") t.fields += " !" + std::string(a.child("right").code());
      }
    if (t.model.empty()) continue;
    t.at = {place(file.path, cls.line()), file.shown(cls)};
    notes.takers.push_back(std::move(t));
  }
}

// image = models.ImageField(upload_to="things/")
void read_fields(const File& file, RawUploads& notes) {
  if (!icontains_any(file.code(), {"filefield", "imagefield"})) return;
  for (const Node cls : file.tree.all("class_definition")) {
    // class User(AbstractUser): avatar = models.ImageField(…)
    if (!contains(cls.child("superclasses").text(), "Model") && !contains(cls.code(), "models.")) continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      const auto call = a.is("assignment") ? as_call(unwrap(a.child("right"))) : std::nullopt;
      if (call && (last(call->name) == "FileField" || last(call->name) == "ImageField") &&
          !call->keyword("validators")) {
        notes.fields.emplace(cls.child("name").text(), a.child("left").text());
        if (last(call->name) == "FileField")
          notes.any_file.try_emplace({std::string(cls.child("name").text()), std::string(a.child("left").text())},
                                     Spot{place(file.path, a.line()), file.shown(a)});
      }
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
  read_takers(file, notes);
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
  Recurring told;
  for (const auto& w : notes.all) {
    const bool file_field = std::any_of(notes.fields.begin(), notes.fields.end(), [&](const auto& f) {
      return f.second == w.field && (w.model.empty() || f.first == w.model);
    });
    if (!file_field) continue;
    auto* f = told.find(sink, "FA-016", w.at);
    if (f == nullptr) continue;
    f->title = "A file of any type and size goes into a model's field, past what would look at it";
    f->impact =
        "An image field looks only at what forms and serializers bring: a page of scripts is stored as it "
        "came and served from the application's own address.";
    f->severity = proof::Severity::high;
    f->confidence = proof::Confidence::medium;
  }
  if (told || !notes.creates) return;
  for (const auto& [field, at] : notes.any_file)
    for (const auto& t : notes.takers) {
      const std::size_t shut = t.fields.find('!');
      const std::string open = t.fields.substr(0, shut);
      const bool listed = contains(open, "__all__") || contains(open, "\"" + field.second + "\"") ||
                          contains(open, "'" + field.second + "'");
      if (t.model != field.first || !listed ||
          (shut != std::string::npos && has_token(t.fields.substr(shut), field.second)))
        continue;
      if (auto* f = told.find(sink, "FA-016", at)) {
        f->title = "A file field takes a file of any type and size";
        f->impact =
            "Nothing looks at what is sent, by its size or by its bytes: pages of scripts lie among the papers, and "
            "disks fill.";
        f->confidence = proof::Confidence::medium;
        f->locations.push_back(t.at.at);
        f->evidence.push_back(t.at.shown);
      }
      break;
    }
}

}  // namespace gatehouse::audit::source
