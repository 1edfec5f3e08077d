// What functions of Python do with the ids they are handed: noted file by file, judged over all. Long, as the judge
// asks just what the reader notes, and the two are read together.
#include "audit/source/python_layers.h"

#include <algorithm>

#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/schema.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Layer = PythonNotes::Layer;

// session.get(Model, id), Model.objects.get(pk=id), execute(select(…)), collection.find_one(…)
bool reads_records(const Call& c) {
  const std::string_view f = last(c.name);
  const Code code = c.node.code();
  if (contains(c.name, ".objects") || contains(code, ".objects."))
    return f == "get" || f == "filter" || f == "get_object_or_404";
  if (f == "get_object_or_404" || f == "find_one" || f == "delete_one" || f == "update_one" || f == "fetchrow" ||
      f == "fetch_one" || f == "filter_by" || f == "get_or_404" || f == "find_one_and_update" ||
      f == "find_one_and_delete" || f == "get_or_none" || !active_record(c).empty())
    return true;
  if (f == "eq" && icontains_any(code, {".table(", ".from_("})) return true;  // Supabase
  // self.s.get(Trip, trip_id), self.s.execute(delete(Booking).where(…)), whatever the session is called
  if (f == "get" && c.args.size() >= 2)
    if (const std::string first = dotted(c.arg(0)); !first.empty() && first.front() >= 'A' && first.front() <= 'Z')
      return true;
  if ((f == "execute" || f == "scalar" || f == "scalars" || f == "exec") && contains(code, ".where(") &&
      icontains_any(code, {"select(", "delete(", "update("}))
    return true;
  const bool base = icontains_any(c.name, {"session", "db", "conn", "cursor", "query", "database"});
  return base && (f == "get" || f == "execute" || f == "scalar" || f == "scalars" || f == "filter" || f == "fetch");
}

bool proves_caller(const Code& code) {
  if (icontains_any(code,
                    {"jwt.decode(", "verify_token(", "authenticate_request(", "verify_id_token(", "auth.get_user("}))
    return true;
  return icontains_any(code, {"raise ", "abort("}) &&
         icontains_any(code, {"401", "403", "unauthorized", "forbidden"}) &&
         icontains_any(code, {"authorization", "token", "cookie", "session", "bearer", "x_api_key"});
}

// def user_exists(user_id: UUID, db=Depends(get_db)): fetches the caller by an id of the address, and calls that proof.
bool named_by_client(const File& file, Node f) {
  if (!has_word(f.child("name").text(), {"user", "current", "member", "account", "profile", "caller", "auth"}) ||
      route_function(f) || !contains(f.child("parameters").code(), "Depends("))
    return false;
  std::string id;
  for (const Node p : f.child("parameters").children()) {
    const Code code = p.code();
    if (icontains_any(code, {"token", "authorization", "cookie", "credential", "request", "session_token", "api_key",
                             "current_user", "security(", "oauth"}))
      return false;
    const std::string name = parameter_name(p);
    if (person_id(name) && !contains(code, "Depends(")) id = name;
  }
  if (id.empty()) return false;
  for (const Call* c : file.calls_in(body(f)))
    if (reads_records(*c) && has_token(c->node.code(), id)) return true;
  return false;
}

// find_one(Order.id == Id(data.id)): the field of what was given that names the record.
bool by_field_of(const Call& c, const std::string& given) {
  for (const Node a : c.node.child("arguments").all("attribute"))
    if (a.child("object").text() == given)
      if (const std::string_view f = a.child("attribute").text();
          f == "id" || (f.ends_with("_id") && !identity_field(f) && !person_id(f)))
        return true;
  return false;
}

