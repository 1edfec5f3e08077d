#include "audit/source/data_firestore.h"

#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Kind = Touch::Kind;

constexpr int kDeepest = 10;  // of a reference that is made of another

// What a call is made on: a collection, a query on one, or a document of it.
struct Reference {
  std::string record;
  std::string condition;  // which documents: the id, what where() says
  Node bound;             // of limit(20)
  bool document = false;
};

bool one_of(std::string_view f, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), f) != names.end();
}

// "users/" + uid + "/orders": users and orders, with a segment for what is put in.
std::vector<std::string> segments(Node path) {
  std::string text;
  path = unwrap(path);
  if (const auto plain = literal(path)) {
    text = *plain;
  } else if (path.is("template_string")) {
    std::uint32_t at = path.begin() + 1;
    for (const Node part : path.children()) {
      if (!part.is("template_substitution")) continue;
      text += path.text().substr(at - path.begin(), part.begin() - at);
      text += '?';
      at = part.end();
    }
    if (at < path.end()) text += path.text().substr(at - path.begin(), path.end() - 1 - at);
  } else if (path.is("binary_expression")) {
    const auto left = segments(path.child("left")), right = segments(path.child("right"));
    for (const auto& s : left) (text += s) += '/';
    for (const auto& s : right) (text += s) += '/';
  } else if (path) {
    text = "?";
  }
  std::vector<std::string> out;
  for (const std::string_view s : text::split(text, '/'))
    if (!s.empty()) out.emplace_back(s);
  return out;
}

// "orders", COLLECTIONS.ORDERS, const ORDERS = "orders"
std::string named_collection(Node arg) {
  arg = unwrap(arg);
  const auto path = segments(arg);
  if (!path.empty() && path.back() != "?") return record_key(path.back());
  if (arg.any_of("identifier", "member_expression")) return record_key(last(dotted(arg)));
  return {};
}

std::optional<Reference> reference(const File& file, Node n, int depth);

// What the name was given before it is used, and what a query was added to on the way.
std::optional<Reference> bound_reference(const File& file, Node id, int depth) {
  const std::string_view name = id.text();
  const auto meant = [&](Node d) { return d.child("name").text() == name && d.begin() < id.begin() && !id.inside(d); };
  for (Node f = function_around(id); f; f = function_around(f)) {
    for (const Node d : f.all("variable_declarator")) {
      if (!meant(d) || !d.child("value")) continue;
      auto out = reference(file, d.child("value"), depth + 1);
      if (!out) return std::nullopt;
      // query = query.where("userId", "==", uid)
      for (const Node a : f.all("assignment_expression"))
        if (a.child("left").text() == name && a.begin() < id.begin() && !id.inside(a) &&
            contains(a.child("right").code(), std::string(name) + "."))
          for (const Node call : {unwrap(a.child("right"))})
            if (const auto c = as_call(call)) {
              if (last(c->name) == "limit")
                out->bound = c->arg(0);
              else
                (out->condition += ' ') += c->node.child("arguments").code();
            }
      return out;
    }
    for (const Node p : parameters_of(f))
      if (p.text() == name || p.child("pattern").text() == name) return std::nullopt;
  }
  int seen = 0;
  for (const Node statement : file.tree.root().children()) {
    if (++seen > 400) break;
    const Node list = statement.is("export_statement") ? statement.child("declaration") : statement;
    if (!list.any_of("lexical_declaration", "variable_declaration")) continue;
    for (const Node d : list.children())
      if (d.is("variable_declarator") && meant(d)) return reference(file, d.child("value"), depth + 1);
  }
  // import { usersCollection } from "./firebase"
  if (!has_word(name, {"collection", "ref", "col"}) || words(name).size() < 2 || !file.imports.contains(name))
    return std::nullopt;
  std::string noun;
  for (const std::string& w : words(name))
    if (w != "collection" && w != "ref" && w != "col") noun += w;
  return Reference{record_key(noun), {}, {}, false};
}

// snapshot.ref, snapshot.docs[0].ref, doc.ref of snapshot.forEach((doc) => …)
std::optional<Reference> of_snapshot(const File& file, Node snapshot, int depth) {
  snapshot = unwrap(snapshot);
  if (snapshot.is("subscript_expression")) snapshot = unwrap(snapshot.child("object"));
  if (snapshot.is("member_expression") && snapshot.child("property").text() == "docs")
    snapshot = unwrap(snapshot.child("object"));
  if (!snapshot.is("identifier")) return std::nullopt;
  for (Node f = function_around(snapshot); f; f = function_around(f)) {
    for (const Node d : f.all("variable_declarator"))
      if (d.child("name").text() == snapshot.text() && d.begin() < snapshot.begin()) {
        const Node value = unwrap(d.child("value"));
        if (const auto c = as_call(value)) {
          if (last(c->name) == "get" && !c->arg(0))
            return reference(file, value.child("function").child("object"), depth + 1);
          if (one_of(last(c->name), {"get", "getDoc", "getDocs"})) return reference(file, c->arg(0), depth + 1);
        }
        return of_snapshot(file, value, depth + 1);
      }
    for (const Node loop : f.all("for_in_statement"))
      if (loop.child("left").text() == snapshot.text() && snapshot.inside(loop))
        return depth > kDeepest ? std::nullopt : of_snapshot(file, loop.child("right"), depth + 1);
    for (const Node p : parameters_of(f)) {
      if (p.text() != snapshot.text() && p.child("pattern").text() != snapshot.text()) continue;
      const auto over = f.parent().is("arguments") ? as_call(f.parent().parent()) : std::nullopt;
      if (!over || depth > kDeepest || !one_of(last(over->name), {"forEach", "map"})) return std::nullopt;
      return of_snapshot(file, over->node.child("function").child("object"), depth + 1);
    }
  }
  return std::nullopt;
}

