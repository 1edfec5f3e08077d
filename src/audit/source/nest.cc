// NestJS: routes are methods of classes, and decorators say who may call them.
#include <algorithm>
#include <utility>

#include "audit/source/nest_roles.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Decorator {
  std::string name;  // "Get"
  std::string path;  // its first argument, when that is a text
  std::string_view code;
};

std::optional<Decorator> decorator(Node n) {
  if (!n.is("decorator")) return std::nullopt;
  const Node inner = n.first();
  Decorator d{dotted(inner), "", n.code()};
  if (const auto c = as_call(inner)) {
    d.name = c->name;
    if (const auto p = literal(c->arg(0))) d.path = *p;
  }
  return d;
}

std::vector<Decorator> of_class(Node cls) {
  std::vector<Decorator> out;
  for (const Node holder : {cls, cls.parent()})
    if (holder == cls || holder.is("export_statement"))
      for (const Node c : holder.children())
        if (const auto d = decorator(c)) out.push_back(*d);
  return out;
}

// @UseGuards(SessionGuard), @Auth(), @Roles("owner"): somebody looks at the caller.
bool guards(const Decorator& d) {
  if (d.name == "UseGuards") return !icontains(d.code, "throttl") || contains(d.code, ",");
  // @ApiBearerAuth() only says in the documentation that there is a token.
  return !d.name.starts_with("Api") &&
         has_word(d.name, {"auth", "authenticated", "authorize", "roles", "permissions", "protected"});
}

// @Roles(Role.ADMIN), @UseGuards(AdminGuard), @RequirePermissions("users:write")
bool staff(const Decorator& d) {
  if (d.name == "UseGuards") return has_word(d.code, {"admin", "roles", "role", "permission", "permissions", "staff"});
  return has_word(d.name, {"roles", "role", "permissions", "permission", "admin", "policies"}) ||
         (has_word(d.name, {"auth", "authorize"}) && icontains(d.code, "admin"));
}

std::string joined(std::string_view prefix, std::string_view path) {
  std::string out;
  for (std::string_view part : {prefix, path}) {
    while (part.starts_with("/")) part.remove_prefix(1);
    while (part.ends_with("/")) part.remove_suffix(1);
    if (!part.empty()) out += "/" + std::string(part);
  }
  return out.empty() ? "/" : out;
}

// The call that is handed the path's id, in a method that takes no caller or makes no use of him.
std::optional<Spot> unowned_call(const File& file, Node method) {
  std::vector<std::string> ids;
  const Code code = body(method).code();
  for (const Node p : method.child("parameters").children()) {
    const std::string name(p.child("pattern").text());
    bool sent = false;
    for (const Node c : p.children())
      if (const auto d = decorator(c)) {
        sent = sent || d->name == "Param" || d->name == "Body" || d->name == "Query" || d->name == "Headers";
        if (d->name == "Param" && !name.empty()) ids.push_back(name);
      }
    if (!sent && !name.empty() && has_token(code, name)) return std::nullopt;
  }
  for (const Call* c : file.calls_in(body(method)))
    if (contains(c->name, "this.") && std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
          return has_token(c->node.child("arguments").code(), id);
        }))
      return Spot{place(file.path, c->line()), file.shown(c->node)};
  return std::nullopt;
}

// @Param("id") id is the client's, @CurrentUser() user is the caller.
HandlerNames names_of(Node method) {
  HandlerNames out;
  for (const Node p : method.child("parameters").children()) {
    bool sent = false;
    for (const Node c : p.children())
      if (const auto d = decorator(c))
        sent = sent || d->name == "Param" || d->name == "Body" || d->name == "Query" || d->name == "Headers" ||
               d->name == "UploadedFile" || d->name == "Res";
    std::vector<Node> names = p.child("pattern").all("shorthand_property_identifier_pattern");
    if (p.child("pattern").is("identifier")) names.push_back(p.child("pattern"));
    // @Body() dto: any, and any class when no pipe drops what it does not declare
    if (p.child("pattern").is("identifier"))
      for (const Node c : p.children())
        if (const auto d = decorator(c); d && d->name == "Body" && d->path.empty())
          out.body.insert(std::string(p.child("pattern").text()));
    for (const Node n : names) (sent ? out.client : out.identity).insert(std::string(n.text()));
  }
  return out;
}

}  // namespace