void read_fetches(const File& file, Node f, Layer& layer) {
  if (layer.parameters.empty()) return;
  std::vector<std::string> without;
  Node fetch;
  for (const std::string& given : layer.parameters)
    for (const Call* c : file.calls_in(body(f))) {
      if (!has_token(c->node.child("arguments").code(), given)) continue;
      if (reads_records(*c)) {
        if (!layer.fetches) {
          layer.at = place(file.path, c->line());
          fetch = c->node;
        }
        layer.fetches = true;
        if (by_field_of(*c, given)) layer.by_field.push_back({fetched_model(*c), place(file.path, c->line())});
        if (layer.model.empty()) layer.model = fetched_model(*c);
        if (given == layer.parameters.front() && person_id(given)) {
          without.push_back(given);
          without.push_back(layer.model);
        }
      } else {
        layer.calls.push_back(ref_of(file, *c));
      }
    }
  // db.get(User, id): which table is asked says nothing about whose record it may be.
  if (!layer.model.empty()) {
    without.push_back(layer.model);
    without.push_back(text::to_lower(layer.model));
  }
  const OwnerAsked asked = asked_in(file, f, fetch, without);
  layer.asks_owner = asked.owner || has_word(f.child("name").text(), {"mine", "own"});
  layer.as_author = asked.as_author;
  layer.used = asked.used;
}

bool writes_all(const Call& c) {
  const std::string_view f = last(c.name);
  return f == "create" || f == "update" || f == "insert" || f == "insert_one" || f == "values" || f == "update_one" ||
         f == "update_or_create" || (!f.empty() && f.front() >= 'A' && f.front() <= 'Z');
}

// Models that check what they are built from are no records.
bool checks_fields(std::string_view made) {
  return made.ends_with("Schema") || made.ends_with("Serializer") || made.ends_with("Form") ||
         made.ends_with("Request") || made.ends_with("Response") || made.ends_with("Create") ||
         made.ends_with("Update") || made.ends_with("In") || made.ends_with("Out") || made.ends_with("Dto") ||
         made.ends_with("DTO") || made.ends_with("Base") || made.ends_with("Error") || made.ends_with("Exception");
}

void read_uses(const File& file, Node f, const std::string& given, Layer& layer) {
  const Node b = body(f);
  if (!has_token(b.code(), given)) return;
  const auto use = [&](Node at, std::string field) {
    layer.uses.push_back({given, std::move(field), place(file.path, at.line()), file.shown(at)});
  };
  const auto compared = [](Node n) {
    for (Node p = n.parent(); p && !p.any_of("block", "function_definition"); p = p.parent())
      if (p.any_of("comparison_operator", "not_operator")) return true;
    return false;
  };
  // "amount": data["amount"], told to whoever takes the money
  const auto charged = [](Node n) {
    const Node pair = n.above("pair"), keyword = n.above("keyword_argument");
    const bool amount = literal(pair.child("key")) == "amount" || literal(pair.child("key")) == "unit_amount" ||
                        keyword.child("name").text() == "amount" || keyword.child("name").text() == "unit_amount";
    const auto call = as_call(n.above("call"));
    return amount && call &&
           (has_word(last(call->name), {"sale", "charge", "pay"}) ||
            icontains_any(call->name, {"paymentintent", "stripe", "checkout.session", "gateway"}));
  };
  for (const Node s : b.all("subscript")) {
    const auto key = literal(s.child("subscript"));
    if (key && s.child("value").text() == given && has_word(*key, {"amount", "price", "total"}) && charged(s))
      use(s, "amount");
    if (!key || s.child("value").text() != given || !identity_field(*key) || compared(s)) continue;
    if (s.parent().is("assignment") && s.parent().child("left") == s) return;  // set by the server
    use(s, *key);
  }
  for (const Node a : b.all("attribute"))
    if (a.child("object").text() == given && identity_field(a.child("attribute").text()) && !compared(a) &&
        !(a.parent().is("assignment") && a.parent().child("left") == a))
      use(a, std::string(a.child("attribute").text()));
  for (const Call* c : file.calls_in(b)) {
    if (last(c->name) == "get" && c->name == given + ".get") {
      if (const auto key = literal(c->arg(0)); key && identity_field(*key) && !compared(c->node)) use(c->node, *key);
      continue;
    }
    const Code args = c->node.child("arguments").code();
    if (!has_token(args, given)) continue;
    if (writes_all(*c) && !checks_fields(last(c->name)) && contains(args, "**" + given) &&
        !contains(args, given + ".model_dump") && !contains(args, given + ".dict("))
      use(c->node, "");
    else if ((last(c->name) == "insert" || last(c->name) == "update" || last(c->name) == "insert_one") &&
             unwrap(c->arg(0)).text() == given && contains(c->node.code(), ".table("))
      use(c->node, "");
    if (c->name == "setattr" && !literal(c->arg(1))) continue;
    for (std::size_t i = 0; i < c->args.size(); ++i)
      if (unwrap(c->arg(i)).text() == given) layer.passes.push_back({given, {ref_of(file, *c), i, {}, false, {}}});
    for (const auto& [key, value] : c->keywords)
      if (unwrap(value).text() == given)
        layer.passes.push_back({given, {ref_of(file, *c), 0, std::string(key), false, {}}});
  }
  // for key, value in data.items(): setattr(record, key, value)
  for (const Call* c : file.calls_in(b)) {
    const Node loop = c->node.above("for_statement");
    if (c->name == "setattr" && !literal(c->arg(1)) && loop && loop.inside(b) &&
        contains(loop.child("right").code(), given + ".items(") &&
        !icontains_any(loop.code(), {"allowed", " in (", " in {", " in [", "_fields"}))
      use(c->node, "");
  }
}

}  // namespace

