#include "audit/source/decided_states.h"

#include <algorithm>
#include <set>

#include "audit/source/python_client.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/state_words.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 200;

struct DecidedStates {
  struct Writing {
    std::string noun, field;
    Spot at;
    int line = 0, end_line = 0;
    bool fixed = false;  // the program itself says it
  };
  struct Serializer {
    std::string name, noun;
    Spot at;
  };
  std::vector<Writing> writings;
  std::vector<Serializer> serializers;
  std::set<std::string> declared;   // nouns whose state says what others decide
  std::set<std::string> customers;  // serializers of views that show the caller's own
  std::set<std::string> others;     // … and of views for staff
};

// … and of what somebody asks for, and others decide.
std::string decided_noun(std::string_view name) {
  if (std::string noun = sale_noun(name); !noun.empty()) return noun;
  for (const std::string_view noun :
       {"application", "request", "leave", "claim", "expense", "loan", "listing", "verification", "withdrawal",
        "payout", "submission", "reimbursement", "timesheet", "proposal", "dispute", "transfer", "kyc", "approval"})
    if (has_word(name, {noun, std::string(noun) + "s"})) return std::string(noun);
  return {};
}

bool decision(const Code& code) {
  return icontains_any(code, {"approved", "paid", "confirmed", "verified", "refunded", "shipped", "delivered"});
}

bool state_field(std::string_view name) {
  return name == "status" || name == "state" || name == "booking_status" || name == "order_status" ||
         name == "payment_status" || name == "bookingStatus" || name == "orderStatus" || name == "paymentStatus";
}

// The row is asked for as the caller's own: user_id == user.id, patient: req.user.id, filter(user=self.request.user)
bool as_customer(const Code& code) {
  const std::string low = text::to_lower(code);
  for (const std::string_view who : {"user", "customer", "patient", "buyer", "client", "student", "guest", "renter",
                                     "tenant", "applicant", "employee"})
    for (std::size_t at = low.find(who); at != std::string::npos; at = low.find(who, at + 1)) {
      if (at > 0 && (text::is_alpha(low[at - 1]) || low[at - 1] == '_')) continue;
      std::string_view rest = std::string_view(low).substr(at + who.size());
      for (const std::string_view id : {"_id", "id", ".id", ".tostring()"})
        if (rest.starts_with(id)) rest.remove_prefix(id.size());
      while (rest.starts_with(" ") || rest.starts_with(")")) rest.remove_prefix(1);
      std::size_t signs = 0;
      while (signs < rest.size() && (rest[signs] == ':' || rest[signs] == '=' || rest[signs] == '!')) ++signs;
      if (signs == 0 || signs > 3) continue;
      rest = rest.substr(signs, 40);
      rest = rest.substr(0, rest.find_first_of("\n;)"));
      if (icontains_any(rest, {"user.", "user_id", "userid", "current_user", "request.user", "session.", "req.user"}))
        return true;
    }
  return false;
}

bool for_staff(const Code& code) {
  return icontains_any(code, {"role", "is_staff", "isadmin", "is_admin", "superuser", "permission", "require_admin",
                              "owner_id", "ownerid", "staff", "seller", "vendor", "doctor", "provider", "403"});
}

// status in ("cancelled",), status !== "cancelled": what may be sent is looked at.
bool weighed(Node f, std::string_view sent) {
  for (const char* type : {"comparison_operator", "binary_expression"})
    for (const Node b : f.all(type)) {
      if (b.code().size() > 200 || !has_token(b.code(), sent)) continue;
      if (b.has_token("||") || b.has_token("??") || b.has_token("&&")) continue;
      for (const Node part : b.children())
        if (part.code() == sent || part.code().ends_with("." + std::string(sent))) {
          const Code other = (part == b.children().front() ? b.children().back() : b.children().front()).code();
          if (!icontains_any(other, {"none", "null", "undefined"})) return true;
        }
    }
  return icontains_any(f.code(), {"includes(" + std::string(sent), "allowed", "transition", "can_", "literal["});
}

bool sent(const File& file, Node f, Node value) {
  value = unwrap(value);
  if (literal(value)) return false;
  if (const auto c = as_call(value))  // data.get("status", order.status)
    return file.tree.python() && last(c->name) == "get" &&
           has_word(c->name, {"data", "body", "payload", "json", "form"});
  if (value.any_of("member_expression", "attribute")) {
    const Node object = unwrap(value.child("object"));
    if (object.is("identifier"))
      for (const Node p : f.child("parameters").children())
        if (has_token(p.code().substr(0, 60), object.text()) &&
            has_word(object.text(), {"dto", "data", "body", "input", "payload", "update", "updates", "patch", "changes",
                                     "in", "req", "request"}))
          return !has_word(object.text(), {"req", "request"}) || contains(value.code(), "body");
  }
  if (value.any_of("subscript", "subscript_expression"))
    return icontains_any(value.code(), {"data[", "body[", "request.", "payload["});
  return file.tree.python() ? from_client(f, value) : from_client(file, value);
}

