// Django models and the serializers over them: which fields leave, and which a client may write.
#include <algorithm>

#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_owners.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// def validate_role(self, value): whoever is not to choose a rank is refused by the serializer itself.
bool looked_at(Node cls, const std::string& field) {
  for (const Node f : cls.all("function_definition"))
    if (f.child("name").text() == "validate_" + field)
      return contains(f.code(), "raise") && !icontains_any(f.code(), {"admin", "staff", "superuser", "owner"});
  return false;
}

bool money_field(std::string_view f) {
  return f == "status" || f == "total" || f == "total_cents" || f == "amount" || f == "amount_cents" ||
         f == "paid_at" || f == "total_amount" || f == "refunded" || f == "discount";
}

// What is sold, and not what is offered.
bool priced(std::string_view model) {
  return has_word(model, {"order", "orderitem", "payment", "invoice", "booking", "reservation", "purchase",
                          "bestellung", "pedido", "reserva", "buchung", "sale", "checkout", "rental", "appointment",
                          "cartitem", "orderline", "compra", "venta"}) &&
         !has_word(model, {"purchaseorder", "supplier", "expense", "plan"});
}

// validated_data["total"] = …, Order.objects.create(total=…): it is worked out after all.
bool set_here(const Code& code, std::string_view field) {
  const std::string f(field);
  for (const std::string& set : {f + "=", f + " =", "\"" + f + "\"] =", "'" + f + "'] ="})
    for (std::size_t at = code.find(set); at != code.npos; at = code.find(set, at + 1))
      if ((at == 0 || !(text::is_alpha(code[at - 1]) || code[at - 1] == '_')) &&
          code.substr(at + set.size(), 13) != " serializers.")
        return true;
  return false;
}

// A field that opens the account it is shown beside.
bool opens_account(std::string_view field, std::string_view serializer, std::string_view model) {
  return (field == "token" || field == "auth_token" || field == "tokens") && has_word(model, {"user", "account"}) &&
         !has_word(serializer, {"login", "registration", "register", "signin", "signup", "token", "auth", "jwt",
                                "social", "verification", "verify", "reset", "create"});
}

bool hidden_field(std::string_view f) {
  return f == "private_metadata" || f == "password" || f == "password_hash" || f == "hashed_password" ||
         f == "secret" || f == "api_key" || f == "access_token" || f == "refresh_token" || f == "otp_secret" ||
         f == "totp_secret" || f == "stripe_secret" || f == "webhook_secret" || f == "internal_notes" ||
         f == "reset_token";
}

bool user_model(std::string_view m) {
  return has_word(m, {"user", "profile", "account", "member", "customer", "order", "payment", "subscription", "staff",
                      "seller", "employee", "organization", "tenant"});
}

// class UserSerializer(djoser.serializers.UserSerializer): of a package that signs people up and lets them change
// their account, and that takes the password without giving it out.
bool of_accounts_package(const File& file, const std::vector<std::string>& bases) {
  return std::any_of(bases.begin(), bases.end(), [&](const std::string& b) {
    const auto it = file.imports.find(b.substr(0, b.find('.')));
    return it != file.imports.end() && (it->second.starts_with("djoser") || it->second.starts_with("dj_rest_auth") ||
                                        it->second.starts_with("rest_auth"));
  });
}

// [IsAuthenticated, IsAdminOrStaff]: one of those who must all agree lets in nobody but staff.
bool for_staff_alone(Node cls) {
  const Node classes = attribute(cls, "permission_classes");
  if (!classes || contains(cls.code(), "def get_permissions")) return false;
  for (const Node p : unwrap(classes.child("right")).children()) {
    bool staff = false, others = false, either = false, user = false;
    for (const std::string& w : words(last(dotted(p)))) {
      either = either || w == "or";
      user = user || w == "user";
      const bool rank = w == "admin" || w == "staff" || w == "superuser" || w == "manager" || w == "superadmin";
      staff = staff || rank;
      others = others || !(rank || w == "or" || w == "user" || w == "is" || w == "only" || w == "permission");
    }
    if (staff && !others && !(either && user)) return true;
  }
  return false;
}

