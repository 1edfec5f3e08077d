// What answers of Django carry that should not leave, and passwords that its serializers keep as they were typed.
#include "audit/source/django_shown.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ShownNotes {
  std::vector<std::pair<std::string, Spot>>
      unhashed;  // serializers that leave the password to ModelSerializer's own create
};

bool answers(std::string_view name) { return name == "JsonResponse" || name == "Response" || name == "HttpResponse"; }

// JsonResponse({"password": user.password}), Response(list(User.objects.values())), JsonResponse(dict(os.environ))
void judge_answer(File& file, const Call& c) {
  const Code said = c.node.child("arguments").code();
  if (icontains_any(said, {"dict(os.environ", "**os.environ"})) {
    file.hit("SEC-018", c.node).title = "The whole environment is sent in an answer";
    return;
  }
  for (const Node p : c.node.all("pair")) {
    const Node value = unwrap(p.child("value"));
    if (literal(p.child("key")) != "password" || !value.is("attribute") ||
        value.child("attribute").text() != "password" || icontains_any(dotted(value), {"form", "data", "settings"}))
      continue;
    file.hit("FA-005", p).title = "An answer carries the password or its hash";
    return;
  }
  for (const Call* inner : file.calls_in(c.node)) {
    if (last(inner->name) != "values" || !contains(inner->node.code(), ".objects")) continue;
    const std::string model = inner->name.substr(0, inner->name.find(".objects"));
    bool secret = inner->args.empty() && inner->keywords.empty();
    for (const Node a : inner->args) secret = secret || literal(a) == "password";
    if (!secret || !has_word(last(model), {"user", "account", "customer", "member"})) continue;
    file.hit("FA-005", inner->node).title = "An answer carries every column of people, the password's too";
    return;
  }
}

// Stops: a stolen table of passwords in clear. A ModelSerializer writes what it was given.
void judge_serializer(File& file, Node cls, ShownNotes& notes) {
  if (!any_base(bases_of(cls), {"ModelSerializer"})) return;
  const Node meta = inner_class(cls, "Meta");
  const std::string model(last(dotted(attribute(meta, "model").child("right"))));
  const auto fields = names_in(attribute(meta, "fields").child("right"));
  if (!has_word(model, {"user", "account", "member", "customer"}) ||
      std::find(fields.begin(), fields.end(), "password") == fields.end() ||
      icontains_any(cls.code(), {"set_password", "create_user", "make_password", "read_only=true", "pop(\"password",
                                 "pop('password", "create_superuser", "register"}))
    return;
  const Node create = method(cls, "create");
  if (!create) {
    if (!method(cls, "save"))
      notes.unhashed.emplace_back(std::string(cls.child("name").text()),
                                  Spot{place(file.path, cls.line()), file.shown(cls)});
    return;
  }
  for (const Call* c : file.calls_in(create)) {
    if (!contains(c->name, ".objects.create") || !contains(c->node.child("arguments").code(), "**")) continue;
    auto& f = file.hit("DJ-030", c->node);
    f.title = "Passwords are stored in clear";
    f.severity = proof::Severity::critical;
    return;
  }
}

// A table of one-time codes without a word about when.
void judge_endless(File& file, Node cls) {
  const std::string name(cls.child("name").text());
  if (!any_base(bases_of(cls), {"Model"}) || !has_word(name, {"reset", "otp", "verification", "passcode", "magic"}))
    return;
  bool code = false;
  for (const Node s : body(cls).children())
    if (const Node a = s.is("expression_statement") ? s.first() : Node(); a.is("assignment"))
      code = code || has_word(a.child("left").text(), {"token", "code", "otp", "key"});
  if (!code || icontains_any(cls.code(), {"datetime", "expir", "created", "timestamp", "updated"})) return;
  file.hit("JWT-006", cls).title = "A one-time code is kept without an end";
}

// @action(detail=True, methods=["post"], permission_classes=[AllowAny]): one door of a guarded house.
void judge_open_actions(File& file, Node f) {
  for (const Node d : f.parent().children()) {
    const auto call = d.is("decorator") ? as_call(d.first()) : std::nullopt;
    if (!call || last(call->name) != "action" || !call->keyword("permission_classes")) continue;
    const Code open = call->keyword("permission_classes").code();
    const bool writes = icontains_any(call->keyword("methods").code(), {"post", "put", "patch", "delete"});
    if (!(contains(open, "AllowAny") || open == "[]") || !writes || public_door(function_name(f))) continue;
    file.hit("DJ-036", d);
  }
}

}  // namespace

void read_django_shown(File& file) {
  if (!icontains_any(file.code(), {"django", "rest_framework"})) return;
  auto& notes = file.project.notes<ShownNotes>();
  for (const Call& c : file.calls)
    if (answers(last(c.name))) judge_answer(file, c);
  for (const Node cls : file.tree.all("class_definition")) {
    judge_serializer(file, cls, notes);
    judge_endless(file, cls);
  }
  for (const Node f : file.tree.all("function_definition"))
    if (f.parent().is("decorated_definition")) judge_open_actions(file, f);
}

void judge_django_shown(const PythonNotes& python, const Project& project, Sink& sink) {
  // Some view may hash what the serializer did not.
  if (python.sets_password.line > 0) return;
  for (const auto& [name, spot] : project.notes<ShownNotes>().unhashed) {
    if (!python.filled.contains(name)) continue;
    auto& f = sink.find("DJ-030", spot.at, spot.shown);
    f.title = "Passwords are stored in clear";
    f.severity = proof::Severity::critical;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