// const r = await Reservation.findById(…), leave = get_object_or_404(Leave, …): what `r` is.
std::string fetched_as(Node f, std::string_view carrier) {
  const std::string_view root = carrier.substr(0, carrier.find('.'));
  for (const char* type : {"variable_declarator", "assignment"})
    for (const Node d : f.all(type)) {
      const Node name = d.child("name") ? d.child("name") : d.child("left");
      if (name.text() != root) continue;
      const Node value = d.child("value") ? d.child("value") : d.child("right");
      return std::string(value.code().substr(0, 60));
    }
  return {};
}

// Approved by whoever asked for it: what only somebody else may say, written as it stands in the code.
bool says_for_others(Node value, std::string_view noun) {
  const auto said = literal(unwrap(value));
  if (!said) return false;
  return has_word(*said, {"approved", "verified", "hired", "genehmigt", "aprobado"}) ||
         (!noun.empty() && !sale_noun(noun).empty() && has_word(*said, {"confirmed"}));
}

// Something that the customer cannot make up is looked at before.
bool proves(const Code& code) {
  return icontains_any(code, {"signature", "stripe", "intent", "razorpay", "paypal", "otp", "token", "verif", "hmac",
                              "payment", "host", "paid", "webhook", "checkout", "code", "score", "test"});
}

void read_writings(const File& file, Node f, DecidedStates& notes) {
  const Code code = f.code();
  if (code.size() > 12'000 || !as_customer(code) || for_staff(code)) return;
  if (f.parent().is("decorated_definition") && for_staff(f.parent().code().substr(0, f.begin() - f.parent().begin())))
    return;
  const auto note = [&](const std::string& carrier, const std::string& field, Node value, Node at) {
    if (notes.writings.size() >= kMost || !state_field(field)) return;
    if (std::string kind = decided_noun(fetched_as(f, carrier)); says_for_others(value, kind) && !proves(code)) {
      if (kind.empty()) kind = decided_noun(carrier);
      if (!kind.empty())
        notes.writings.push_back(
            {kind, field, {place(file.path, at.line()), file.shown(at)}, f.line(), f.end_line(), true});
      return;
    }
    if (!sent(file, f, value)) return;
    const Node plain = unwrap(value);
    const std::string name =
        plain.any_of("member_expression", "attribute", "identifier", "shorthand_property_identifier")
            ? std::string(last(dotted(plain)))
            : field;
    if (weighed(f, name.empty() ? field : name)) return;
    std::string noun = decided_noun(carrier);
    if (noun.empty()) noun = decided_noun(fetched_as(f, carrier));
    if (noun.empty()) noun = sale_noun(std::string(file.path));
    if (noun.empty()) noun = sale_noun(function_name(f));
    if (!noun.empty())
      notes.writings.push_back({noun, field, {place(file.path, at.line()), file.shown(at)}, f.line(), f.end_line()});
  };
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const Node left = unwrap(a.child("left"));
      if (!left.any_of("attribute", "member_expression")) continue;
      const std::string whole = dotted(left);
      note(whole, std::string(last(whole)), a.child("right"), a);
    }
  if (file.tree.python()) return;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "update" && m != "updateMany" && m != "findByIdAndUpdate" && m != "findOneAndUpdate" && m != "updateOne" &&
        m != "set")
      continue;
    for (const Node argument : c->args) {
      for (const Node p : argument.all("pair"))
        if (!(p.above("pair") && p.above("pair").child("key").text() == "where"))
          note(c->name, std::string(p.child("key").text()), p.child("value"), p);
      for (const Node s : argument.all("shorthand_property_identifier"))
        if (!(s.above("pair") && s.above("pair").child("key").text() == "where"))
          note(c->name, std::string(s.text()), s, s);
    }
  }
}