void read_layers(File& file, PythonNotes& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name(f.child("name").text());
    if (!route_function(f)) {
      const Code code = body(f).code();
      const Node cls = f.above("class_definition");
      const std::string guard = cls && name.starts_with("__") ? std::string(cls.child("name").text()) : name;
      if (proves_caller(code)) {
        notes.guards.insert(guard);
      } else if (!cls && named_by_client(file, f)) {
        notes.soft_guards.insert(name);
        notes.named_callers.emplace(name, Spot{place(file.path, f.line()), file.shown(f)});
      } else if (has_word(name,
                          {"user", "auth", "authenticate", "principal", "identity", "admin", "token", "require"}) &&
                 !icontains_any(code, {"raise", "abort(", "401", "403", "redirect"}) &&
                 !icontains_any(f.child("parameters").code(), {"depends", "security("}) && !cls) {
        // `return None` for a stranger is no refusal, unless some call below refuses.
        bool refuses_below = false;
        for (const Call* c : file.calls_in(body(f)))
          refuses_below = refuses_below || has_word(last(c->name), {"require", "verify", "authenticate", "check",
                                                                    "decode", "validate", "get_user", "user"});
        if (!refuses_below) notes.soft_guards.insert(name);
      }
      // A dependency may lean on another.
      for (const Call* c : file.calls_in(f.child("parameters")))
        if ((last(c->name) == "Depends" || last(c->name) == "Security") && c->arg(0))
          notes.stands_for[guard].insert(std::string(last(dotted(c->arg(0)))));
      for (const Node p : f.child("parameters").children())
        if (const std::string type = annotated_class(p.child("type").text()); !type.empty())
          notes.stands_for[guard].insert(type);
    }
    Layer layer;
    layer.path = std::string(file.path);
    if (const Node cls = f.above("class_definition")) layer.cls = std::string(cls.child("name").text());
    for (const Node p : f.child("parameters").children()) {
      std::string given = parameter_name(p);
      if (!given.empty() && given != "self" && given != "cls") layer.parameters.push_back(std::move(given));
    }
    if (route_function(f)) continue;
    read_fetches(file, f, layer);
    for (const std::string& given : layer.parameters) read_uses(file, f, given, layer);
    if (layer.fetches || !layer.calls.empty() || !layer.uses.empty() || !layer.passes.empty())
      notes.layers[name].push_back(std::move(layer));
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node right = a.child("right");
    // current_user = user_from_session: the same function under another name
    if (right.is("identifier") && a.child("left").is("identifier") && !function_around(a))
      notes.stands_for[std::string(a.child("left").text())].insert(std::string(right.text()));
    if (!right.is("subscript") || last(dotted(right.child("value"))) != "Annotated") continue;
    const std::string name(a.child("left").text());
    if (const Node type = right.child("subscript")) notes.stands_for[name].insert(std::string(last(dotted(type))));
    for (const Call* c : file.calls_in(right))
      if ((last(c->name) == "Depends" || last(c->name) == "Security") && c->arg(0))
        notes.stands_for[name].insert(std::string(last(dotted(c->arg(0)))));
  }
}

