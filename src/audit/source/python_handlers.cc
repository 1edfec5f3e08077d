// What the handler of one route of FastAPI or Flask does with what it is given.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Stops: a signed address for whatever object the client names.
void judge_signed_addresses(File& file, const Handler& h) {
  const Node b = body(h.function);
  for (const std::string& i : h.identity)
    if (has_token(b.code(), i)) return;
  for (const Call* c : file.calls_in(b)) {
    if (last(c->name) != "generate_presigned_url" && last(c->name) != "create_signed_url") continue;
    for (const Node p : h.function.child("parameters").children()) {
      const Node name = p.child("name") ? p.child("name") : p.is("identifier") ? p : p.first();
      if (!name.text().empty() && has_token(c->node.child("arguments").code(), name.text())) {
        file.hit("AZ-001", c->node);
        return;
      }
    }
  }
}

// The verified user decides something: compared, asked about, handed to what fetches. To be logged, noted as the last
// who wrote, or given back decides nothing.
bool decides(const File& file, Node b, const std::string& who) {
  if (!has_token(b.code(), who)) return false;
  for (const Node c : b.all("comparison_operator"))
    if (has_token(c.code(), who)) return true;
  for (const Call* c : file.calls_in(b)) {
    if (!has_token(c->node.child("arguments").code(), who) && !has_token(c->node.child("function").code(), who))
      continue;
    const std::string_view f = last(c->name);
    const bool tells = icontains_any(c->name, {"log", "audit", "print", "track", "capture", "notify"}) || f == "info" ||
                       f == "warning" || f == "debug" || f == "error" || f == "str" || f == "dict";
    if (!tells) return true;
  }
  for (const char* type : {"if_statement", "conditional_expression", "assert_statement", "list_comprehension"})
    for (const Node n : b.all(type))
      if (has_token((n.is("if_statement") ? n.child("condition") : n).code(), who)) return true;
  // handed on under another name
  for (const Node a : b.all("assignment"))
    if (a.child("left").is("identifier") && has_token(a.child("right").code(), who)) return true;
  for (const Node d : b.all("dictionary"))
    if (has_token(d.code(), who) && d.parent().is("argument_list")) return true;
  return false;
}

// Ids that come with the query or the body instead of the path.
std::vector<std::string> other_ids(const Handler& h) {
  std::vector<std::string> out;
  for (const Node p : h.function.child("parameters").children()) {
    const std::string name = parameter_name(p);
    const std::string_view type = p.child("type").text();
    const bool simple = type.empty() || type == "int" || type == "str" || contains(type, "UUID") || type == "ObjectId";
    const bool path = std::find(h.path_ids.begin(), h.path_ids.end(), name) != h.path_ids.end();
    if (!h.identity.empty() && !path && simple && (name == "id" || name == "pk" || name == "uuid") &&
        !contains(p.code(), "Depends"))
      out.push_back(name);
    if (!name.ends_with("_id") || path || !simple || identity_field(name) || contains(p.code(), "Depends") ||
        contains(p.code(), "Header("))
      continue;
    // What the route is about: get_prompt(prompt_id).
    const std::string stem = name.substr(0, name.size() - 3);
    if (personal_noun(name) || (!h.identity.empty() && icontains(h.route->function, stem))) out.push_back(name);
  }
  for (const Node a : body(h.function).all("attribute")) {
    const std::string field(a.child("attribute").text());
    const bool ours = std::any_of(h.bodies.begin(), h.bodies.end(),
                                  [&](const auto& b) { return b.first == a.child("object").text(); });
    if (ours && field.ends_with("_id") && !identity_field(field) && personal_noun(field)) out.emplace_back(a.text());
  }
  return out;
}

