#include "audit/source/event_metadata.h"

#include <algorithm>
#include <set>

#include "audit/source/payment_openers.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 400;

struct EventMetadata {
  struct Read {
    std::string path;
    std::set<std::string> keys;  // any of which will do: metadata.userId || metadata.user_id
    Spot at;
  };
  std::vector<Read> read;
  std::set<std::string> written;
  std::optional<Spot> written_at, opened, page;  // page: an address after the payment that names no session
  std::optional<Spot> asks_session;              // … and what wants to know it
  bool unknown = false;                          // something is written that nobody can read here
  bool names_session = false;
};

bool metadata_word(std::string_view key) { return key == "metadata" || key == "notes"; }

Node given(const File& file, Node value) {
  value = unwrap(value);
  if (!value.is("identifier")) return value;
  if (!file.tree.python()) return unwrap(value_of(file, value));
  const Node f = function_around(value);
  for (const Node a : (f ? f : file.tree.root()).all("assignment"))
    if (a.child("left").text() == value.text()) return unwrap(a.child("right"));
  return value;
}

void note_object(const File& file, Node value, EventMetadata& notes, Node at) {
  const Node object = given(file, value);
  if (!object.any_of("object", "dictionary")) {
    if (const auto c = as_call(object); c && c->name == "dict" && c->args.empty()) {
      for (const auto& [key, unused] : c->keywords) notes.written.insert(std::string(key));
      return;
    }
    notes.unknown = true;
    return;
  }
  if (!object.all("spread_element").empty() || !object.all("dictionary_splat").empty() ||
      !object.all("computed_property_name").empty())
    notes.unknown = true;
  for (const auto& [key, unused] : members(object)) notes.written.insert(key);
  if (!notes.written_at) notes.written_at = Spot{place(file.path, at.line()), file.shown(at)};
}

void note_written(const File& file, EventMetadata& notes) {
  for (const Node p : file.tree.all("pair")) {
    const Node key = p.child("key");
    const std::string said = literal(key).value_or(std::string(key.text()));
    if (metadata_word(said) || said == "custom_data" || said == "customData")
      note_object(file, p.child("value"), notes, p);
  }
  for (const Node s : file.tree.all("shorthand_property_identifier"))
    if (s.text() == "metadata" && !contains(file.code(), "export const metadata")) note_object(file, s, notes, s);
  for (const Node k : file.tree.all("keyword_argument"))
    if (metadata_word(k.child("name").text())) note_object(file, k.child("value"), notes, k);
  // params["metadata"]["name"] = …, metadata.coupon = …
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : file.tree.all(type)) {
      const Node left = unwrap(a.child("left"));
      if (left.any_of("subscript", "subscript_expression") && icontains(left.code(), "metadata")) {
        const Node key = left.is("subscript") ? left.child("subscript") : left.child("index");
        if (literal(key) == "metadata")
          note_object(file, a.child("right"), notes, a);
        else if (const auto said = literal(key))
          notes.written.insert(*said);
        else
          notes.unknown = true;
      } else if (left.is("member_expression") && icontains(left.child("object").code(), "metadata")) {
        notes.written.insert(std::string(left.child("property").text()));
      } else if (left.is("identifier") && left.text() == "metadata") {
        if (unwrap(a.child("right")).any_of("object", "dictionary")) note_object(file, a.child("right"), notes, a);
      }
    }
  // URLSearchParams and forms: "metadata[user_id]"
  for (const Node s : file.tree.all("string"))
    if (const auto said = literal(s); said && said->size() < 100)
      if (const std::size_t open = said->find("metadata]["), plain = said->find("metadata[");
          open != std::string::npos || plain != std::string::npos) {
        const std::size_t from = open != std::string::npos ? open + 10 : plain + 9;
        notes.written.insert(said->substr(from, said->find(']', from) - from));
      }
  for (const Node s : file.tree.all("template_string"))
    if (contains(s.code(), "metadata[")) notes.unknown = true;
}

