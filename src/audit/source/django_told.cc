#include "audit/source/django_told.h"

#include <algorithm>
#include <map>
#include <optional>

#include "audit/source/python_class.h"
#include "audit/source/python_notes.h"
#include "audit/source/schema.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Shown {
  std::string model;
  std::optional<Spot> mail;                         // a person's own address among its fields
  std::optional<Spot> author;                       // that of whoever wrote what it shows
  std::vector<std::pair<std::string, Spot>> parts;  // author = UserSerializer(): its class
};

struct Window {
  std::string serializer;
  bool open = false, declared = false;  // for strangers; or as the settings say
  bool account = false;                 // for whoever has an account, and no rank
  bool everybody = false;               // all there are
  Spot at;
};

struct DjangoTold {
  std::map<std::string, Shown> serializers;
  std::vector<Window> windows;
};

bool reach(std::string_view field) {
  return field == "email" || field == "phone" || field == "phone_number" || field == "mobile" || field == "telephone";
}

bool author_word(std::string_view field) {
  return has_word(field, {"author", "owner", "seller", "creator", "user", "reviewer", "host", "landlord", "vendor",
                          "organizer", "instructor", "customer", "member", "poster"}) &&
         !has_word(field, {"id", "count"});
}

void read_serializer(const File& file, Node cls, DjangoTold& notes) {
  Shown shown;
  const Node meta = inner_class(cls, "Meta");
  const Node model = attribute(meta, "model");
  shown.model = record_key(last(dotted(model.child("right"))));
  const Node hidden = attribute(meta, "extra_kwargs");
  const Node fields = attribute(meta, "fields");
  for (const Node s : fields.child("right").all("string"))
    if (const auto name = literal(s); name && reach(*name) && people(shown.model) && !shown.mail) {
      const Node own = attribute(cls, *name);
      const bool written = contains(own.code(), "write_only") ||
                           (contains(hidden.code(), *name) && contains(hidden.code(), "write_only") &&
                            !contains(hidden.code(), "password"));
      if (!written) shown.mail = Spot{place(file.path, s.line()), file.shown(s)};
    }
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    const auto made = a.is("assignment") ? as_call(unwrap(a.child("right"))) : std::nullopt;
    if (!made || contains(a.code(), "write_only=True")) continue;
    const Spot at{place(file.path, a.line()), file.shown(a)};
    const auto source = literal(made->keyword("source"));
    if (source && !shown.author)
      if (const std::size_t dot = source->rfind('.');
          dot != std::string::npos && reach(source->substr(dot + 1)) && author_word(last(source->substr(0, dot))))
        shown.author = at;
    if (last(made->name).ends_with("Serializer") && author_word(a.child("left").text()))
      shown.parts.emplace_back(std::string(last(made->name)), at);
  }
  notes.serializers.emplace(std::string(cls.child("name").text()), std::move(shown));
}

void read_window(const File& file, Node cls, DjangoTold& notes) {
  const auto bases = bases_of(cls);
  if (!any_base(bases, {"ListAPIView", "RetrieveAPIView", "ListCreateAPIView", "RetrieveUpdateAPIView",
                        "RetrieveUpdateDestroyAPIView", "ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin",
                        "RetrieveModelMixin"}))
    return;
  const Node serializer = attribute(cls, "serializer_class");
  if (!serializer) return;
  const Node permissions = attribute(cls, "permission_classes");
  const Node chosen = method(cls, "get_permissions");
  const Code said = permissions ? permissions.child("right").code() : chosen.code();
  Window w;
  w.serializer = std::string(last(dotted(serializer.child("right"))));
  w.declared = bool(permissions) || bool(chosen);
  w.open = icontains_any(said, {"allowany", "orreadonly"}) || (permissions && said == "[]");
  w.account =
      !w.open && contains(said, "IsAuthenticated") && !icontains_any(said, {"admin", "staff", "owner", "role", "is_"});
  const Code code = cls.code();
  w.everybody = !icontains_any(code, {"request.user", "self.get_object() ==", "is_staff", "is_superuser"});
  w.at = {place(file.path, cls.line()), file.shown(cls)};
  if (w.everybody) notes.windows.push_back(std::move(w));
}

// What REST framework asks where a view says nothing.
bool open_by_default(const PythonNotes& python, bool* account) {
  bool open = true;
  for (const SettingsFile& f : python.settings)
    if (const auto it = f.rest.find("DEFAULT_PERMISSION_CLASSES"); it != f.rest.end()) {
      open = false;
      for (const std::string& item : it->second.items) {
        if (icontains_any(item, {"orreadonly", "allowany"})) open = true;
        if (item.ends_with("IsAuthenticated")) *account = true;
      }
    }
  return open;
}

void tell(Sink& sink, const Spot& at, const Spot& window, std::string_view title) {
  for (const proof::Finding& f : sink.findings())
    if ((f.id == "FA-005" || f.id == "AZ-001" || f.id == "DJ-036") && !f.locations.empty())
      for (const Spot* spot : {&at, &window})
        if (f.locations.front().path == spot->at.path && f.locations.front().line >= spot->at.line &&
            f.locations.front().line <= spot->at.line + 10)
          return;
  auto& f = sink.find("FA-005", at.at, at.shown);
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.title = std::string(title);
  f.impact = "One request after the other gathers the addresses of all of them, for whoever sends mails to them.";
  f.fix = "Answer with a serializer of its own for other people: a name, a picture, no way to reach somebody.";
  if (at.at.path != window.at.path || at.at.line != window.at.line) {
    f.locations.push_back(window.at);
    f.evidence.push_back(window.shown);
  }
}

}  // namespace

void read_django_told(File& file) {
  if (!file.imports_from("rest_framework")) return;
  auto& notes = file.project.notes<DjangoTold>();
  for (const Node cls : file.tree.all("class_definition")) {
    if (any_base(bases_of(cls), {"Serializer"}) || std::string_view(cls.child("name").text()).ends_with("Serializer"))
      read_serializer(file, cls, notes);
    else
      read_window(file, cls, notes);
  }
}

// Stops: the addresses of all authors, gathered by a stranger from one list.
void judge_django_told(const Project& project, Sink& sink) {
  const auto& notes = project.notes<DjangoTold>();
  if (notes.windows.empty()) return;
  bool account = false;
  const bool open = open_by_default(project.notes<PythonNotes>(), &account);
  for (const Window& w : notes.windows) {
    const auto it = notes.serializers.find(w.serializer);
    if (it == notes.serializers.end()) continue;
    const Shown& s = it->second;
    const bool strangers = w.declared ? w.open : open;
    std::optional<Spot> author = s.author;
    for (const auto& [part, at] : s.parts)
      if (const auto inner = notes.serializers.find(part);
          !author && inner != notes.serializers.end() && inner->second.mail)
        author = at;
    if (strangers && author)
      tell(sink, *author, w.at, "Strangers are given the address of whoever wrote or owns what they look at");
    else if (strangers && s.mail)
      tell(sink, *s.mail, w.at, "Strangers are given a person's record, address and number with it");
    else if (s.mail && (w.declared ? w.account : account) && sign_up_of(project.notes<SignUps>(), true) != nullptr)
      tell(sink, *s.mail, w.at, "Everybody who has an account is given the addresses of all others");
  }
}

}  // namespace gatehouse::audit::source