// Stops: reading another person's record by its number.
void judge_owner(File& file, const Handler& h, PythonNotes& notes) {
  LayerCall later;
  for (const auto& [parameter, what] : h.dependencies) {
    later.callers.insert(what);
    if (has_token(body(h.function).code(), parameter)) later.used.insert(what);
  }
  if (h.route->guarded) {
    later.callers.clear();
    later.used.clear();
  }
  std::vector<std::string> ids = h.path_ids;
  const auto more = other_ids(h);
  ids.insert(ids.end(), more.begin(), more.end());
  if ((!h.route->guarded && later.callers.empty()) || h.route->admin_guard || ids.empty() || public_door(h.route->path))
    return;
  if (icontains_any(h.route->path,
                    {"product", "categor", "tag", "plan", "theme", "price", "/public", "style", "model", "template"}))
    return;
  const Node b = body(h.function);
  const std::string_view code = b.code();
  for (const std::string& i : h.identity)
    if (decides(file, b, i)) return;
  if (icontains_any(code, {"request.state.user", "g.user", "owner", "get_jwt_identity", "session[", "session.get(\"",
                           "session.get('", "tenant"}) ||
      (h.identity.empty() && icontains(code, "current_user")))
    return;
  for (const Call* c : file.calls_in(b)) {
    const std::string_view text = c->node.code();
    const std::string_view f = last(c->name);
    const bool reads = f == "execute" || f == "fetchrow" || f == "fetch" || f == "fetchval" || f == "fetch_one" ||
                       f == "fetchone" || f == "get" || f == "filter" || f == "filter_by" || f == "where" ||
                       f == "find_one" || f == "delete_one" || f == "update_one" || f == "get_or_404" ||
                       f == "delete" || f == "get_doc" || f == "find_one_and_update" || f == "find_one_and_delete" ||
                       f == "first_or_404" || f == "query" || f == "eq";
    if (!reads) continue;
    for (const std::string& id : ids)
      if (has_token(text, id)) {
        // Who the caller is, and whose the record, may be settled in another file.
        later.at = place(file.path, c->line());
        later.shown = file.shown(c->node);
        later.model = fetched_model(*c);
        notes.layer_calls.push_back(std::move(later));
        return;
      }
  }
  note_layer_calls(file, h.function, ids, later, notes.layer_calls);
}

bool money_field(std::string_view f) {
  return f == "amount" || f == "price" || f == "unit_amount" || f == "unitAmount" || f == "total" ||
         f == "amount_cents" || f == "amountCents" || f == "price_cents" || f == "total_amount" || f == "totalAmount";
}

// Ids and amounts taken from the body where the verified user's, or the catalogue's, belong.
void judge_client_values(File& file, const Handler& h) {
  if (h.route->admin_guard || webhook_door(h.route->path) || webhook_door(h.route->function)) return;
  const Node b = body(h.function);
  const std::string_view code = b.code();
  std::set<std::string> seen;
  for (const Node a : b.all("attribute")) {
    const std::string object(a.child("object").text()), field(a.child("attribute").text());
    const bool from_body =
        std::any_of(h.bodies.begin(), h.bodies.end(), [&](const auto& x) { return x.first == object; });
    if (!from_body || !seen.insert(field).second) continue;
    if (identity_field(field)) {
      // Compared with the verified user before use: fine.
      const Node around = a.parent();
      if (around.is("comparison_operator")) continue;
      file.hit("AZ-002", a).title = "Whose data it is comes from the request body (" + field + ")";
    } else if (money_field(field) && icontains_any(code, {"stripe", "paymentintent", "checkout", "charge"})) {
      file.hit("PAY-001", a);
    }
  }
}

void judge_mass_assignment(File& file, const Handler& h, PythonNotes& notes) {
  if (h.route->admin_guard || icontains(h.route->path, "admin")) return;
  const Node b = body(h.function);
  const bool writes =
      std::any_of(h.route->methods.begin(), h.route->methods.end(), [](const std::string& m) { return m != "get"; });
  if (writes)
    for (const auto& [parameter, type] : h.bodies) notes.bodies.emplace(type, h.route->at);
  for (const Call* c : file.calls_in(b))
    if (c->name == "setattr" && !c->args.empty() && c->node.above("for_statement") && !literal(c->arg(1))) {
      const std::string_view loop = c->node.above("for_statement").code();
      if (icontains_any(loop, {"allowed", "in ("})) continue;
      const bool raw =
          icontains_any(loop, {"request.json", "await request", "data.items", "body.items", "payload.items"});
      if (!raw) continue;
      file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
    }
}

// Stops: a payment page that sends people on to whatever site the client named.
void judge_return_addresses(File& file, const Handler& h) {
  for (const Node k : body(h.function).all("keyword_argument")) {
    const std::string_view key = k.child("name").text();
    if (key != "success_url" && key != "cancel_url" && key != "return_url" && key != "refresh_url") continue;
    const Node value = unwrap(k.child("value"));
    const std::string root = dotted(value).substr(0, dotted(value).find('.'));
    bool sent = std::any_of(h.bodies.begin(), h.bodies.end(), [&](const auto& b) { return b.first == root; }) &&
                value.is("attribute");
    sent = sent || contains(value.code(), "request.") || contains(value.code(), "data.get(");
    for (const Node p : h.function.child("parameters").children())
      sent = sent || (value.is("identifier") && parameter_name(p) == value.text() && p.child("type").text() == "str");
    if (!sent || icontains_any(h.function.code(), {"allowed_", "startswith(settings", "urlparse", "validate_url"}))
      continue;
    file.hit("EX-012", k).title = "The client chooses where the payment page sends people";
    return;
  }
}

