#include "controls/access/control.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "controls/access/card.h"
#include "controls/access/filter.h"
#include "controls/weakness.h"

namespace gatehouse::controls::access {
namespace {

constexpr int kCwe[] = {862, 863, 639, 306};
constexpr std::string_view kAsvs[] = {"v5.0.0-8.2.1", "v5.0.0-8.2.2", "v5.0.0-8.3.1", "v5.0.0-7.4.1", "v5.0.0-7.5.3"};
constexpr std::string_view kRequirements[] = {"ID-4", "ID-10"};
constexpr gate::Code kCodes[] = {gate::Code::unauthenticated,  gate::Code::forbidden,    gate::Code::not_owner,
                                 gate::Code::step_up_required, gate::Code::denied_route, gate::Code::revoked};

}  // namespace

constexpr proof::Card kCard{
    .id = "access",
    .title = "Anybody can use what only some people may",
    .attack =
        "Someone calls an endpoint without signing in, with the wrong role, or with the id of somebody else's record "
        "in "
        "the address.",
    .severity = proof::Severity::critical,
    .cwe = kCwe,
    .owasp_2021 = "A01",
    .owasp_2025 = "A01",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Other people's data is read, changed or deleted by counting up a number.",
    .fix =
        "Check on the server, for every endpoint and method, that the caller is signed in, holds the role, and owns "
        "the "
        "record; look records up by owner and id together.",
    .mitigation = "[route.access] allow = \"signed_in\", roles = [\"…\"], owner = { path = \"id\", claim = \"sub\" }",
    .false_positive = "The endpoint is meant for everybody; say so with allow = \"public\".",
};

namespace {

void upper(std::vector<std::string>& methods) {
  for (std::string& m : methods)
    std::transform(m.begin(), m.end(), m.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

void describe_requirements(conf::Form& f, Requirements& r) {
  f.choice({"allow", "Who may use the route; nobody until it is stated"}, r.allow,
           {{"nobody", static_cast<int>(Allow::nobody)},
            {"public", static_cast<int>(Allow::everybody)},
            {"signed_in", static_cast<int>(Allow::signed_in)}});
  f.field({"roles", "One of these roles is needed"}, r.roles);
  f.each({"claim", "A claim that must hold"}, [&](conf::Form& g, std::size_t) {
    ClaimRule c;
    g.field(conf::required("name", "Dotted path of the claim, for example o.id"), c.claim);
    g.field({"values", "It equals, or a list holds, one of these; it is just there when empty"}, c.values);
    if (g.reading()) r.claims.push_back(std::move(c));
  });
  f.table({"owner", "A parameter that must equal a verified claim"}, [&](conf::Form& g) {
    g.field({"path", "Name of the path parameter, as in /users/{id}"}, r.owner.path);
    g.field({"query", "Name of the query parameter"}, r.owner.query);
    g.field({"claim", "The claim it must equal"}, r.owner.claim);
    g.field({"except_roles", "Roles that may act for others"}, r.owner.except_roles);
    if (!g.reading()) return;
    if (g.has("claim") && r.owner.claim.empty()) g.bad("claim", "the claim has no name", "write claim = \"sub\"");
    if ((g.has("path") || g.has("query") || g.has("claim") || g.has("except_roles")) &&
        r.owner.path.empty() == r.owner.query.empty())
      g.bad("path", "the owner is told by one parameter", "write either path = \"id\" or query = \"user\"");
  });
  f.field({"unowned", "Why anybody who is signed in may name any record here: who else looks whose it is"}, r.unowned);
  f.table({"step_up", "A fresh or stronger sign-in"}, [&](conf::Form& g) {
    g.duration({"max_age", "Longest time since the sign-in"}, r.step_up.max_age, Duration::zero(),
               std::chrono::hours(24 * 365));
    g.field({"second_factor", "The sign-in used a second factor"}, r.step_up.second_factor);
  });
  if (!f.reading()) return;
  for (const ClaimRule& c : r.claims)
    if (c.claim == "unsafe_metadata" || c.claim.starts_with("unsafe_metadata."))
      f.unsafe("claim", "people write their own unsafe_metadata",
               "use a claim that only the server writes, such as public_metadata");
  if (r.owner.claim.starts_with("unsafe_metadata"))
    f.unsafe("owner", "people write their own unsafe_metadata", "use claim = \"sub\"");
}

bool asks_more(const Requirements& r) {
  return !r.roles.empty() || !r.claims.empty() || r.owner.set() || r.step_up.set();
}

class Access final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<AccessSettings>(); }

  void describe(conf::Form& f, Settings& settings) const override {
    auto& c = static_cast<AccessSettings&>(settings);
    describe_requirements(f, c.base);
    f.each({"rule", "More for some methods"}, [&](conf::Form& g, std::size_t) {
      MethodRule r;
      g.field(conf::required("methods", "The methods it is for; GET covers HEAD"), r.methods);
      describe_requirements(g, r);
      if (!g.reading()) return;
      upper(r.methods);
      r.allow_written = g.has("allow");
      if (r.methods.empty()) g.bad("methods", "the rule is for no method", "name them: methods = [\"DELETE\"]");
      if (r.allow_written && r.allow != Allow::signed_in && asks_more(r))
        g.bad("allow", "whoever need not sign in has no role, claim or record to look at",
              "write allow = \"signed_in\"");
      if (!r.allow_written && c.base.allow == Allow::everybody && asks_more(r))
        g.bad("allow", "the route is public, so the rule would never be asked",
              "write allow = \"signed_in\" in the rule");
      c.rules.push_back(std::move(r));
    });
    if (!f.reading()) return;
    if (c.base.allow != Allow::signed_in && asks_more(c.base))
      f.bad("allow", "roles, claims, owner and step_up are for people who are signed in",
            "write allow = \"signed_in\"");
    std::set<std::string> seen;
    for (const MethodRule& r : c.rules)
      for (const std::string& m : r.methods)
        if (r.allow_written && !seen.insert(m).second)
          f.bad("rule", "two rules say who may " + m, "keep one `allow` a method");
  }

  void build(const Settings& settings, const Site& site, const RouteScope&, Builder& builder) const override {
    builder.add(gate::Step::authorize,
                std::make_unique<AccessFilter>(static_cast<const AccessSettings&>(settings), site.revocations));
  }

  void check(const Settings& settings, const gate::GateConfig&, const gate::RouteConfig& route,
             std::vector<proof::Finding>& out) const override {
    if (route.path.empty() || route.deny) return;  // the built-in routes answer nobody anyway
    const auto& c = static_cast<const AccessSettings&>(settings);
    auto add = [&](std::string id, proof::Severity severity, std::string evidence, std::string mitigation) {
      auto f = weakness(kCard, std::move(id), settings, route, std::move(evidence));
      f.severity = severity;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    const bool opened =
        std::any_of(c.rules.begin(), c.rules.end(), [](const MethodRule& r) { return r.allow_written; });
    // Written down, "nobody" is a statement and no gap.
    if (c.base.allow == Allow::nobody && !opened && !settings.written)
      add("GH-ACCESS-UNSTATED", proof::Severity::low,
          describe_route(route) + " states nobody who may use it, so it answers nobody",
          "[route.access] allow = \"signed_in\" (or \"public\")");
    // An id in the path of a route for everybody who is signed in is how records of others are read.
    const std::size_t brace = route.path.find('{');
    // Or somebody else asks whose it is, and the file says who.
    auto bound = [](const Requirements& r) {
      return r.owner.set() || !r.roles.empty() || !r.claims.empty() || !text::trim(r.unowned).empty();
    };
    if (brace != std::string::npos && route.desk.empty() && c.base.allow == Allow::signed_in && !bound(c.base) &&
        std::none_of(c.rules.begin(), c.rules.end(), bound))
      add("GH-ACCESS-OWNER", proof::Severity::medium,
          describe_route(route) + " names a record in its path, and everybody who is signed in may use it",
          "[route.access] owner = { path = \"" + route.path.substr(brace + 1, route.path.find('}', brace) - brace - 1) +
              "\", claim = \"sub\" }; or, where the application looks records up by user and id: unowned = \"REASON\"");
    auto check_parameter = [&](const Requirements& r) {
      if (!r.owner.path.empty() && route.encoded_slash_keep)
        add("GH-ACCESS-OPAQUE", proof::Severity::medium,
            describe_route(route) + " keeps encoded slashes, and the owner is told by a part of its path",
            "leave encoded_slash at \"refuse\" where an owner stands in the path");
      if (!r.owner.path.empty() && route.path.find("{" + r.owner.path + "}") == std::string::npos)
        add("GH-ACCESS-PARAMETER", proof::Severity::high,
            "the owner of " + describe_route(route) + " is told by {" + r.owner.path +
                "}, which its path does not have: nobody gets in",
            "write the parameter into the route's path");
    };
    check_parameter(c.base);
    for (const MethodRule& r : c.rules) check_parameter(r);
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
  std::span<const gate::Code> codes() const override { return kCodes; }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Access>(); }

}  // namespace gatehouse::controls::access