void note_layer_calls(const File& file, Node handler, const std::vector<std::string>& ids, LayerCall call,
                      std::vector<LayerCall>& out) {
  for (const Call* c : file.calls_in(body(handler))) {
    const auto given = std::find_if(ids.begin(), ids.end(), [&](const std::string& id) {
      return std::any_of(c->args.begin(), c->args.end(), [&](Node a) { return unwrap(a).text() == id; }) ||
             std::any_of(c->keywords.begin(), c->keywords.end(),
                         [&](const auto& k) { return unwrap(k.second).text() == id; });
    });
    if (given == ids.end()) continue;
    call.callee = ref_of(file, *c);
    call.given = *given;
    call.at = place(file.path, c->line());
    call.shown = file.shown(c->node);
    out.push_back(call);
  }
}

void note_body_calls(const File& file, Node handler, const std::vector<std::string>& typed, const proof::Location& at,
                     PythonNotes& notes) {
  const auto from_request = [](const Code& code) {
    const std::string_view c = text::trim(code);
    return c == "request.data" || c == "request.json" || c == "request.form" || c == "request.POST" ||
           c == "await request.json()" || c == "request.get_json()" || c == "request.get_json(force=True)" ||
           c == "json.loads(request.body)" || c == "request.data.copy()" || c == "request.form.to_dict()" ||
           c == "request.get_json(silent=True)" || c == "dict(request.data)" || c == "self.request.data";
  };
  std::set<std::string> raw;
  for (const Node a : body(handler).all("assignment"))
    if (a.child("left").is("identifier") && from_request(a.child("right").code()))
      raw.insert(std::string(a.child("left").text()));
  for (const Node p : handler.child("parameters").children()) {
    const std::string_view type = p.child("type").text();
    if ((type == "dict" || type.starts_with("dict[") || type.starts_with("Dict") || type == "Any") &&
        !contains(p.code(), "Depends"))
      raw.insert(parameter_name(p));
  }
  const auto kind = [&](Node n) -> std::optional<bool> {
    const std::string_view said = unwrap(n).text();
    if (from_request(said) || raw.contains(std::string(said))) return true;
    if (std::find(typed.begin(), typed.end(), said) != typed.end()) return false;
    return std::nullopt;
  };
  for (const Call* c : file.calls_in(body(handler))) {
    if (c->name == "print" || icontains_any(c->name, {"log", "serializer", "schema"})) continue;
    for (std::size_t i = 0; i < c->args.size(); ++i)
      if (const auto k = kind(c->arg(i))) notes.body_calls.push_back({ref_of(file, *c), i, {}, *k, at});
    for (const auto& [key, value] : c->keywords)
      if (const auto k = kind(value)) notes.body_calls.push_back({ref_of(file, *c), 0, std::string(key), *k, at});
  }
}

namespace {

// list_pages(notebook_id): a part of nothing by itself, and of a notebook that is somebody's.
bool below_somebodys(const PythonNotes& notes, const Layer& layer) {
  for (const std::string& p : layer.parameters) {
    if (!p.ends_with("_id") || person_id(p) || identity_field(p)) continue;
    const std::string noun = record_key(std::string_view(p).substr(0, p.size() - 3));
    for (const Model& m : notes.models)
      if (record_key(m.name) == noun && !published(noun) && belongs_to_somebody(notes, m.name) == true) return true;
  }
  return false;
}

}  // namespace