// Membership(role=invite.role): whoever may invite makes owners.
void judge_given_role(const File& file, const Handler& h, PythonNotes& notes) {
  if (h.route->admin_guard) return;
  // Owners may give what they like.
  for (const Node c : body(h.function).all("comparison_operator"))
    if (contains(c.code(), "!=") && icontains(c.code(), "owner") && contains(c.code(), "role")) return;
  for (const Node a : body(h.function).all("attribute")) {
    const std::string object(a.child("object").text()), field(a.child("attribute").text());
    if (field != "role" && field != "roles" && field != "is_admin" && field != "is_superuser" && field != "permissions")
      continue;
    if (std::none_of(h.bodies.begin(), h.bodies.end(), [&](const auto& b) { return b.first == object; })) continue;
    const Node p = a.parent();
    const auto call = p.is("argument_list") ? as_call(p.parent()) : std::nullopt;
    const bool given = p.is("keyword_argument") || (p.is("assignment") && p.child("right") == a) || p.is("pair") ||
                       (call && has_word(last(call->name), {"create", "add", "invite", "set", "update", "assign"}));
    if (!given) continue;
    bool weighed = false;  // if invite.role == Role.OWNER and …
    for (const Node c : body(h.function).all("comparison_operator")) weighed = weighed || contains(c.code(), a.text());
    for (const Call* c : file.calls_in(body(h.function)))
      weighed = weighed || (contains(c->node.child("arguments").code(), a.text()) &&
                            has_word(last(c->name), {"check", "can", "validate", "ensure", "require", "allowed"}));
    if (weighed) return;
    for (const auto& [parameter, type] : h.bodies)
      if (parameter == object) notes.given_rights.push_back({type, field, place(file.path, a.line()), file.shown(a)});
    return;
  }
}

void judge_upload(File& file, const Handler& h) {
  const std::string_view head = h.function.child("parameters").code();
  const std::string_view code = body(h.function).code();
  const bool takes = contains(head, "UploadFile") || contains(code, "request.files");
  if (!takes) return;
  const bool sized = icontains_any(code, {"len(", ".size", "max_", "content-length", "413", "limit"});
  const bool typed = icontains_any(code, {"content_type", "mimetype", "allowed", "filetype", "magic", "image.open",
                                          "endswith", "splitext", "suffix"});
  if (sized && typed) return;
  auto& f = file.hit("FA-016", h.function);
  f.title = sized   ? "An upload is taken whatever its type"
            : typed ? "An upload is taken whatever its size"
                    : "An upload is taken whatever its size and type";
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
    for (const Node p : function.child("parameters").children())
      if (p.any_of("typed_parameter", "typed_default_parameter") &&
          (p.child("name") ? p.child("name") : p.first()).text() == v.text())
        type = std::string(p.child("type").text());
    for (const Node a : body(function).all("assignment")) {
      if (a.child("left").text() != v.text() || a.begin() > r.begin()) continue;
      const auto made = as_call(unwrap(a.child("right")));
      if (!made) continue;
      const std::string_view f = last(made->name);
      if (!f.empty() && f.front() >= 'A' && f.front() <= 'Z') type = std::string(f);
      if (f == "get" && made->args.size() >= 2) type = dotted(made->arg(0));
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

// x_admin: Header(): who calls says so themselves.
void judge_header_parameters(File& file, Node function) {
  for (const Node p : function.child("parameters").children()) {
    const Node name = p.child("name") ? p.child("name") : p.first();
    if (!contains(p.code(), "Header(") || contains(p.code(), "alias=\"authorization")) continue;
    if (has_word(name.text(), {"user", "role", "roles", "admin", "tenant", "account", "customer", "org"}) &&
        !has_word(name.text(), {"agent", "key", "token", "secret", "signature"}) &&
        !(has_word(name.text(), {"org", "tenant", "account"}) &&
          depends_on_guard(file, function.child("parameters"), nullptr) &&
          icontains_any(function.code(), {"member", "403", "role"})))
      file.hit("AZ-002", p).title =
          "Who the caller is comes from a header of the request (" + std::string(name.text()) + ")";
  }
}

void judge_handler(File& file, const Handler& h, std::string_view decorated, PythonNotes& notes) {
  judge_owner(file, h, notes);
  read_python_tenants(file, h);
  judge_signed_addresses(file, h);
  judge_client_values(file, h);
  judge_mass_assignment(file, h, notes);
  judge_return_addresses(file, h);
  judge_given_role(file, h, notes);
  if (!h.route->admin_guard && !icontains(h.route->path, "admin") && !webhook_door(h.route->path) &&
      !webhook_door(h.route->function)) {
    std::vector<std::string> typed;
    for (const auto& b : h.bodies) typed.push_back(b.first);
    note_body_calls(file, h.function, typed, h.route->at, notes);
  }
  judge_upload(file, h);
  judge_returned(file, h.function, decorated, notes);
  judge_server_settings(file, h.function);
  judge_header_parameters(file, h.function);
}

}  // namespace gatehouse::audit::source