// doc(db, "orders", id), collection(db, "users", uid, "orders"), query(orders, where("userId", "==", uid))
std::optional<Reference> modular(const File& file, const Call& c, int depth) {
  if (!one_of(c.name, {"doc", "collection", "collectionGroup", "query", "ref", "child"}) ||
      !file.imports_from("firebase"))
    return std::nullopt;
  std::optional<Reference> out;
  const bool made_of = c.arg(0).is("call_expression") || c.name == "query";
  if (auto from = reference(file, c.arg(0), depth + 1)) {
    out = std::move(from);
  } else if (made_of && c.name != "doc" && c.name != "collection" && c.name != "ref") {
    return std::nullopt;
  }
  if (c.name == "query") {
    for (std::size_t i = 1; i < c.args.size(); ++i) {
      const auto part = as_call(unwrap(c.args[i]));
      if (!part) continue;
      if (part->name == "limit")
        out->bound = part->arg(0);
      else if (part->name != "orderBy")
        (out->condition += ' ') += part->node.child("arguments").code();
    }
    return out;
  }
  std::vector<std::string> path;
  std::string said;
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    for (auto& s : segments(c.args[i])) path.push_back(std::move(s));
    if (!literal(c.args[i])) (said += ' ') += c.args[i].code();
  }
  if (!out) {
    if (path.empty()) return std::nullopt;
    const std::size_t at = path.size() % 2 == 1 ? path.size() - 1 : path.size() - 2;
    std::string record =
        path[at] == "?" && at + 1 < c.args.size() ? named_collection(c.args[at + 1]) : record_key(path[at]);
    out = Reference{std::move(record), {}, {}, path.size() % 2 == 0};
  } else if (c.name == "doc") {
    out->document = true;
  } else if (c.name == "collection" && c.args.size() > 1) {
    out->record = named_collection(c.arg(1));
    out->document = false;
  }
  out->condition += said;
  return out;
}

std::optional<Reference> reference(const File& file, Node n, int depth) {
  n = unwrap(n);
  if (!n || depth > kDeepest) return std::nullopt;
  if (n.is("identifier")) return bound_reference(file, n, depth);
  if (n.is("member_expression")) {
    if (n.child("property").text() == "ref") return of_snapshot(file, n.child("object"), depth + 1);
    return std::nullopt;
  }
  const auto c = as_call(n);
  if (!c) return std::nullopt;
  const Node callee = n.child("function");
  if (!callee.is("member_expression")) return modular(file, *c, depth);
  const std::string_view f = callee.child("property").text();
  const Node object = callee.child("object");
  if (f == "collection" || f == "collectionGroup") {
    Reference out{named_collection(c->arg(0)), {}, {}, false};
    if (const auto above = reference(file, object, depth + 1); above && above->document)
      out.condition = above->condition;
    if (!literal(c->arg(0)) && unwrap(c->arg(0)).is("template_string")) (out.condition += ' ') += c->arg(0).code();
    return out.record.empty() ? std::nullopt : std::optional(std::move(out));
  }
  if (f == "doc") {
    auto out = reference(file, object, depth + 1);
    if (!out) {  // db.doc(`users/${uid}`)
      const auto path = segments(c->arg(0));
      if (path.size() < 2 || path.size() % 2 == 1) return std::nullopt;
      out = Reference{record_key(path[path.size() - 2]), {}, {}, true};
    }
    out->document = true;
    if (c->arg(0)) (out->condition += ' ') += c->arg(0).code();
    return out;
  }
  if (f == "ref" || f == "child") {  // db.ref(`orders/${id}`) of the Realtime Database
    const std::string base = dotted(object);
    const auto path = segments(c->arg(0));
    if (f == "child") {
      auto out = reference(file, object, depth + 1);
      if (!out) return std::nullopt;
      if (path.size() == 1 && literal(c->arg(0)) && out->document) return out;
      out->document = true;
      (out->condition += ' ') += c->arg(0).code();
      return out;
    }
    if (path.empty() || path[0] == "?" || !icontains_any(base, {"db", "database"})) return std::nullopt;
    return Reference{record_key(path[0]),
                     std::string(literal(c->arg(0)) ? std::string_view() : c->arg(0).code()),
                     {},
                     path.size() > 1};
  }
  if (f == "limit" || f == "limitToLast" || f == "limitToFirst" || f == "where" || f == "orderBy" || f == "offset" ||
      f == "startAfter" || f == "startAt" || f == "endAt" || f == "select" || f == "withConverter" ||
      f == "orderByChild" || f == "orderByKey" || f == "equalTo") {
    auto out = reference(file, object, depth + 1);
    if (!out) return std::nullopt;
    if (f.starts_with("limit"))
      out->bound = c->arg(0);
    else if (f == "where" || f == "equalTo" || f == "orderByChild")
      (out->condition += ' ') += c->node.child("arguments").code();
    return out;
  }
  return std::nullopt;
}