// class BookingSerializer(ModelSerializer): fields = [… "status" …]
void read_serializer(const File& file, Node cls, DecidedStates& notes) {
  const Code code = cls.code();
  const std::string name(cls.child("name").text());
  if (contains(cls.child("superclasses").code(), "ModelSerializer")) {
    Node field;
    std::string model;
    for (const Node a : cls.all("assignment")) {
      const std::string_view left = a.child("left").text();
      if (left == "model") model = std::string(last(dotted(a.child("right"))));
      if (left == "fields")
        for (const Node s : a.child("right").all("string"))
          if (const auto said = literal(s); said && state_field(*said)) field = s;
      if (left == "read_only_fields" && icontains(a.child("right").code(), "stat")) return;
      if (state_field(left) && !(a.above("class_definition").child("name").text() == "Meta"))
        return;  // of its own kind
    }
    if (!field || icontains_any(code, {"validate_status", "validate_state", "extra_kwargs", "self.fields["}) ||
        (contains(code, "def update") && icontains(code, "status")))
      return;
    const std::string noun = decided_noun(model);
    if (!noun.empty() && notes.serializers.size() < kMost)
      notes.serializers.push_back({name, noun, {place(file.path, field.line()), file.shown(field)}});
    return;
  }
  if (!icontains(cls.child("superclasses").code(), "view")) return;
  const bool changes = icontains_any(cls.child("superclasses").code(), {"modelviewset", "update", "create"}) &&
                       !icontains(cls.child("superclasses").code(), "readonly");
  for (const Node a : cls.all("assignment"))
    if (a.child("left").text() == "serializer_class") {
      const std::string used(last(dotted(a.child("right"))));
      const bool staff = icontains_any(code, {"isadmin", "is_staff", "role", "staff", "superuser", "modelpermissions"});
      const bool own = changes && as_customer(code) && !staff && !contains(code, "get_serializer_class") &&
                       !icontains_any(code, {"status=", "http_method_names", "def update", "def perform_update"});
      (own ? notes.customers : notes.others).insert(used);
    }
}

}  // namespace

void read_decided_states(File& file) {
  const Code code = file.code();
  const bool views = file.tree.python() && contains(code, "serializer_class");
  if (!views && !icontains_any(code, {"status", "state"})) return;
  if (has_word(file.path, {"test", "tests", "seed", "migrations", "admin", "mock", "mocks", "scripts"})) return;
  if (!file.tree.python() && client_file(file)) return;
  auto& notes = file.project.notes<DecidedStates>();
  const bool declares = decision(code);
  for (const char* type : {"class_definition", "class_declaration"})
    for (const Node cls : file.tree.all(type)) {
      const std::string name(cls.child("name").text());
      if (declares && contains(cls.code(), "status") && !has_word(name, {"Serializer", "View", "Dto", "Service"}) &&
          icontains_any(file.code(), {"models.model", "column(", "base)", "entity(", "schema("}))
        if (const std::string noun = decided_noun(name); !noun.empty()) notes.declared.insert(noun);
      if (file.tree.python() && contains(code, "rest_framework")) read_serializer(file, cls, notes);
    }
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (!function_around(f) || f.is("method_definition") || f.parent().is("arguments")) read_writings(file, f, notes);
}

void judge_decided_states(const Project& project, Sink& sink) {
  const auto& notes = project.notes<DecidedStates>();
  const Schema& schema = project.notes<Schema>();
  const auto decided = [&](const std::string& noun) {
    if (notes.declared.contains(noun)) return true;
    const Record* r = schema.of(noun);
    return r != nullptr && !r->decided.empty();
  };
  const auto tell = [&](const Spot& at, const std::string& field, int from, int to, bool fixed = false) {
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return (f.id == "AZ-007" || f.id == "PAY-002" || f.id == "DJ-027") && !f.locations.empty() &&
             f.locations.front().path == at.at.path && f.locations.front().line >= from &&
             f.locations.front().line <= to;
    });
    if (told) return;
    // Stops: a booking that its guest confirms, an order that its buyer calls paid.
    auto& f = sink.find("AZ-007", at.at, at.shown);
    f.title = fixed ? "Whoever asked for it approves it: the state that others decide is set for the one who asked"
                    : "The customer may write the field " + field + ", which others decide";
    f.confidence = proof::Confidence::medium;
  };
  int told = 0;
  for (const DecidedStates::Writing& w : notes.writings)
    if ((w.fixed || decided(w.noun)) && ++told < 6) tell(w.at, w.field, w.line, w.end_line, w.fixed);
  for (const DecidedStates::Serializer& s : notes.serializers)
    if (decided(s.noun) && notes.customers.contains(s.name) && !notes.others.contains(s.name) && ++told < 6)
      tell(s.at, "status", s.at.at.line - 10, s.at.at.line + 10);
}

}  // namespace gatehouse::audit::source
