#include "audit/source/removed_forms.h"

#include <algorithm>

#include "audit/source/package_versions.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool one_of(std::string_view f, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), f) != names.end();
}
// app.get("*"), app.use("/api/*"), router.get("/:id?"): the patterns of Express 4.
void judge_express(File& file) {
  if (!at_least(file, "express", {5, 0}) || !(file.imports_from("express") || contains(file.code(), "app."))) return;
  for (const Call& c : file.calls) {
    if (!one_of(last(c.name), {"get", "post", "put", "patch", "delete", "all", "use", "route", "options"}) ||
        !has_word(c.name, {"app", "router", "server"}))
      continue;
    const auto path = literal(unwrap(c.arg(0)));
    if (!path || (path->front() != '/' && path->front() != '*')) continue;
    const std::size_t star = path->find('*');
    const bool bare = star != path->npos && (star + 1 == path->size() || !text::is_alpha((*path)[star + 1]));
    if (!bare && path->find('?') == path->npos) continue;
    auto& f = tell_removed(file, c.node,
                           "The path " + text::printable(*path, 40) + " is refused by Express 5: nothing starts");
    f.impact = "The pattern throws where the route is written down, so the server ends before it listens.";
    f.fix = "Name the rest: /{*rest}, or /:id and a second route for the optional part.";
    return;
  }
}

void judge_forms(File& file) {
  const Code code = file.code();
  // error.errors.map(…), where version 4 knows issues alone
  if (icontains(code, "zoderror") || icontains(code, "safeparse"))
    if (at_least(file, "zod", {4, 0}) && !contains(code, "zod/v3"))
      for (const Node m : file.tree.all("member_expression")) {
        if (m.child("property").text() != "errors") continue;
        const Code object = m.child("object").code();
        const std::string whole = dotted(unwrap(m.child("object")));
        const std::string_view name = last(whole);
        if (!(name == "error" || name == "err" || name == "e" || name == "zodError" ||
              (contains(object, "as any") && has_word(object, {"error", "err", "e"}))))
          continue;
        bool zods = contains(object, ".error");
        for (Node p = m; p && !zods; p = p.parent())
          if (p.is("if_statement")) zods = icontains(p.child("condition").code(), "zoderror");
        if (!zods) continue;
        auto& f = tell_removed(file, m, "A refused body has no errors any more in zod 4, only issues");
        f.impact =
            "Reading on from what is not there throws inside of the refusal: instead of 400 each malformed request "
            "ends "
            "in a 500, or ends the process.";
        f.fix = "Read error.issues.";
        return;
      }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "logout" && c.args.empty() && (c.name == "req.logout" || c.name == "request.logout") &&
        at_least(file, "passport", {0, 6})) {
      tell_removed(file, c.node, "req.logout() wants a callback since Passport 0.6: signing out always fails");
      return;
    }
    if (f == "validate" && file.full(c.name) != "joi" && one_of(c.name, {"Joi.validate", "joi.validate"}) &&
        (at_least(file, "joi", {17, 0}) || at_least(file, "@hapi/joi", {16, 0}))) {
      tell_removed(file, c.node, "Joi.validate does not exist any more: nothing is held against its schema");
      return;
    }
    // this.users.findOne(id): TypeORM 0.3 wants { where: { id } }
    if (f == "findOne" && c.args.size() == 1 && std::count(c.name.begin(), c.name.end(), '.') >= 2 &&
        at_least(file, "typeorm", {0, 3}) && file.imports_from("typeorm") && unwrap(c.arg(0)).is("identifier") &&
        has_word(unwrap(c.arg(0)).text(), {"id", "uuid"})) {
      tell_removed(file, c.node, "findOne(id) is refused by TypeORM 0.3: { where: { id } } is wanted");
      return;
    }
    // const { userId } = auth(): a promise since version 6
    if (c.name == "auth" && file.full("auth") == "@clerk/nextjs/server.auth" && at_least(file, "@clerk/nextjs", {6, 0}))
      if (const Node d = c.node.parent(); d.is("variable_declarator") && d.child("name").is("object_pattern")) {
        auto& told = tell_removed(
            file, c.node, "auth() is a promise since Clerk 6 and nobody waits for it: userId is always missing");
        told.fix = "const { userId } = await auth();";
        return;
      }
    // clerkMiddleware({ publicRoutes }): an option of the middleware before it, which nothing reads any more
    if (c.name == "clerkMiddleware" && member(unwrap(c.arg(0)), "publicRoutes")) {
      auto& told = tell_removed(file, c.node, "clerkMiddleware knows no publicRoutes: the middleware protects nothing");
      told.impact = "Every route is open unless it asks for itself; the list of public ones has no effect.";
      told.fix = "clerkMiddleware(async (auth, req) => { if (!isPublic(req)) await auth.protect(); }).";
      return;
    }
    // const MongoStore = require("connect-mongo")(session)
    if (c.node.child("function").is("call_expression"))
      if (const auto inner = as_call(c.node.child("function")); inner && inner->name == "require")
        if (const auto module = literal(inner->arg(0)))
          if ((*module == "connect-mongo" && at_least(file, "connect-mongo", {4, 0})) ||
              (*module == "connect-redis" && at_least(file, "connect-redis", {7, 0}))) {
            tell_removed(file, c.node, *module + " is no function of the session any more: nothing starts");
            return;
          }
  }
}

}  // namespace