// The caller is among what this function is given, under whatever name, and has a say in what it reads.
static bool hears_caller(const Layer& layer, const LayerCall& call) {
  for (std::size_t i = 0; i < layer.parameters.size(); ++i)
    if ((call.caller_at.contains(i) || call.caller_as.contains(layer.parameters[i])) &&
        layer.used.contains(layer.parameters[i]))
      return true;
  return false;
}

bool fetches_unowned(const PythonNotes& notes, const LayerCall& call, proof::Location* at) {
  std::set<const Layer*> seen;
  std::vector<FunctionRef> next = {call.callee};
  bool fetches = false;
  const auto theirs = [&](const std::string& model) {
    return belongs_to_somebody(notes, model) == true && !published(record_key(model));
  };
  const auto note = [&](const proof::Location& where) {
    if (!fetches && at != nullptr) *at = where;
    fetches = true;
  };
  for (int depth = 0; depth < 8 && !next.empty(); ++depth) {
    std::vector<FunctionRef> found;
    for (const FunctionRef& ref : next)
      for (const Layer* layer : layers_of(notes, ref)) {
        if (!seen.insert(layer).second) continue;
        const bool surely = layer->fetches && theirs(layer->model);
        if (layer->asks_owner && !(layer->as_author && surely)) return false;
        if (depth == 0 && hears_caller(*layer, call)) return false;
        if (call.by_field) {
          for (const Layer::Field& f : layer->by_field)
            if (theirs(f.model)) note(f.at);
        } else if (layer->fetches) {
          if (call.if_owned && !surely) continue;
          if (!layer->model.empty() && belongs_to_somebody(notes, layer->model) == false &&
              !below_somebodys(notes, *layer))
            continue;
          note(layer->at);
        }
        if (found.size() < 64) found.insert(found.end(), layer->calls.begin(), layer->calls.end());
      }
    next = std::move(found);
  }
  return fetches;
}

bool refuses_strangers(const PythonNotes& notes, std::string_view name) {
  std::set<std::string> seen;
  std::vector<std::string> next = {std::string(name)};
  for (std::size_t i = 0; i < next.size() && i < 32; ++i) {
    if (notes.guards.contains(next[i])) return true;
    if (!seen.insert(next[i]).second) continue;
    if (const auto it = notes.stands_for.find(next[i]); it != notes.stands_for.end())
      next.insert(next.end(), it->second.begin(), it->second.end());
  }
  return false;
}

bool lets_strangers_through(const PythonNotes& notes, std::string_view name) {
  return notes.soft_guards.contains(std::string(name)) && !refuses_strangers(notes, name);
}

void judge_body_calls(const PythonNotes& notes, Sink& sink) {
  std::set<std::pair<const Layer*, std::string>> seen;
  for (const BodyCall& first : notes.body_calls) {
    std::vector<BodyCall> next = {first};
    for (int depth = 0; depth < 4 && !next.empty(); ++depth) {
      std::vector<BodyCall> found;
      for (const BodyCall& call : next)
        for (const Layer* layer : layers_of(notes, call.callee)) {
          std::string parameter = call.keyword;
          if (parameter.empty() && call.position < layer->parameters.size())
            parameter = layer->parameters[call.position];
          if (parameter.empty() || !seen.insert({layer, parameter}).second) continue;
          for (const Layer::Use& use : layer->uses) {
            if (use.parameter != parameter || (use.field.empty() && !first.raw)) continue;
            auto& f = sink.find(use.field.empty()       ? "AZ-007"
                                : use.field == "amount" ? "PAY-001"
                                                        : "AZ-002",
                                use.at, use.shown);
            if (use.field != "amount")
              f.title = use.field.empty() ? "Every field the client sends is written to the record"
                                          : "Whose data it is comes from the request body (" + use.field + ")";
            f.locations.push_back(first.at);
            f.evidence.push_back("this route hands on what the client sent");
          }
          for (const Layer::Pass& pass : layer->passes)
            if (pass.parameter == parameter && found.size() < 32) found.push_back(pass.call);
        }
      next = std::move(found);
    }
  }
}

}  // namespace gatehouse::audit::source
