#include "audit/source/cached_answers.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// "public, max-age=300", "s-maxage=60": what stands between may keep it and give it to the next.
bool shared(std::string_view value) {
  if (!icontains_any(value, {"s-maxage", "public"}) || !icontains(value, "max")) return false;
  return !icontains_any(value, {"private", "no-store", "max-age=0,", "immutable"}) && !value.ends_with("max-age=0") &&
         !value.ends_with("s-maxage=0") && !icontains(value, "max-age=0 ");
}

bool about_somebody(const Schema& schema, std::string_view record) {
  const Record* r = schema.of(record);
  if (r != nullptr && (r->person || !r->owners.empty())) return true;
  return people(record) || icontains_any(record, {"customer", "booking", "invoice", "patient", "member", "discount",
                                                  "subscription", "payment", "account", "message", "wallet", "credit"});
}

proof::Finding& tell(File& file, Node at) {
  auto& f = file.hit("HDR-008", at);
  f.title = "An answer about somebody may be kept by every cache on the way";
  f.impact = "A cache gives it to the next who asks, long after it changed, and whoever looks into the cache reads it.";
  f.fix = "Cache-Control: private, no-store for what is not the same for everybody.";
  f.confidence = proof::Confidence::medium;
  return f;
}

}  // namespace

// Stops: one customer's data out of a cache that all of them share.
void read_cached_answers(File& file) {
  if (!icontains_any(file.code(), {"s-maxage", "public, max", "public,max"})) return;
  if (file.tree.python()) {
    for (const Node f : file.tree.all("function_definition")) {
      std::string before(f.child("parameters").code());
      for (const std::string& d : decorators(f)) before += d;
      if (!icontains_any(before, {"current_user", "login_required", "get_user", "jwt_required", "isauthenticated"}))
        continue;
      for (const Node s : body(f).all("string"))
        if (const auto value = literal(s); value && shared(*value)) {
          tell(file, s);
          return;
        }
    }
    return;
  }
  if (client_file(file)) return;
  const Schema& schema = file.project.notes<Schema>();
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      Node at;
      for (const Node s : body(f).all("string"))
        if (const auto value = literal(s); !at && value && shared(*value) && function_around(s) == f) at = s;
      if (!at) continue;
      bool private_one = asks_identity(f.code());
      for (const Touch& t : touches(file, body(f)))
        private_one = private_one || (t.kind == Touch::Kind::one && about_somebody(schema, t.record));
      if (!private_one) continue;
      tell(file, at);
      return;
    }
}

}  // namespace gatehouse::audit::source
