// The environment as JavaScript reads it: what is built into bundles, defaults of secrets, settings nobody checks.
#include "audit/source/script_environment.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

// process.env.X, import.meta.env.X, env.X of a schema: the variable's name.
std::optional<std::string> env_name(Node n) {
  n = unwrap(n);
  if (n.is("call_expression") && n.text().starts_with("Deno"))
    if (const auto c = as_call(n); c && c->name == "Deno.env.get") return literal(c->arg(0));
  if (!n.any_of("member_expression", "subscript_expression") || !contains(n.text(), "env")) return std::nullopt;
  const std::string name = dotted(n);
  for (const std::string_view head : {"process.env.", "import.meta.env.", "Bun.env.", "process.env[", "?.env."})
    if (name.starts_with(head)) {
      std::string out = name.substr(head.size());
      if (out.ends_with("]")) out.pop_back();
      return out;
    }
  return std::nullopt;
}

namespace {

// Keys that are made for pages, and those that read what is public anyway.
bool open_key(std::string_view name) {
  return has_word(name,
                  {"anon",     "publishable", "public",     "site",   "supabase",  "mapbox",  "firebase",  "search",
                   "algolia",  "maps",        "contentful", "sanity", "storyblok", "prismic", "datocms",   "hygraph",
                   "tmdb",     "strapi",      "client",     "stripe", "clerk",     "posthog", "analytics", "url",
                   "readonly", "read",        "delivery",   "name",   "storage"});
}

// Authorization: `Bearer ${n}`, "x-api-key": n
bool credential_at(Node n) {
  Node top = n;
  for (int up = 0; up < 6; ++up) {
    const Node p = top.parent();
    if (p.is("pair")) {
      std::string key = text::to_lower(p.child("key").text());
      std::erase_if(key, [](char c) { return c == '"' || c == '\'' || c == '-' || c == '_'; });
      return p.child("value") == top && (key == "authorization" || key == "apikey" || key.ends_with("apikey") ||
                                         key == "xrapidapikey" || key == "xauthtoken" || key == "xsubscriptiontoken");
    }
    if (!p.any_of("template_substitution", "template_string", "binary_expression", "non_null_expression",
                  "as_expression", "parenthesized_expression"))
      return false;
    top = p;
  }
  return false;
}

// Stops: a key that every visitor's browser sends along, whatever it is called: who reads it asks at the owner's cost.
bool sent_as_credential(const File& file, Node n) {
  if (credential_at(n)) return true;
  Node d = n.parent();
  if (d.any_of("as_expression", "non_null_expression", "binary_expression")) d = d.parent();
  if (!d.is("variable_declarator")) return false;
  const std::string_view name = d.child("name").text();
  for (const Node i : file.tree.all("identifier"))
    if (i.text() == name && credential_at(i)) return true;
  return false;
}

struct PlainUses {
  struct Use {
    std::string name;
    Spot at;
  };
  std::vector<Use> all;
  bool asked = false;                        // somewhere the start stops without any of them
  std::set<std::string, std::less<>> names;  // … or without this one
};

// for (const name of required) if (!process.env[name]) throw …; if (!process.env.JWT_SECRET) process.exit(1)
void read_stops(const File& file, PlainUses& uses) {
  const Code code = file.code();
  if (contains(code, "process.env[") && icontains_any(code, {"throw new", "process.exit"})) uses.asked = true;
  if (!contains(code, "process.env")) return;
  for (const Node b : file.tree.all("if_statement")) {
    const Node condition = b.child("condition");
    if (!contains(condition.code(), "!") || !icontains_any(b.child("consequence").code(), {"throw", "process.exit"}))
      continue;
    // getRazorpay() asks when the first customer pays.
    if (const Node f = function_around(b); f && has_word(function_name(f), {"get"}) &&
                                           !has_word(function_name(f), {"env", "config", "settings", "require"}) &&
                                           !icontains_any(file.path, {"env."}))
      continue;
    for (const Node m : condition.all("member_expression"))
      if (const auto name = env_name(m)) uses.names.insert(*name);
    // const { JWT_SECRET } = process.env; if (!JWT_SECRET) throw …, const key = process.env.JWT_SECRET; if (!key) …
    for (const Node i : condition.all("identifier")) {
      uses.names.emplace(i.text());
      for (const Node d : file.tree.all("variable_declarator"))
        if (d.child("name").text() == i.text())
          if (const auto name = env_name(unwrap(d.child("value")))) uses.names.insert(*name);
    }
  }
}

class EnvironmentCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    const auto& uses = project.notes<PlainUses>();
    if (uses.asked || project.notes<ScriptNotes>().env_validated) return;
    std::vector<const Spot*> unasked;
    for (const auto& use : uses.all)
      if (!uses.names.contains(use.name)) unasked.push_back(&use.at);
    if (unasked.empty()) return;
    const bool serves = project.depends_on("express") || project.depends_on("fastify") || project.depends_on("koa") ||
                        project.depends_on("hono") || project.depends_on("@nestjs/core") || project.depends_on("next");
    if (!serves || std::any_of(sink.findings().begin(), sink.findings().end(),
                               [](const proof::Finding& f) { return f.id == "ENV-006"; }))
      return;
    auto& f = sink.find("ENV-006", unasked.front()->at, unasked.front()->shown);
    f.confidence = proof::Confidence::medium;
    for (std::size_t i = 1; i < unasked.size() && i < 6; ++i) {
      f.locations.push_back(unasked[i]->at);
      f.evidence.push_back(unasked[i]->shown);
    }
  }
};

}  // namespace

