#include "audit/source/django_scope.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/sold_goods.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool owner_words(const Code& code) {
  return icontains_any(code, {"request.user", "request.auth",   "owner",
                              "tenant",       "organization",   "organisation",
                              "created_by",   "seller",         "check_object_permissions",
                              "has_perm",     "account=",       "customer=",
                              "author",       "workspace",      "user__",
                              "user=user",    "is_member",      "membership",
                              "members__",    "members.filter", "members=",
                              "current_user", "self.user",      "get_queryset(",
                              "team=team",    "team__"});
}

bool caller_words(const Code& code) {
  if (icontains_any(code, {"request.user", "request.auth", "request.session", "self.user", "current_user",
                           "check_object_permissions", "has_perm", "get_current_", "jwt.decode(", "signing.loads(",
                           "unsign(", "verify_token(", "get_user(", "getuser("}))
    return true;
  for (const std::string_view known : {"tenant", "organization", "organisation", "org", "workspace", "team", "company",
                                       "account", "customer", "profile", "member", "shop", "store", "school"})
    if (icontains(code, "request." + std::string(known))) return true;
  return false;
}

bool client_words(const Code& code) {
  return icontains_any(code, {"kwargs", "query_params", "request.data", "request.post", "request.get.", "request.get[",
                              "request.body", "request.json", "validated_data", "cleaned_data", "request.headers"});
}

namespace {

std::vector<std::string> parameter_ids(Node function) {
  std::vector<std::string> ids;
  for (const Node p : function.child("parameters").children()) {
    const std::string name = parameter_name(p);
    if (name == "pk" || name == "id" || name == "uuid" || name.ends_with("_id") || name.ends_with("_pk"))
      ids.push_back(name);
  }
  return ids;
}

bool names_any(const Code& code, const std::set<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(code, n); });
}

bool fetches(const Code& code) { return contains(code, ".objects") || contains(code, "get_object_or_404("); }

// A key that says whose, and a value that the client named: organization_id=self.kwargs["org_id"].
bool owner_key(std::string_view key) {
  return has_word(key,
                  {"user", "owner", "organization", "organisation", "org", "tenant", "workspace", "team", "company",
                   "customer", "student", "patient", "employee", "account", "member", "profile", "buyer", "client"}) &&
         !key.ends_with("__in") && !key.ends_with("__isnull") && !key.ends_with("username") && !key.ends_with("name");
}

}  // namespace

std::set<std::string> client_names(Node function) {
  std::set<std::string> out;
  const bool routed = !decorators(function).empty();
  for (const Node p : function.child("parameters").children()) {
    const std::string name = parameter_name(p);
    // A person or a tenant that a function of the project is handed, and no piece of an address.
    if (!routed &&
        has_word(name, {"user", "account", "customer", "organization", "tenant", "profile", "member", "team", "company",
                        "owner", "org", "workspace"}) &&
        !name.ends_with("_id") && !name.ends_with("_pk"))
      continue;
    if (name != "self" && name != "request" && name != "cls" && name != "args" && name != "kwargs" && !name.empty() &&
        name.front() != '*')
      out.insert(name);
  }
  for (const Node a : function.all("assignment")) {
    const Node left = a.child("left"), right = a.child("right");
    if (left.is("identifier") && right && client_words(right.code()) && !fetches(right.code()))
      out.emplace(left.text());
  }
  return out;
}

bool scoped_to_caller(const Code& code, const std::set<std::string>& scoped) {
  if (caller_words(code) || names_any(code, scoped)) return true;
  return owner_words(code) && !client_words(code);
}

std::set<std::string> scoped_names(Node function) {
  std::set<std::string> out;
  const auto sent = client_names(function);
  for (const Node a : function.all("assignment")) {
    const Node left = a.child("left"), right = a.child("right");
    if (!left.is("identifier") || !right) continue;
    const Code code = right.code();
    // Organization.objects.get(id=…) names a tenant, and nobody asked whether it is the caller's.
    if (caller_words(code) || names_any(code, out) ||
        (owner_words(code) && !client_words(code) && !names_any(code, sent) && !fetches(code)))
      out.emplace(left.text());
  }
  return out;
}

