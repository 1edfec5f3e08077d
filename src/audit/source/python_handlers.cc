// What the handler of one route of FastAPI or Flask does with what it is given. Long, as its questions share one
// reading of the names that a client fills.
#include <algorithm>

#include "audit/source/door_words.h"
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
    // GET /orders?user_id=7: whose list it is, by the client's word.
    if (!h.identity.empty() && !path && simple && person_id(name) &&
        (personal_noun(h.route->path) || personal_noun(h.route->function)) && !contains(p.code(), "Depends"))
      out.push_back(name);
    if (!name.ends_with("_id") || path || !simple || identity_field(name) || contains(p.code(), "Depends") ||
        contains(p.code(), "Header("))
      continue;
    // What the route is about: get_prompt(prompt_id).
    const std::string stem = name.substr(0, name.size() - 3);
    if (personal_noun(name) || (!h.identity.empty() && icontains(h.route->function, stem))) out.push_back(name);
  }
  // Flask: request.form["invoice_id"], request.json.get("id"), or a name that was given it
  if (h.route->framework == "flask")
    for (const char* type : {"subscript", "call"})
      for (const Node n : body(h.function).all(type)) {
        const auto call = as_call(n);
        if (call && last(call->name) != "get") continue;
        const std::string from = call ? call->name : dotted(n.child("value"));
        const auto key = call ? literal(call->arg(0)) : literal(n.child("subscript"));
        if (!key || (*key != "id" && !key->ends_with("_id")) || identity_field(*key) || person_id(*key) ||
            !icontains_any(from, {"request.form", "request.json", "request.args", "request.values", "data"}))
          continue;
        const Node given = n.parent().is("assignment") ? n.parent().child("left") : Node();
        out.emplace_back(given.is("identifier") ? given.text() : n.text());
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
  later.before = h.route->before;
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
  if (h.route->admin_guard || ids.empty()) return;
  // APIRouter(dependencies=[Depends(get_current_user)]), or where it is mounted: known when all files are read.
  if (!h.route->guarded) later.callers.insert("@" + h.route->file + "|" + h.route->router);
  // What a shop shows everybody is still somebody's when it is changed.
  const bool shown = icontains_any(
      h.route->path, {"product", "categor", "tag", "plan", "theme", "price", "/public", "style", "model", "template"});
  const bool writes = h.route->changes || std::any_of(h.route->methods.begin(), h.route->methods.end(),
                                                      [](const std::string& m) { return m != "get"; });
  if ((shown && !writes) || open_to_all(h.route->path, writes, true)) return;
  const Node b = body(h.function);
  const Code code = b.code();
  // A conversation, a document: what is added to it is no matter of everybody's, as a comment is.
  const bool of_somebody = std::any_of(ids.begin(), ids.end(), [](const std::string& id) {
    return has_word(id, {"chat", "conversation", "document", "order", "project", "workspace", "invoice", "session"});
  });
  for (const std::string& i : h.identity)
    if (decides(file, b, i, of_somebody)) return;
  // Note.owner_id == user_id, and the address names the user: no owner of the server's choice.
  std::string others(code);
  for (const std::string& id : ids)
    for (const std::string_view link : {" == ", "==", "="})
      for (const std::string_view key : {"owner_id", "owner", "tenant_id"}) {
        const std::string named = std::string(key) + std::string(link) + id;
        if (const std::size_t at = others.find(named); person_id(id) && at != std::string::npos)
          others.erase(at, named.size());
      }
  if (icontains_any(others, {"owner", "tenant"}) || caller_decides(file, b, h.identity.empty(), of_somebody)) return;
  for (const Call* c : file.calls_in(b)) {
    const Code text = c->node.code();
    const std::string_view f = last(c->name);
    const bool reads = f == "execute" || f == "fetchrow" || f == "fetch" || f == "fetchval" || f == "fetch_one" ||
                       f == "fetchone" || f == "get" || f == "filter" || f == "filter_by" || f == "where" ||
                       f == "find_one" || f == "delete_one" || f == "update_one" || f == "get_or_404" ||
                       f == "delete" || f == "get_doc" || f == "find_one_and_update" || f == "find_one_and_delete" ||
                       f == "first_or_404" || f == "query" || f == "eq" ||
                       (f == "find" && c->arg(0).is("dictionary")) || (f == "retrieve" && contains(c->name, "stripe."));
    if (!reads) continue;
    for (const std::string& id : ids)
      if (has_token(text, id)) {
        // Who the caller is, and whose the record, may be settled in another file.
        later.at = place(file.path, c->line());
        later.shown = file.shown(c->node);
        later.model = fetched_model(*c);
        later.given = id;
        later.if_owned = shown;
        notes.layer_calls.push_back(std::move(later));
        return;
      }
  }
  if (!shown) note_layer_calls(file, h.function, ids, later, notes.layer_calls);
}