proof::Finding& tell_removed(File& file, Node at, std::string title) {
  auto& f = file.hit("RUN-004", at);
  f.title = std::move(title);
  f.impact = "With the version that is asked for this form fails, and with it whatever comes this far.";
  f.fix = "Use what the release notes name in its place, and send the route one request in a test.";
  return f;
}

// What Next hands to a page, a layout or a route handler is a promise since version 15: params.id of it is nothing.
// Version 15 warns where it is asked at once, and its type check refuses the build.
void judge_next_params(File& file) {
  const std::string_view path = file.path;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash == path.npos ? 0 : slash + 1);
  const bool handed = (path.starts_with("app/") || contains(path, "/app/")) &&
                      one_of(name.substr(0, name.find('.')), {"page", "layout", "route", "default"});
  if (!handed || !contains(file.code(), "params") || contains(file.code(), "use client")) return;
  const bool sure = at_least(file, "next", {16, 0});
  const bool typed = path.ends_with(".ts") || path.ends_with(".tsx");
  if (!sure && !(typed && at_least(file, "next", {15, 0}))) return;
  const auto is_params = [](Node n) {
    n = unwrap(n);
    if (n.is("identifier")) return n.text() == "params";
    return n.is("member_expression") && n.child("property").text() == "params" &&
           one_of(n.child("object").text(), {"context", "ctx", "props"});
  };
  const auto hasty = [&](Node at) {
    const Node function = function_around(at);
    if (!function) return false;
    const Code parameters = function.child("parameters").code();
    // { params }: { params: { id: string } }; a type of the project's own may say anything.
    if (!contains(parameters, "params") && !contains(parameters, "context") && !contains(parameters, "props"))
      return false;
    if (contains(parameters, "Promise<") ||
        icontains_any(function.code(), {"await params", "await props", "await context", "await ctx", "use(params",
                                        "use(props", "params.then", "params).then"}))
      return false;
    return sure || contains(parameters, "params: {") || contains(parameters, "params:{");
  };
  const auto told = [&](Node at) {
    auto& f = tell_removed(file, at,
                           sure ? "params is a promise in this version of Next and nobody waits for it"
                                : "params is typed as an object, and is a promise since Next 15: the build refuses it");
    f.impact = "The id that is asked for is missing: the page finds nothing, a query without it may find anything.";
    f.fix = "{ params }: { params: Promise<{ id: string }> }, and const { id } = await params.";
  };
  for (const Node m : file.tree.all("member_expression"))
    if (is_params(m.child("object")) && hasty(m)) return told(m);
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("object_pattern") && is_params(d.child("value")) && hasty(d)) return told(d);
}

// new Date(subscription.current_period_end * 1000), datetime.fromtimestamp(sub["current_period_end"]): Stripe's version
// of March 2025, which these packages ask for, has it on the subscription's items.
void judge_stripe_periods(File& file) {
  const Code code = file.code();
  const bool python = file.tree.python();
  if (!contains(code, "current_period_") || contains(code, "items.data") || contains(code, "[\"items\"]")) return;
  if (!at_least(file, "stripe", python ? Version{12, 0} : Version{18, 0})) return;
  // A version that is named is kept to.
  for (const std::string_view old : {"apiVersion: \"20", "apiVersion: '20", "api_version = \"20", "api_version = '20"})
    if (const std::size_t at = code.find(old); at != code.npos && code.substr(at + old.size() - 2, 7) < "2025-03")
      return;
  for (const Node m : file.tree.all(python ? "subscript" : "member_expression")) {
    const bool end =
        python ? contains(m.text(), "current_period_") : m.child("property").text().starts_with("current_period_");
    if (!end) continue;
    // Seconds, as Stripe counts them; a row of one's own database holds a date.
    const Node p = m.parent();
    const auto call = python && p.is("argument_list") ? as_call(p.parent()) : std::nullopt;
    const bool seconds = python ? call && contains(call->name, "fromtimestamp")
                                : p.is("binary_expression") && contains(p.text(), "1000");
    if (!seconds) continue;
    auto& f = tell_removed(file, m,
                           "The end of the paid period stands on the subscription's items in this version of Stripe");
    f.confidence = proof::Confidence::medium;
    f.impact = "The date is invalid, so that writing the subscription fails, or ends it at once, or never.";
    f.fix =
        "Read subscription.items.data[0].current_period_end, or name the older apiVersion where the client is made.";
    return;
  }
}

void judge_removed_forms(File& file) {
  judge_express(file);
  judge_forms(file);
}

}  // namespace gatehouse::audit::source