namespace {

// After `fetch`, is the record held against the caller: compared, asked about, or taken from what is the caller's?
bool held_against_caller(const File& file, Node function, const Call& fetch, const std::set<std::string>& scoped) {
  const Node a = fetch.node.above("assignment");
  const Node left = a.child("left");
  const std::string record = left.is("identifier") && a.inside(function) ? std::string(left.text()) : std::string();
  const auto mine = [&](const Code& code) { return scoped_to_caller(code, scoped); };
  const auto about = [&](const Code& code) {
    if (!record.empty() && has_token(code, record)) return true;
    for (const auto& [key, value] : fetch.keywords)
      if (!literal(value) && value.text().size() > 3 && contains(code, value.text())) return true;
    for (const std::string& id : parameter_ids(function))
      if (has_token(code, id)) return true;
    return false;
  };
  for (const char* type : {"comparison_operator", "if_statement", "conditional_expression"})
    for (const Node n : function.all(type)) {
      const std::string_view code = (n.is("if_statement") ? n.child("condition") : n).code();
      if (n.begin() < fetch.node.begin() && record.empty()) continue;
      if (mine(code) && about(code)) return true;
    }
  for (const Call* c : file.calls_in(function)) {
    if (c->node == fetch.node || fetch.node.inside(c->node) || c->node.inside(fetch.node)) continue;
    const std::string_view f = last(c->name);
    const Code args = c->node.child("arguments").code();
    const bool asks =
        has_word(f, {"check", "can", "has", "is", "ensure", "assert", "require", "verify", "authorize", "allowed",
                     "permission", "permissions", "belongs", "validate", "owner", "owns", "access", "test", "forbid"});
    if (asks && about(c->node.code()) && (mine(args) || mine(c->name) || contains(args, "request"))) return true;
    if (f == "check_object_permissions") return true;
    // The record, or a function that is handed both, decides: job.cancel(request.user), set_health(device,
    // request.user).
    const bool tells = f == "create" || f == "get_or_create" || f == "filter" || f == "update_or_create" ||
                       f == "save" || f == "add" ||
                       has_word(f, {"render", "log", "notify", "send", "response", "track", "serializer"}) ||
                       icontains(c->name, "log") || (!f.empty() && f.front() >= 'A' && f.front() <= 'Z');
    if (!tells && !record.empty() && caller_words(args) &&
        (c->name.substr(0, c->name.find('.')) == record || has_token(args, record)))
      return true;
    if (!record.empty() && has_token(args, record) && has_word(f, {"compare", "verify"})) return true;
    // Membership.objects.get(user=request.user, organization_id=org_id) refuses strangers by itself.
    if ((f == "get" || f == "get_object_or_404") && about(args) && mine(args)) return true;
    // cart.items.remove(item), where the cart is the caller's
    const std::string root = c->name.substr(0, c->name.find('.'));
    if (!record.empty() && scoped.contains(root) && root != record && has_token(args, record)) return true;
  }
  return false;
}

// The record that `fetch` gives is changed or removed by this function.
bool changes_record(const File& file, Node function, const Call& fetch) {
  const Node left = fetch.node.above("assignment").child("left");
  if (!left.is("identifier")) {
    const Node outer = fetch.node.parent().parent();
    return outer.is("call") && icontains_any(outer.child("function").code(), {".delete", ".update"});
  }
  const std::string record(left.text());
  for (const Call* c : file.calls_in(function)) {
    if (c->name == record + ".save" || c->name == record + ".delete") return true;
    const Node instance = c->keyword("instance");
    if (instance && instance.text() == record && contains(c->node.code(), "request.")) return true;
  }
  return false;
}

// get(id=serializer.validated_data["booking"]) after Serializer(data=…, context={"request": request}): it may have
// asked.
std::string serializer_of(const File& file, Node function, const Call& fetch) {
  if (!contains(fetch.node.code(), "validated_data")) return {};
  for (const Call* c : file.calls_in(function))
    if (last(c->name).ends_with("Serializer") && c->keyword("data") && c->keyword("context"))
      return std::string(last(c->name));
  return {};
}

}  // namespace

