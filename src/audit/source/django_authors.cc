// In whose name something is written: sockets of Channels that ask nobody, authors that the client names.
#include "audit/source/django_authors.h"

#include <algorithm>

#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Stops: reading along, and writing in anybody's name, without an account.
void judge_socket(File& file, Node cls) {
  if (!any_base(bases_of(cls), {"WebsocketConsumer", "JsonWebsocketConsumer"})) return;
  const Code code = cls.code();
  const Node connect = method(cls, "connect");
  if (connect && contains(connect.code(), "accept(") &&
      !icontains_any(code, {"scope[\"user\"]", "scope['user']", "scope.get(\"user", "scope.get('user",
                            "is_authenticated", "token", "jwt", "self.close(code=4", "cookies", "session"}))
    file.hit("DJ-036", connect).title = "A socket lets everybody in without asking who they are";
  const Node receive = method(cls, "receive") ? method(cls, "receive") : method(cls, "receive_json");
  for (const Node s : receive.all("subscript")) {
    const auto key = literal(s.child("subscript"));
    if (!key || (*key != "username" && *key != "user" && *key != "user_id" && *key != "sender" && *key != "sender_id" &&
                 *key != "author" && *key != "from"))
      continue;
    if (contains(dotted(s.child("value")), "scope") || s.parent().is("comparison_operator")) continue;
    file.hit("AZ-002", s).title = "Who the caller is comes from the message itself (" + *key + ")";
    break;
  }
}

// user = serializer.validated_data["user"] if … else request.user: the client may name another.
bool clients_choice(Node f, Node value) {
  value = unwrap(value);
  if (value.is("identifier"))
    for (const Node a : f.all("assignment"))
      if (a.begin() < value.begin() && a.child("left").text() == value.text()) {
        value = unwrap(a.child("right"));
        break;
      }
  if (value.is("conditional_expression") || value.is("boolean_operator")) value = unwrap(value.first());
  return client_words(value.code()) && !contains(value.code(), "request.user");
}

// Comment.objects.create(author_id=request.POST["author"])
void judge_author(File& file, Node f) {
  const Code code = f.code();
  if (!contains(f.child("parameters").code(), "request") ||
      icontains_any(code, {"is_staff", "is_superuser", "!= request.user", "== request.user", "admin"}))
    return;
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) != "create" || !contains(c->name, ".objects")) continue;
    for (const auto& [key, value] : c->keywords) {
      std::string_view who = key;
      if (who.ends_with("_id")) who.remove_suffix(3);
      const bool owner = (who == "user" || who == "owner" || who == "customer" || who == "buyer") &&
                         has_word(c->name, {"order", "booking", "reservation", "payment", "purchase", "address", "cart",
                                            "subscription", "ticket", "appointment"});
      if (!owner && who != "author" && who != "sender" && who != "reviewer" && who != "created_by" &&
          who != "posted_by")
        continue;
      if (!clients_choice(f, value)) continue;
      file.hit("AZ-002", c->node).title =
          "In whose name it is written comes from the request (" + std::string(key) + ")";
      return;
    }
  }
}

}  // namespace

void read_django_authors(File& file) {
  for (const Node cls : file.tree.all("class_definition")) judge_socket(file, cls);
  if (!file.imports_from("django") && !file.imports_from("rest_framework")) return;
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) judge_author(file, f);
}

}  // namespace gatehouse::audit::source