void read_serializer(File& file, Node cls, PythonNotes& notes) {
  const auto bases = bases_of(cls);
  const bool account = of_accounts_package(file, bases);
  if (!account && !any_base(bases, {"Serializer"})) return;
  const std::string name(cls.child("name").text());
  if (account) notes.filled.emplace(name);
  const Node meta = inner_class(cls, "Meta");
  const Node fields = attribute(meta, "fields");
  const std::string model(attribute(meta, "model").child("right").text());
  std::set<std::string, std::less<>> read_only, write_only, declared;
  if (const Node r = attribute(meta, "read_only_fields")) {
    const Node right = unwrap(r.child("right"));
    if (right.is("identifier") && right.text() == "fields")
      for (const auto& f : names_in(fields.child("right"))) read_only.insert(f);
    for (const auto& f : names_in(right)) read_only.insert(f);
  }
  if (const Node extra = attribute(meta, "extra_kwargs"))
    for (const auto& [key, value] : members(extra.child("right"))) {
      if (const Node r = member(value, "read_only"); r.is("true")) read_only.insert(key);
      if (const Node w = member(value, "write_only"); w.is("true")) write_only.insert(key);
    }
  if (account) write_only.insert("password");
  std::map<std::string, Node, std::less<>> declared_at;
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment")) continue;
    const auto call = as_call(unwrap(a.child("right")));
    if (!call) continue;
    const std::string field(a.child("left").text());
    declared.insert(field);
    declared_at[field] = a;
    const Node ro = call->keyword("read_only"), wo = call->keyword("write_only");
    if (ro.is("true") || last(call->name) == "SerializerMethodField" || last(call->name) == "ReadOnlyField" ||
        last(call->name) == "HiddenField")
      read_only.insert(field);
    if (wo.is("true")) write_only.insert(field);
  }
  const bool only_out = has_word(name, {"read", "output", "list", "response", "public", "detail", "summary"}) ||
                        any_base(bases, {"ReadOnlyModelSerializer"});
  if (fields) {
    const Node right = unwrap(fields.child("right"));
    if (literal(right) == "__all__") {
      auto& f = file.hit("DJ-027", fields);
      if (!user_model(model)) {
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
      }
    } else {
      bool summed = false;  // one sum tells enough
      for (const Node item : right.children()) {
        const auto field = literal(item);
        if (!field) continue;
        if ((hidden_field(*field) || opens_account(*field, name, model)) && !write_only.contains(*field)) {
          auto& f = file.hit(*field == "private_metadata" ? "AZ-004" : "DJ-027", item);
          if (*field != "private_metadata") f.title = "A serializer gives out " + *field;
        } else if (read_only.contains(*field) || only_out || looked_at(cls, *field)) {
          continue;
        } else if (sum_of_money(*field) && !summed && priced(model) && !set_here(cls.code(), *field)) {
          summed = true;
          notes.writable.push_back({name, *field, place(file.path, item.line()), file.shown(item)});
        } else if (privileged_field(*field) || (money_field(*field) && has_word(model, {"order", "payment", "invoice",
                                                                                        "subscription", "refund"}))) {
          notes.writable.push_back({name, *field, place(file.path, item.line()), file.shown(item)});
        } else if (owner_field(*field)) {
          notes.writable.push_back({name, "=" + *field, place(file.path, item.line()), file.shown(item)});
        }
      }
    }
  } else if (attribute(meta, "exclude")) {
    if (user_model(model)) {
      auto& f = file.hit("DJ-027", attribute(meta, "exclude"));
      f.severity = proof::Severity::low;
      f.confidence = proof::Confidence::low;
      f.title = "A serializer lists what it hides instead of what it shows";
    }
  }
  for (const auto& [field, at] : declared_at)
    if (privileged_field(field) && !fields && !read_only.contains(field) && !only_out)
      notes.writable.push_back({name, field, place(file.path, at.line()), file.shown(at)});
}

void read_model(File& file, Node cls, PythonNotes& notes) {
  const auto bases = bases_of(cls);
  const Code code = cls.code();
  if (!contains(code, "models.") || (!any_base(bases, {"Model"}) && !contains(code, "Field("))) return;
  if (any_base(bases, {"Serializer", "View", "Form"})) return;
  Model m;
  m.name = std::string(cls.child("name").text());
  m.at = place(file.path, cls.line());
  m.opaque_id = contains(code, "UUIDField") || contains(code, "primary_key=True") ||
                any_base(bases, {"UUIDModel", "UUIDPrimaryKeyModel"});
  m.owned = icontains_any(code, {"auth_user_model", "foreignkey(user", "foreignkey(\"user", "onetoonefield(user",
                                 "owner", "user_id", "clerk_user", "created_by", "seller", "tenant", "organization"});
  const bool by_words = m.owned;
  read_keys(cls, m);
  m.owned = by_words;
  if (m.opaque_id) notes.uuid_keys = true;
  notes.models.push_back(std::move(m));
}