// set({ … }) makes a document, or puts another in its place when the client says which.
Kind set_kind(const Reference& r, Node options) {
  if (!r.document) return Kind::create;
  if (member(unwrap(options), "merge") || member(unwrap(options), "mergeFields")) return Kind::change;
  return icontains_any(r.condition, {"params", "req.", "query", "body"}) ? Kind::change : Kind::create;
}

std::optional<Kind> kind_of(std::string_view verb, const Reference& r, Node options) {
  if (one_of(verb, {"get", "onSnapshot", "once", "on", "getDoc", "getDocs"})) {
    const bool first = r.bound && unwrap(r.bound).text() == "1";
    return r.document || first ? Kind::one : Kind::list;
  }
  if (verb == "set" || verb == "setDoc") return set_kind(r, options);
  if (verb == "add" || verb == "addDoc" || verb == "push") return Kind::create;
  if (verb == "create") return Kind::create;
  if (!r.document) return std::nullopt;
  if (verb == "update" || verb == "updateDoc") return Kind::change;
  return Kind::remove;
}

// batch.update(ref, { … }), transaction.get(ref)
bool of_transaction(std::string_view object) {
  return one_of(object, {"t", "tx", "trx", "transaction", "batch", "writeBatch", "bulkWriter", "writer", "b", "txn"});
}

}  // namespace

std::optional<Touch> firestore_touch(const File& file, const Call& c) {
  const Code all = file.code();
  const std::string_view verb = last(c.name);
  static constexpr std::string_view kVerbs[] = {"get",        "set",       "add",    "update", "delete",   "create",
                                                "remove",     "push",      "once",   "on",     "getDoc",   "getDocs",
                                                "onSnapshot", "updateDoc", "setDoc", "addDoc", "deleteDoc"};
  if (std::find(std::begin(kVerbs), std::end(kVerbs), verb) == std::end(kVerbs)) return std::nullopt;
  if (!all.may_hold("doc(") && !all.may_hold("collection") && !all.may_hold(".ref(")) return std::nullopt;
  const Node callee = c.node.child("function");
  std::optional<Reference> r;
  std::size_t written = 0;
  if (!callee.is("member_expression")) {
    if (c.name != verb || !c.arg(0) || !file.imports_from("firebase")) return std::nullopt;
    if (c.arg(0).is("identifier") || c.arg(0).is("call_expression") || c.arg(0).is("member_expression"))
      r = reference(file, c.arg(0), 0);
    written = 1;
  } else {
    const Node object = unwrap(callee.child("object"));
    if (object.is("identifier") && of_transaction(object.text())) {
      if (!c.arg(0)) return std::nullopt;
      r = reference(file, c.arg(0), 0);
      written = 1;
    } else {
      if (c.arg(0) && verb == "get") return std::nullopt;  // a map, a request, a parameter
      r = reference(file, object, 0);
    }
  }
  if (!r || r->record.empty()) return std::nullopt;
  const auto kind = kind_of(verb, *r, c.arg(written + 1));
  if (!kind) return std::nullopt;
  Touch t;
  t.call = t.whole = c.node;
  t.record = std::move(r->record);
  t.kind = *kind;
  t.condition = *kind == Kind::create ? std::string() : std::move(r->condition);
  t.documents = true;
  t.limit = r->bound;
  if (*kind == Kind::create || *kind == Kind::change) t.written = c.arg(written);
  return t;
}

Node whole_documents(const Call& c) {
  if (last(c.name) != "map" || !c.node.child("function").is("member_expression")) return {};
  const Node docs = unwrap(c.node.child("function").child("object"));
  if (!docs.is("member_expression") || docs.child("property").text() != "docs") return {};
  const Node each = unwrap(c.arg(0));
  if (!is_function(each)) return {};
  for (const Node call : each.all("call_expression"))
    if (const auto data = as_call(call); data && last(data->name) == "data" && !data->arg(0)) {
      Node up = call.parent();
      while (up.any_of("parenthesized_expression", "as_expression", "await_expression")) up = up.parent();
      if (up.any_of("spread_element", "arrow_function", "return_statement")) return unwrap(docs.child("object"));
    }
  return {};
}

}  // namespace gatehouse::audit::source