// `doc: Document = Depends(get_document)`: the id of the path goes to what fetches, without passing this function.
void note_fetched_by_dependency(File& file, const Handler& h, PythonNotes& notes) {
  if (!h.route->guarded || h.route->admin_guard || h.dependencies.empty()) return;
  const bool writes = h.route->changes || std::any_of(h.route->methods.begin(), h.route->methods.end(),
                                                      [](const std::string& m) { return m != "get"; });
  if (open_to_all(h.route->path, writes, true)) return;
  bool elsewhere = false;  // a {name} of the path that is no parameter here
  const std::string_view path = h.route->path;
  for (std::size_t at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    const std::string name(path.substr(at + 1, path.find_first_of(":}", at) - at - 1));
    bool own = false;
    for (const Node p : h.function.child("parameters").children()) own = own || parameter_name(p) == name;
    elsewhere = elsewhere || !own;
  }
  if (!elsewhere) return;
  const Node b = body(h.function);
  for (const std::string& i : h.identity)
    if (decides(file, b, i, true)) return;
  if (caller_decides(file, b, h.identity.empty(), true) || icontains_any(b.code(), {"owner", "tenant"})) return;
  for (const auto& [parameter, what] : h.dependencies) {
    LayerCall call;
    call.callee.name = what;
    call.given = parameter;
    call.at = h.route->at;
    call.shown = h.route->shown;
    notes.layer_calls.push_back(std::move(call));
  }
}

// Stops: an account that makes itself, or a friend, an administrator.
void judge_promotions(File& file, const Handler& h) {
  if (!h.route->guarded || h.route->admin_guard || h.path_ids.empty()) return;
  const Node b = body(h.function);
  for (const Node i : b.all("if_statement"))
    if (icontains_any(i.child("condition").code(), {"admin", "role", "superuser", "staff", "permission", "owner"}))
      return;
  for (const std::string& i : h.route->guards)
    if (icontains_any(i, {"admin", "staff", "superuser", "role", "permission", "manager"})) return;
  for (const Node a : b.all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("attribute") || !left.child("object").is("identifier")) continue;
    const std::string_view field = left.child("attribute").text(), whose = left.child("object").text();
    if (field != "is_admin" && field != "is_superuser" && field != "is_staff" && field != "role") continue;
    if (std::find(h.identity.begin(), h.identity.end(), whose) != h.identity.end()) continue;
    for (const Node from : b.all("assignment"))
      if (from.begin() < a.begin() && from.child("left").text() == whose &&
          std::any_of(h.path_ids.begin(), h.path_ids.end(),
                      [&](const std::string& id) { return has_token(from.child("right").code(), id); })) {
        auto& f = file.hit("AZ-008", a);
        f.title = "Everybody who has an account hands out ranks";
        f.severity = proof::Severity::critical;
        return;
      }
  }
}

bool money_field(std::string_view f) {
  return f == "amount" || f == "price" || f == "unit_amount" || f == "unitAmount" || f == "total" ||
         f == "amount_cents" || f == "amountCents" || f == "price_cents" || f == "total_amount" || f == "totalAmount";
}

// Ids and amounts taken from the body where the verified user's, or the catalogue's, belong.
void judge_client_values(File& file, const Handler& h) {
  if (h.route->admin_guard || webhook_door(h.route->path) || webhook_door(h.route->function)) return;
  const Node b = body(h.function);
  const Code code = b.code();
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
    } else if (money_field(field) &&
               !icontains_any(h.route->path + " " + h.route->function, {"donat", "pledge", "charity", "fundrais"}) &&
               icontains_any(code, {"stripe", "paymentintent", "checkout", "charge"})) {
      file.hit("PAY-001", a);
    }
  }
}