std::unique_ptr<Check> environment_check() { return std::make_unique<EnvironmentCheck>(); }

void read_environment(File& file, ScriptNotes& notes) {
  const Code code = file.code();
  // z.object(…), and not the end of event.object.
  const auto schema = [&](std::string_view word) {
    for (std::size_t at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1))
      if (at == 0 || !(text::is_alpha(code[at - 1]) || text::is_digit(code[at - 1]) || code[at - 1] == '_'))
        return true;
    return false;
  };
  if (contains(code, "process.env") &&
      (schema("z.object") || schema("z.string") || schema("v.object") || schema("t.object") || schema("Joi.object") ||
       icontains_any(code, {"cleanenv", "createenv", "envsafe", "envalid"})))
    notes.env_validated = true;
  for (const Node b : file.tree.all("if_statement"))
    if (contains(b.child("condition").code(), "!process.env") || contains(b.child("condition").code(), "!value") ||
        contains(b.child("condition").code(), "missing"))
      if (contains(code, "process.env") && icontains_any(b.child("consequence").code(), {"throw", "process.exit"}) &&
          icontains_any(file.path, {"env", "config"}))
        notes.env_validated = true;
  const bool client = client_file(file);
  auto& plain = file.project.notes<PlainUses>();
  read_stops(file, plain);
  if (file.imports_from("@nestjs/config")) {
    for (const Call& c : file.calls) {
      // ConfigModule.forRoot({ validationSchema })
      if (last(c.name) == "forRoot" && icontains_any(c.node.code(), {"validationschema", "validate"}))
        plain.asked = true;
      const auto name = last(c.name) == "get" && icontains(c.name, "config") ? literal(c.arg(0)) : std::nullopt;
      if (name && !c.arg(1) && secret_name(*name) && plain.all.size() < 8)
        plain.all.push_back({*name, {place(file.path, c.line()), file.shown(c.node)}});
    }
  }
  std::set<std::string> told;
  for (const char* type : {"member_expression", "subscript_expression", "call_expression"})
    for (const Node n : file.tree.all(type)) {
      const auto name = env_name(n);
      if (!name) continue;
      const bool built_in = name->starts_with("NEXT_PUBLIC_") || name->starts_with("VITE_") ||
                            name->starts_with("REACT_APP_") || name->starts_with("PUBLIC_") ||
                            name->starts_with("EXPO_PUBLIC_");
      const Node p = n.parent();
      if (built_in) {
        const std::string_view rest = std::string_view(*name).substr(name->find('_') + 1);
        const bool server =
            has_word(rest, {"secret", "password", "private"}) ||
            (has_word(rest, {"service", "admin"}) &&
             has_word(rest, {"role", "key", "token", "account", "pass", "pin", "code", "credentials"})) ||
            (has_word(rest, {"jwt"}) &&
             !has_word(rest, {"url", "audience", "issuer", "template", "name", "storage"})) ||
            (has_word(rest, {"key", "token", "apikey"}) && !open_key(rest) && sent_as_credential(file, n)) ||
            (has_word(rest,
                      {"fal", "openai", "anthropic", "xai", "grok", "resend", "sendgrid", "twilio", "aws", "hetzner",
                       "cloudflare", "replicate", "gemini", "mistral", "groq", "elevenlabs", "deepseek", "minio"}) &&
             has_word(rest, {"key", "token", "credentials"})) ||
            (has_word(rest, {"token"}) && !has_word(rest, {"mapbox", "url", "public", "client", "analytics"}) &&
             has_word(rest, {"api", "access", "auth", "bearer"}));
        if (server && !has_word(rest, {"publishable", "anon", "site", "role_id"}) && told.insert(*name).second) {
          auto& f = file.hit("SEC-004", n);
          f.title = *name + " is built into browser code";
          f.key = *name;
          if (!has_word(rest, {"secret", "service", "private", "password"})) f.severity = proof::Severity::high;
        }
        continue;
      }
      if (client && secret_name(*name) && !contains(file.path, "config") && told.insert(*name).second &&
          contains(code, "use client")) {
        auto& f = file.hit("SEC-004", n);
        f.title = "The server's " + *name + " is read in code that runs in browsers";
        f.confidence = proof::Confidence::medium;
      }
      if (*name == "STRIPE_SECRET_KEY" && !client)
        notes.stripe_reads.push_back({place(file.path, n.line()), file.shown(n)});
      const bool store = has_word(*name, {"mongo", "mongodb", "database", "db", "postgres", "mysql", "redis"}) &&
                         has_word(*name, {"url", "uri", "dsn"});
      if (!secret_name(*name) && !store) continue;
      // jwt.sign(claims, process.env.JWT_SECRET), secret: process.env.KEY || "change-me"
      const bool used = p.any_of("arguments", "pair") || p.is("variable_declarator") ||
                        (p.is("binary_expression") && (p.has_token("||") || p.has_token("??")) && p.child("left") == n);
      if (used && !client && plain.all.size() < 8 && !contains(file.path, ".config."))
        plain.all.push_back({*name, {place(file.path, n.line()), file.shown(n)}});
      // process.env.SECRET || "dev-secret"
      if (p.is("binary_expression") && (p.has_token("||") || p.has_token("??")) && p.child("left") == n) {
        const auto value = literal(p.child("right"));
        if (value && !value->empty()) {
          file.hit("SEC-013", n, redacted(quote(file.tree.line_text(n.line()))));
          continue;
        }
        // Stops: events signed with the empty key, which everybody knows.
        const std::string_view kept = n.above("variable_declarator").child("name").text();
        const bool refused = !kept.empty() && contains(code, "!" + std::string(kept) + ")");
        if (value && value->empty() && !client && !refused && has_word(*name, {"webhook", "hmac", "signing"})) {
          auto& f = file.hit("SEC-013", n, redacted(quote(file.tree.line_text(n.line()))));
          f.title = "The secret that signatures are checked with falls back to an empty text";
          f.severity = proof::Severity::medium;
        }
        if (value && value->empty() && !client)
          notes.unchecked_env.push_back({place(file.path, n.line()), file.shown(n)});
      } else if (p.any_of("non_null_expression", "as_expression") && !client) {
        notes.unchecked_env.push_back({place(file.path, n.line()), file.shown(n)});
      }
    }
  // const { TOKEN_KEY = "change-me" } = process.env
  for (const Node n : file.tree.all("object_assignment_pattern")) {
    const Node d = n.above("variable_declarator");
    const auto value = literal(n.child("right"));
    if (!value || value->empty() || unwrap(d.child("value")).code() != "process.env") continue;
    const std::string name(n.child("left").text());
    if (secret_name(name) || (has_word(name, {"key"}) && has_word(name, {"token", "jwt", "session", "cookie"})))
      file.hit("SEC-013", n, redacted(quote(file.tree.line_text(n.line()))));
  }
  // new Stripe(config.stripe.secretKey || "")
  if (!client)
    for (const Node b : file.tree.all("binary_expression")) {
      if (!b.has_token("||") && !b.has_token("??")) continue;
      const auto value = literal(b.child("right"));
      const std::string left = dotted(unwrap(b.child("left")));
      if (value && value->empty() && secret_name(last(left)) &&
          (left.starts_with("config.") || left.starts_with("env.") || left.starts_with("settings.")))
        notes.unchecked_env.push_back({place(file.path, b.line()), file.shown(b)});
    }
  // Stops: the key that moves money, laid into a variable that every visitor is given: nothing else makes this client.
  if (!client)
    for (const Call& c : file.calls) {
      const bool made = c.name == "new Stripe" || c.name == "Stripe" || c.name == "new Resend" ||
                        c.name == "new OpenAI" || c.name == "new Anthropic" || c.name == "jwt.sign" ||
                        c.name == "jwt.verify";
      if (!made || (c.name == "Stripe" && !file.full("Stripe").starts_with("stripe"))) continue;
      Node key = unwrap(c.arg(c.name.starts_with("jwt.") ? 1 : 0));
      if (key.is("object")) key = unwrap(member(key, "apiKey"));
      if (key.is("binary_expression")) key = unwrap(key.child("left"));
      const auto name = env_name(key);
      if (!name ||
          !(name->starts_with("NEXT_PUBLIC_") || name->starts_with("VITE_") || name->starts_with("REACT_APP_") ||
            name->starts_with("EXPO_PUBLIC_")) ||
          !told.insert(*name).second)
        continue;
      auto& f = file.hit("SEC-004", key);
      f.title = "The server's key is read from " + *name + ", which is built into browser code";
      f.severity = proof::Severity::high;
    }
  // env.STRIPE_SECRET_KEY of a validated schema
  for (const Node n : file.tree.all("member_expression"))
    if (n.child("property").text() == "STRIPE_SECRET_KEY" && n.child("object").text() == "env")
      notes.stripe_reads.push_back({place(file.path, n.line()), file.shown(n)});
}

}  // namespace gatehouse::audit::source
