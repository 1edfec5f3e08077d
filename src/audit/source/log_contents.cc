#include "audit/source/log_contents.h"

#include "audit/source/script.h"
#include "audit/source/script_costs.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::string_view kSent = "What people send is written to the log";
constexpr std::string_view kRows = "Whole records of customers are written to the log";

// api.interceptors.request.use((config) => …): every request of the pages passes here, sign-ins with them.
bool passes_all(Node function, std::string_view what) {
  for (Node f = function; f; f = function_around(f)) {
    const Node args = f.parent();
    const auto around = args.is("arguments") ? as_call(args.parent()) : std::nullopt;
    if (around && around->name.ends_with(std::string("interceptors.") + std::string(what) + ".use")) return true;
  }
  return false;
}

// if (import.meta.env.DEV) console.log(…)
bool for_developers(Node log) {
  for (Node b = log.above("if_statement", "binary_expression", "ternary_expression"); b;
       b = b.above("if_statement", "binary_expression", "ternary_expression")) {
    const Code asked = b.is("if_statement")         ? b.child("condition").code()
                       : b.is("ternary_expression") ? b.child("condition").code()
                                                    : b.child("left").code();
    if (icontains_any(asked, {"env.dev", "node_env", "__dev__", "debug", "isdev", "is_dev", "development", "verbose"}))
      return true;
  }
  return false;
}

// bookings.map((booking) => { console.log(booking) }), where the list was brought from the database
bool row_of_list(const Node leaf, Node function) {
  const Node args = function.parent();
  const auto around = args.is("arguments") ? as_call(args.parent()) : std::nullopt;
  if (!around) return false;
  const std::string_view f = last(around->name);
  if (f != "map" && f != "forEach" && f != "filter") return false;
  bool parameter = function.child("parameter").text() == leaf.text();
  for (const Node p : function.child("parameters").children())
    parameter = parameter || p.text() == leaf.text() || p.child("pattern").text() == leaf.text();
  const Node list = unwrap(around->node.child("function").child("object"));
  if (!parameter || !list.is("identifier") || !personal_noun(list.text())) return false;
  const Node outer = function_around(function);
  if (!outer) return false;
  for (const Node d : outer.all("variable_declarator"))
    if (d.child("name").text() == list.text())
      return d.child("value").is("await_expression") && icontains_any(d.child("value").code(), {".find", "findmany"});
  return false;
}

bool for_model(std::string_view name) {
  return has_word(name, {"prompt", "prompts"}) &&
         !has_word(name, {"id", "length", "count", "tokens", "type", "name", "system", "template", "version", "len"});
}

// text = self.extract_document_text(path), pytesseract.image_to_string(scan), transcribe(recording)
bool read_off_paper(const File& file, Node function, Node name) {
  if (!has_word(name.text(), {"text", "extracted", "ocr", "transcript", "transcription"}) ||
      has_word(name.text(), {"length", "len", "path", "type", "count", "error", "id"}))
    return false;
  for (const Node a : function.all("assignment")) {
    if (a.begin() > name.begin() || a.child("left").text() != name.text()) continue;
    const auto c = as_call(unwrap(a.child("right")));
    if (!c) continue;
    const std::string_view f = last(c->name);
    if (f == "image_to_string" || (has_word(f, {"ocr", "extract", "transcribe", "recognize", "transcription"}) &&
                                   !has_word(f, {"date", "id", "name", "type", "amount"})))
      return !icontains_any(file.path, {"script", "seed", "test"});
  }
  return false;
}

}  // namespace

std::string logged_content(const File& file, const Call& log, Node leaf, bool server) {
  const Node function = function_around(log.node);
  if (!function) return {};
  const std::string name = dotted(leaf);
  if (file.tree.python()) {
    // print(f"Response was: {response[:500]}") of what reads a model's answer
    const Node root = leaf.is("subscript") ? leaf.child("value") : leaf;
    if (root.is("identifier") &&
        has_word(root.text(), {"response", "content", "raw", "text", "completion", "output"}) &&
        has_word(function_name(function), {"llm", "gpt", "openai", "gemini", "ai", "completion", "claude"}))
      return std::string(kSent);
    if (root.is("identifier") && read_off_paper(file, function, root))
      return "What was read out of people's papers or recordings is written to the log";
    if (for_model(last(name)) && leaf.any_of("identifier", "attribute") && !contains(log.node.code(), "len("))
      return std::string(kSent);
    return {};
  }
  if (!server) {
    if (for_developers(log.node)) return {};
    // Stops: passwords in the console of every visitor, and in whatever records it.
    if (name.ends_with("config.data") && leaf.is("member_expression") && passes_all(function, "request"))
      return "Every body that the pages send, passwords among them, is written to the browser's console";
    if (leaf.is("identifier") && passes_all(function, "request") && has_word(name, {"config", "request"}))
      return "Every request with its body and token is written to the browser's console";
    return {};
  }
  if (leaf.any_of("identifier", "member_expression") && for_model(last(name)) &&
      (from_client(file, leaf) || asks_dear(file, function)))
    return std::string(kSent);
  if (leaf.is("identifier") && row_of_list(leaf, function)) return std::string(kRows);
  // tenant.name, patient.fullName
  if (leaf.is("member_expression")) {
    const std::string_view part = leaf.child("property").text();
    const std::string of = dotted(leaf.child("object"));
    if ((part == "name" || part == "fullName" || part == "full_name" || part == "firstName" || part == "lastName") &&
        has_word(last(of), {"tenant", "patient", "customer", "guest", "student", "renter", "client", "employee"}) &&
        !icontains_any(file.path, {"script", "seed"}))
      return "A person's name is written to the log";
  }
  return {};
}

Holds held_in(Node function, Node name) {
  if (!function || !name.is("identifier")) return Holds::nothing;
  Holds out = Holds::nothing;
  const auto look = [&](Node value, Node at) {
    if (at.begin() > name.begin()) return;
    for (const auto& [key, v] : members(unwrap(value))) {
      if (literal(v)) continue;
      if (secret_name(key)) out = Holds::secret;
      if (out == Holds::nothing &&
          has_word(key, {"phone", "phonenumber", "email", "msisdn", "iban", "passport", "dob"}) &&
          !has_word(key, {"id", "sent", "verified", "template", "count"}))
        out = Holds::person;
    }
  };
  for (const Node d : function.all("variable_declarator"))
    if (d.child("name").text() == name.text() && unwrap(d.child("value")).is("object")) look(d.child("value"), d);
  for (const Node a : function.all("assignment"))
    if (a.child("left").text() == name.text() && unwrap(a.child("right")).is("dictionary")) look(a.child("right"), a);
  return out;
}

}  // namespace gatehouse::audit::source