// `data.items()` of a JSON nobody looked at; what a model of the body dumps holds that model's fields only.
bool whatever_was_sent(const Handler& h, Node looped) {
  const Code code = looped.code();
  if (icontains_any(code, {"request.json", "await request", "request.get_json", "request.form"})) return true;
  if (icontains_any(code, {"model_dump", ".dict("})) return false;
  const auto call = as_call(unwrap(looped));
  if (!call || last(call->name) != "items") return false;
  const std::string name = call->name.substr(0, call->name.rfind('.'));
  for (const Node p : h.function.child("parameters").children())
    if (const std::string_view type = p.child("type").text(); parameter_name(p) == name)
      return type.starts_with("dict") || type.starts_with("Dict") || type == "Any" || contains(p.code(), "Body(");
  bool sent = false;
  for (const Node a : body(h.function).all("assignment"))
    if (a.child("left").text() == name && a.begin() < looped.begin())
      sent = icontains_any(a.child("right").code(), {"request.json", "await request", "request.get_json", "get_json(",
                                                     "request.form", "json.loads(request"}) &&
             !icontains_any(a.child("right").code(), {".load(", "validate(", "model_validate"});  // a schema's answer
  return sent;
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
      const Code loop = c->node.above("for_statement").code();
      if (icontains_any(loop, {"allowed", "in ("})) continue;
      if (!whatever_was_sent(h, c->node.above("for_statement").child("right"))) continue;
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

// Stops: being made an administrator by asking for it.
void judge_self_made_admin(File& file, const Handler& h) {
  if (h.route->admin_guard || webhook_door(h.route->path)) return;
  for (const Node a : body(h.function).all("assignment")) {
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    if (!left.is("attribute")) continue;
    const std::string_view field = left.child("attribute").text();
    const bool flag =
        (field == "is_admin" || field == "is_superuser" || field == "is_staff" || field == "admin") && right.is("true");
    const bool role = (field == "role" || field == "role_id" || field == "roles") &&
                      (literal(right) ? has_word(*literal(right), {"admin", "administrator", "superadmin"})
                                      : has_word(dotted(right), {"admin", "superadmin"}));
    if (!flag && !role) continue;
    const Node branch = a.above("if_statement");
    if (branch && branch.inside(h.function) &&
        icontains_any(branch.child("condition").code(), {"email", "count", "first", "secret", "key", "setup", "admin"}))
      continue;
    file.hit("AZ-007", a).title = "Whoever calls this makes an administrator";
    return;
  }
}

void judge_upload(File& file, const Handler& h) {
  const Code head = h.function.child("parameters").code();
  const Code code = body(h.function).code();
  const bool takes = contains(head, "UploadFile") || contains(code, "request.files");
  // What staff sends on to a host of files fills no disk here.
  if (!takes || (h.route->admin_guard && !icontains_any(code, {"open(", "copyfileobj", "write", "makedirs"}) &&
                 !(contains(code, ".save(") && contains(code, ".filename"))))
    return;
  bool sized = icontains_any(code, {"max_", "content-length", "413", "size_limit", "maxsize", "check_size",
                                    "validate_file", "validate_upload", "limit_upload"});
  // What is only told, or put into a text, bounds nothing.
  for (const Node asked : body(h.function).all("comparison_operator"))
    sized = sized || icontains_any(asked.code(), {"size", "content_length"}) ||
            (contains(asked.code(), "len(") && icontains_any(asked.code(), {"bytes", "content", "data", "body", "file",
                                                                            "raw", "max", "limit", "buf", "image"}));
  const bool typed = icontains_any(code, {"content_type", "mimetype", "allowed", "filetype", "magic", "image.open",
                                          "endswith", "splitext", "suffix"});
  if (sized && typed) return;
  auto& f = file.hit("FA-016", h.function);
  f.title = sized   ? "An upload is taken whatever its type"
            : typed ? "An upload is taken whatever its size"
                    : "An upload is taken whatever its size and type";
  for (const Call* c : file.calls_in(body(h.function)))
    if (!sized && last(c->name) == "read" && c->args.empty() && f.locations.size() < 3) also(f, file, c->node);
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
  judge_promotions(file, h);
  judge_owner(file, h, notes);
  note_fetched_by_dependency(file, h, notes);
  note_handed(file, h, notes);
  read_python_tenants(file, h);
  judge_signed_addresses(file, h);
  judge_client_values(file, h);
  judge_mass_assignment(file, h, notes);
  judge_return_addresses(file, h);
  judge_given_role(file, h, notes);
  judge_self_made_admin(file, h);
  judge_whole_bodies(file, h);
  if (!h.route->admin_guard && !icontains(h.route->path, "admin") && !webhook_door(h.route->path) &&
      !webhook_door(h.route->function)) {
    std::vector<std::string> typed;
    for (const auto& b : h.bodies) typed.push_back(b.first);
    note_body_calls(file, h.function, typed, h.route->at, notes);
  }
  judge_upload(file, h);
  judge_answers(file, h.function, decorated, notes);
  judge_header_parameters(file, h.function);
}

}  // namespace gatehouse::audit::source