// A view that answers no request which writes: ReadOnlyModelViewSet, ListAPIView with nothing of its own.
bool only_shows(Node cls) {
  if (!cls) return false;
  const auto bases = bases_of(cls);
  if (bases.empty()) return false;
  for (const std::string& b : bases) {
    const std::string_view name = last(b);
    if (name != "ReadOnlyModelViewSet" && name != "ListAPIView" && name != "RetrieveAPIView" &&
        name != "ListModelMixin" && name != "RetrieveModelMixin" && name != "GenericViewSet" &&
        !name.ends_with("FilterMixin"))
      return false;
  }
  return !icontains_any(cls.code(), {"request.data", "data=", "def post", "def put", "def patch", "def create",
                                     "def update", "def perform_", ".save("});
}

// Which serializers are handed what a client sent, and which are only ever shown.
void read_handed(const File& file, PythonNotes& notes) {
  std::set<std::uint32_t> called;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "save" && c.name.starts_with("serializer."))
      for (const auto& [key, value] : c.keywords)
        if (sum_of_money(key)) notes.set_by_views.emplace(key);
    if (!f.ends_with("Serializer")) continue;
    called.insert(c.node.child("function").begin());
    if (c.node.above("decorator")) continue;  // what a document says of the answers
    const bool inner = c.node.above("class_definition") && !function_around(c.node);  // a field of another serializer
    (c.keyword("data") || inner ? notes.filled : notes.only_shown).emplace(f);
  }
  // serializer_class = X, return X: whatever the view does with it, unless it only shows.
  for (const Node i : file.tree.all("identifier"))
    if (i.text().ends_with("Serializer") && !called.contains(i.begin()) && !i.above("decorator") &&
        i.parent().any_of("assignment", "return_statement", "conditional_expression", "pair")) {
      const Node view = i.above("class_definition");
      if (i.parent().is("assignment") && view && !only_shows(view) && for_staff_alone(view))
        notes.only_shown.insert("=" + std::string(i.text()));  // filled by staff
      else
        (only_shows(view) ? notes.only_shown : notes.filled).emplace(i.text());
    }
}

}  // namespace

void judge_writable(const PythonNotes& notes, Sink& sink) {
  // Those of one serializer that decide the same are one fault.
  struct Told {
    proof::Finding* finding;
    std::string of;
    std::vector<std::string> fields;
  };
  std::map<std::pair<std::string, std::string>, Told> told;
  for (const PrivilegedField& w : notes.writable) {
    if (notes.only_shown.contains(w.model) && !notes.filled.contains(w.model)) continue;
    if (notes.set_by_views.contains(w.field)) continue;  // serializer.save(total=…)
    const bool owner = w.field.starts_with("=");
    // Staff write down whose it is: that is their work.
    if (owner && notes.only_shown.contains("=" + w.model) && !notes.filled.contains(w.model)) continue;
    const std::string id = sum_of_money(w.field) ? "PAY-001" : "AZ-007";
    const auto serializer = notes.serializers.find(w.model);
    const std::string of = serializer != notes.serializers.end() && !serializer->second.model.empty()
                               ? " of " + text::printable(serializer->second.model, 60)
                               : std::string();
    if (!owner)
      if (const auto it = told.find({w.model, id}); it != told.end()) {
        Told& t = it->second;
        if (std::find(t.fields.begin(), t.fields.end(), w.field) != t.fields.end()) continue;
        t.fields.push_back(w.field);
        std::string all = t.fields.front();
        for (std::size_t i = 1; i < t.fields.size(); ++i)
          all += (i + 1 < t.fields.size() ? ", " : " and ") + t.fields[i];
        t.finding->title = "The client may write the fields " + all + t.of;
        t.finding->locations.push_back(w.at);
        t.finding->evidence.push_back(w.shown);
        continue;
      }
    auto& f = sink.find(id, w.at, w.shown);
    f.title = owner ? "The client may write whose record it is (" + w.field.substr(1) + of + ")"
                    : "The client may write the field " + w.field + of;
    if (!owner) told[{w.model, id}] = {&f, of, {w.field}};
    if (!owner) continue;
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
}

void read_django_models(File& file, PythonNotes& notes) {
  read_handed(file, notes);
  for (const Node cls : file.tree.all("class_definition")) {
    read_serializer(file, cls, notes);
    read_model(file, cls, notes);
  }
}

}  // namespace gatehouse::audit::source