// x.metadata, metadata, x["metadata"], x.get("metadata"): and not that of a product, a price or a person.
bool metadata_object(Node n) {
  n = unwrap(n);
  const Code code = n.code();
  if (code.size() > 200 || icontains_any(code, {"product", "price", "plan", "item", "customer", "user_metadata",
                                                "app_metadata", "coupon", "file", "account"}))
    return false;
  if (const auto c = as_call(n)) return last(c->name) == "get" && literal(c->arg(0)) == "metadata";
  if (n.is("subscript")) return literal(n.child("subscript")) == "metadata";
  if (n.is("subscript_expression")) return literal(n.child("index")) == "metadata";
  if (n.any_of("binary_expression", "boolean_operator"))  // session.metadata || {}
    return metadata_object(n.first());
  return n.any_of("member_expression", "attribute", "identifier") && last(dotted(n)) == "metadata";
}

Node statement_of(Node n) {
  while (n.parent() && !n.parent().any_of("statement_block", "block", "program", "module")) n = n.parent();
  return n;
}

void note_read(const File& file, Node f, EventMetadata& notes) {
  std::map<std::uint32_t, EventMetadata::Read> by_statement;
  const auto add = [&](Node at, const std::string& key) {
    if (key.empty() || key.size() > 60 || notes.read.size() + by_statement.size() >= kMost) return;
    auto& r = by_statement[statement_of(at).begin()];
    r.path = file.path;
    if (r.keys.empty()) r.at = {place(file.path, at.line()), file.shown(at)};
    r.keys.insert(key);
  };
  for (const Node m : f.all("member_expression"))
    if (metadata_object(m.child("object")) && !m.parent().is("call_expression"))
      add(m, std::string(m.child("property").text()));
  for (const char* type : {"subscript", "subscript_expression"})
    for (const Node s : f.all(type))
      if (metadata_object(s.child(s.is("subscript") ? "value" : "object")))
        if (const auto key = literal(s.child(s.is("subscript") ? "subscript" : "index"))) add(s, *key);
  for (const Call* c : file.calls_in(body(f)))
    if (last(c->name) == "get" && metadata_object(c->node.child("function").child("object")))
      if (const auto key = literal(c->arg(0))) add(c->node, *key);
  for (const Node d : f.all("variable_declarator"))
    if (d.child("name").is("object_pattern") && metadata_object(d.child("value")))
      for (const Node part : d.child("name").children()) {
        Node key = part.is("pair_pattern") ? part.child("key") : part;
        if (key.is("object_assignment_pattern")) continue;
        // Each for itself: { a, b } wants both.
        EventMetadata::Read r{std::string(file.path), {std::string(key.text())}, {}};
        r.at = {place(file.path, part.line()), file.shown(part)};
        if (notes.read.size() < kMost) notes.read.push_back(std::move(r));
      }
  for (auto& [at, r] : by_statement) {
    // One statement that makes a whole row asks for each of its keys.
    if (r.keys.size() > 1 && !icontains_any(r.at.shown, {"||", "??", " or "})) {
      for (const std::string& key : r.keys) notes.read.push_back({r.path, {key}, r.at});
      continue;
    }
    notes.read.push_back(std::move(r));
  }
}