void note_fetches(File& file, Node function, View& view) {
  const Code code = function.code();
  const auto ids = parameter_ids(function);
  if (!owner_words(code)) note_layer_calls(file, function, ids, {}, view.layer_calls);
  for (const std::string& d : decorators(function))
    if (icontains_any(d, {"owner", "permission_required", "member", "access", "staff", "admin", "test("})) return;
  const auto scoped = scoped_names(function);
  const auto sent = client_names(function);
  std::set<std::string> own;  // Shop.objects.get(user=request.user)
  for (const Call* c : file.calls_in(function))
    if (const std::size_t objects = c->name.find(".objects");
        objects != std::string::npos && last(c->name) == "get" && caller_words(c->node.child("arguments").code()))
      own.emplace(last(c->name.substr(0, objects)));
  // What opens an account is told where it is opened.
  const bool proven = icontains_any(code, {"set_password(", "check_token(", "constant_time_compare(", "compare_digest(",
                                           "urlsafe_base64_decode", "authenticate(", "check_password"});
  for (const Call* c : file.calls_in(function)) {
    const std::string_view m = last(c->name);
    const std::size_t objects = c->name.find(".objects");
    if (objects != std::string::npos) view.reads.emplace(last(c->name.substr(0, objects)));
    std::string model;
    if (m == "get_object_or_404" && !c->args.empty()) {
      model = dotted(c->arg(0));
      // get_object_or_404(Ticket.objects.all(), pk=pk)
      if (const auto of = as_call(unwrap(c->arg(0)));
          of && of->name.find(".objects") != std::string::npos && !scoped_to_caller(of->node.code(), scoped))
        model = of->name.substr(0, of->name.find(".objects"));
      if (!contains(model, "()")) view.reads.emplace(last(model));
    } else if ((m == "get" || m == "filter") && objects != std::string::npos) {
      model = c->name.substr(0, objects);
    } else {
      continue;
    }
    bool by_id = false, by_person = false, by_tenant = false, told = false;
    for (const auto& [key, value] : c->keywords) {
      const bool many = (key == "id__in" || key == "pk__in") &&
                        (client_words(value.code()) || names_any(value.code(), sent));  // getlist("ids")
      const bool id_key = key == "pk" || key == "id" || key == "uuid" || key == "public_id" || key == "slug" || many;
      const bool given = !literal(value) && !unwrap(value).is("integer");
      const bool mine = caller_words(value.code()) || names_any(value.code(), scoped);
      const bool named = client_words(value.code()) || names_any(value.code(), sent);
      // pk=device.pk names what is there already.
      const bool known =
          unwrap(value).is("attribute") && !named && (last(dotted(value)) == "pk" || last(dotted(value)) == "id");
      if (id_key && given && !mine && !known) by_id = true;
      if (!id_key && mine) told = true;
      const std::string_view v = unwrap(value).text();
      if (!id_key && person_id(v) && std::find(ids.begin(), ids.end(), v) != ids.end()) by_person = true;
      if (!id_key && !mine && named && owner_key(key)) by_tenant = true;
      // By another name of its own, when it is changed after.
      if (!id_key && !mine && named && !proven &&
          (key == "username" || key == "email" || has_word(key, {"number", "reference"})) &&
          changes_record(file, function, *c))
        by_id = true;
    }
    for (const Node a : c->args) told = told || (a.is("call") && caller_words(a.code()));  // Q(user=request.user)
    if (told || (!by_id && !by_person && !by_tenant)) continue;
    const Code args = c->node.child("arguments").code();
    if (by_id && !by_person && !by_tenant && caller_words(args)) continue;
    if (by_person && contains(code, "request.user")) continue;
    if (held_against_caller(file, function, *c, scoped) || proven) continue;
    if (changes_record(file, function, *c)) file.project.notes<SoldGoods>().changed.emplace(file.path, c->line());
    view.fetches.push_back({std::string(last(model)), place(file.path, c->line()), file.shown(c->node),
                            serializer_of(file, function, *c),
                            changes_record(file, function, *c) ? own : std::set<std::string>()});
  }
}

}  // namespace gatehouse::audit::source