void read_nest(File& file, ScriptNotes& notes) {
  if (!file.imports_from("@nestjs/common") && !file.imports_from("@nestjs/core")) return;
  if (icontains_any(file.code(), {"app_guard", "useglobalguards"}) && note_global_guards(file)) notes.nest_guard = true;
  for (const Node cls : file.tree.all("class_declaration")) {
    const auto above = of_class(cls);
    const auto controller =
        std::find_if(above.begin(), above.end(), [](const Decorator& d) { return d.name == "Controller"; });
    if (controller == above.end()) continue;
    const bool all_guarded = std::any_of(above.begin(), above.end(), guards);
    std::vector<Decorator> said;
    for (const Node member : body(cls).children()) {
      if (const auto d = decorator(member)) {
        said.push_back(*d);
        continue;
      }
      const std::vector<Decorator> mine = std::exchange(said, {});
      if (!member.is("method_definition")) continue;
      ScriptRoute r;
      r.privileged = std::any_of(above.begin(), above.end(), staff);
      r.guarded = all_guarded || asks_identity(member.code());
      for (const Decorator& d : mine) {
        static constexpr std::string_view kVerbs[] = {"Get", "Post", "Put", "Patch", "Delete", "All"};
        if (std::find(std::begin(kVerbs), std::end(kVerbs), d.name) != std::end(kVerbs)) {
          r.method = text::to_lower(d.name);
          r.path = joined(controller->path, d.path);
        }
        r.guarded = r.guarded || guards(d);
        r.privileged = r.privileged || staff(d);
        r.limited = r.limited || icontains(d.code, "throttl");
        if (has_word(d.name, {"public", "anonymous"})) r.refuses = true;  // open on purpose
        // @ApiOperation({ summary: "All payments (admin)" })
        if (d.name == "ApiOperation" &&
            icontains_any(d.code, {"(admin", "admin only", "admins only", "(for staff", "(staff", "only admin"}))
          r.meant_for_staff = true;
      }
      if (r.method.empty()) continue;
      // Stops: trusting a word that nothing reads.
      std::string standing;
      const Decorator* rank = nullptr;
      for (const auto* list : {&above, &mine})
        for (const Decorator& d : *list) {
          if (d.name == "UseGuards" ||
              (!d.name.starts_with("Api") && has_word(d.name, {"auth", "authorize", "authorized", "protect"})))
            standing += d.name == "UseGuards" ? std::string(d.code) + " " : std::string("role ");
          if (d.name == "Roles" || d.name == "Permissions" || d.name == "RequireRoles" ||
              d.name == "RequirePermissions" || d.name == "HasRoles")
            rank = &d;
        }
      if (rank != nullptr) note_nest_roles(file, member, rank->name, std::move(standing));
      // A guard of roles lets everybody pass where no role is named.
      if (r.privileged && contains(file.code(), "@Roles(")) {
        const auto names_one = [](const Decorator& d) { return d.name != "UseGuards" && staff(d); };
        const auto by_roles = [](const Decorator& d) {
          return d.name == "UseGuards" && staff(d) && !icontains_any(d.code, {"rolesguard", "roleguard"});
        };
        const auto any = [&](const auto& asked) {
          return std::any_of(above.begin(), above.end(), asked) || std::any_of(mine.begin(), mine.end(), asked);
        };
        r.privileged = any(names_one) || any(by_roles);
      }
      r.framework = "nest";
      r.file = module_of(file.path);
      r.handler = std::string(member.child("name").text());
      for (const Node given : member.child("parameters").children())
        for (const Node c : given.children())
          if (const auto d = decorator(c); d && d->name == "Body" && d->path.empty())
            for (const Node t : given.child("type").all("type_identifier"))
              if (r.body_type.empty()) r.body_type = t.text();
      r.at = place(file.path, member.line());
      r.shown = file.shown(member);
      r.costly = costly_route(r.path, member.code());
      r.verifies = verifies_signature(file, member);
      if (webhook_door(r.path) && r.method != "get") {
        judge_webhook(file, member, member);
        r.hook_judged = true;
      } else {
        r.unowned = unowned_call(file, member);
        const HandlerNames own = names_of(member);
        r.flow = flow_of(file, member, &own);
        for (Give& g : returns_of(file, member))
          notes.answers.push_back({std::move(g), {place(file.path, member.line()), r.shown}});
        const Code given = member.child("parameters").code();
        r.declared = !icontains_any(given, {": any", ": object", "partial<", "record<", ": unknown"});
        // A pipe at the class, at the method or at the body; one of another method keeps nothing here.
        r.whitelisted = false;
        for (const auto* list : {&above, &mine})
          for (const Decorator& d : *list) r.whitelisted = r.whitelisted || contains(d.code, "whitelist: true");
        r.whitelisted = r.whitelisted || contains(given, "whitelist: true");
      }
      notes.routes.push_back(std::move(r));
    }
  }
}

}  // namespace gatehouse::audit::source