// success_url: `${base}/thanks`, and in another place a route that retrieves the session whose id it is told.
void note_pages(File& file, EventMetadata& notes) {
  const Code code = file.code();
  if (contains(code, "CHECKOUT_SESSION_ID")) notes.names_session = true;
  for (const char* type : {"pair", "keyword_argument"})
    for (const Node p : file.tree.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("name");
      const std::string name = literal(key).value_or(std::string(key.text()));
      if (name != "success_url" && name != "return_url") continue;
      const Node value = unwrap(p.child("value"));
      const std::string said = literal(value).value_or(spoken(value));
      if (name == "return_url" && !icontains(code, "ui_mode")) continue;
      if (said.size() < 2 || notes.page) {
        notes.names_session = notes.names_session || said.size() < 2;  // what is handed in may name it
        continue;
      }
      notes.page = Spot{place(file.path, p.line()), file.shown(p)};
    }
  for (const Call& c : file.calls) {
    if (notes.asks_session || last(c.name) != "retrieve" ||
        !icontains_any(c.name, {"sessions.retrieve", "session.retrieve"}))
      continue;
    const Node f = outermost_function(c.node);
    if (!f || takes_signed_events(f)) continue;
    const std::string id(unwrap(c.arg(0)).text());
    const Code own = f.code();
    // request.data.get("session_id"), req.query.session_id, a parameter
    const bool sent = icontains_any(
        own, {"\"session_id\"", "'session_id'", "\"sessionid\"", "'sessionid'", "session_id }", "sessionid }",
              "body.session", "query.session", "data.session", "\"checkout_session", "'checkout_session"});
    if (sent && id.size() < 40 && has_word(id, {"session", "id"}) && !contains(id, "."))
      notes.asks_session = Spot{place(file.path, c.line()), file.shown(c.node)};
  }
}

}  // namespace

void read_event_metadata(File& file) {
  const Code code = file.code();
  if (has_word(file.path, {"test", "tests", "seed", "mock", "mocks", "scripts"})) return;
  auto& notes = file.project.notes<EventMetadata>();
  if (contains(code, "CHECKOUT_SESSION_ID")) notes.names_session = true;
  if (!icontains_any(code, {"stripe", "razorpay", "paystack", "paddle", "lemonsqueezy", "polar", "checkout"})) return;
  if (icontains_any(code, {"success_url", ".retrieve("})) note_pages(file, notes);
  if (!icontains_any(code, {"metadata", "custom_data"}) && !contains(code, "notes")) return;
  for (const Call& c : file.calls)
    if (!notes.opened && may_open_payment(c) && opens_payment(c))
      notes.opened = Spot{place(file.path, c.line()), file.shown(c.node)};
  note_written(file, notes);
  if (!icontains(code, "metadata") || (!file.tree.python() && client_file(file))) return;
  const bool door = webhook_door(file.path);
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if ((function_around(f) && !f.is("method_definition") && !f.parent().is("arguments")) ||
          f.code().size() > 40'000 || !icontains(f.code(), "metadata"))
        continue;
      const bool events = takes_signed_events(f) ||
                          (door && !icontains_any(f.code(), {"clerk", "svix", "sessions.create", "session.create"}));
      if (events) note_read(file, f, notes);
    }
}

void judge_event_metadata(const Project& project, Sink& sink) {
  const auto& notes = project.notes<EventMetadata>();
  if (notes.page && notes.asks_session && !notes.names_session) {
    // Stops: a buyer who paid, comes back, and cannot say which payment was his.
    auto& f = sink.find("PAY-008", notes.page->at, notes.page->shown);
    f.title = "The page after the payment is not told which payment it was, and the route that confirms asks for it";
    f.confidence = proof::Confidence::medium;
    f.severity = proof::Severity::medium;
    f.fix = "Put session_id={CHECKOUT_SESSION_ID} into success_url, or keep the session's id beside the order.";
    f.locations.push_back(notes.asks_session->at);
    f.evidence.push_back(notes.asks_session->shown);
  }
  if (!notes.opened || notes.unknown) return;
  std::set<std::string> told;
  for (const EventMetadata::Read& r : notes.read) {
    if (std::any_of(r.keys.begin(), r.keys.end(), [&](const std::string& k) { return notes.written.contains(k); }))
      continue;
    if (!told.insert(r.path).second || told.size() > 4) continue;
    // Stops: a payment that is taken and unlocks nothing, because nobody knows whose it is.
    auto& f = sink.find("PAY-008", r.at.at, r.at.shown);
    f.title = "The webhook reads metadata that no checkout writes (" + *r.keys.begin() + ")";
    f.confidence = proof::Confidence::medium;
    const Spot& other = notes.written_at ? *notes.written_at : *notes.opened;
    f.locations.push_back(other.at);
    f.evidence.push_back(other.shown);
  }
}

}  // namespace gatehouse::audit::source
