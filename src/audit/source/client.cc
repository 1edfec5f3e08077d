// What runs in browsers: React, Vite and plain scripts.
#include <algorithm>

#include "audit/source/client_redirects.h"
#include "audit/source/client_tokens.h"
#include "audit/source/elements.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool sanitized(const Code& code) {
  return icontains_any(code, {"sanitize", "purify", "escapehtml", "esc(", "escape(", "jsonld", "json.stringify",
                              "tostaticmarkup", "highlight"});
}

// A constant of this module, or text the program wrote itself.
bool constant(const File& file, Node n) {
  n = unwrap(n);
  if (literal(n)) return true;
  if (!n.is("identifier")) return false;
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").text() == n.text())
      return literal(d.child("value")).has_value() || sanitized(d.child("value").code());
  return false;
}

void judge_markup(File& file) {
  for (const char* type : {"jsx_attribute", "pair"})
    for (const Node n : file.tree.all(type)) {
      const std::string_view text = n.text();
      if (n.is("jsx_attribute") && !text.starts_with("dangerouslySetInnerHTML")) continue;
      if (n.is("pair") && n.child("key").text() != "dangerouslySetInnerHTML") continue;
      Node value;
      for (const Node p : n.all("pair"))
        if (p.child("key").text() == "__html") value = p.child("value");
      if (value && (sanitized(value.code()) || constant(file, value))) continue;
      file.hit("RE-001", n);
    }
  for (const Node a : file.tree.all("assignment_expression")) {
    const Node left = a.child("left");
    if (!left.is("member_expression")) continue;
    const std::string_view property = left.child("property").text();
    if (property != "innerHTML" && property != "outerHTML") continue;
    const Node right = a.child("right");
    if (constant(file, right) || sanitized(right.code())) continue;
    // Text with assets and counters in it.
    const auto put_in = holes(right);
    const bool harmless = !put_in.empty() && std::all_of(put_in.begin(), put_in.end(), [&](Node h) {
      if (constant(file, h)) return true;
      const std::string full = file.full(h.text());
      if (icontains_any(full, {".svg", ".png", ".jpg", ".gif", ".webp", ".css", ".ico"})) return true;
      return has_word(h.text(), {"count", "counter", "index", "length", "total", "size", "width", "height"});
    });
    if (harmless) continue;
    file.hit("RE-001", a);
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (c.name == "document.write" && c.arg(0) && !literal(c.arg(0))) file.hit("RE-001", c.node);
    if (f == "insertAdjacentHTML" && c.arg(1) && !constant(file, c.arg(1)) && !sanitized(c.arg(1).code()))
      file.hit("RE-001", c.node);
    if (f == "postMessage" && literal(c.arg(1)) == "*" &&
        icontains_any(c.name, {"parent", "opener", "window", "contentwindow", "top"}))
      file.hit("RE-005", c.node);
    if (f == "addEventListener" && literal(c.arg(0)) == "message" && icontains(c.name, "window")) {
      const Node handler = unwrap(c.arg(1));
      if (is_function(handler) && !icontains(handler.code(), "origin") && !icontains(handler.code(), ".source"))
        file.hit("RE-005", c.node);
    }
  }
}

// window.ENV = { … }
void judge_runtime_config(File& file) {
  const auto is_config = [](std::string_view left) {
    return left == "window.ENV" || left == "window.__ENV" || left == "window._env_" || left == "window.__ENV__" ||
           left == "window.env" || left == "window.config" || left == "window.__CONFIG__" || left == "globalThis.ENV" ||
           left == "window.__RUNTIME_CONFIG__";
  };
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    const std::size_t dot = left.rfind('.');
    if (is_config(left)) {
      for (const auto& [key, value] : members(a.child("right"))) {
        const bool key_of_provider =
            has_word(key, {"fal", "openai", "anthropic", "minio", "aws", "s3", "resend", "xai"}) &&
            has_word(key, {"key", "secret", "token"}) && !has_word(key, {"public", "publishable"});
        if (secret_name(key) || key_of_provider || key == "DATABASE_URL") {
          auto& f = file.hit("ENV-008", value);
          f.title = key + " is put into the page's runtime configuration";
        }
      }
    } else if (dot != std::string::npos && is_config(left.substr(0, dot)) && secret_name(left.substr(dot + 1))) {
      file.hit("ENV-008", a);
    }
  }
}

// throw new Error(body.detail) for whatever the server said
void judge_shown_errors(File& file) {
  const Code code = file.code();
  if (!contains(code, "fetch(") && !contains(code, "axios")) return;
  if (icontains_any(code, {">= 500", ">=500", "< 500", "expose_backend_errors", "status === 500"})) return;
  for (const Node b : file.tree.all("if_statement")) {
    const Code condition = b.child("condition").code();
    if (!contains(condition, ".ok") || !contains(condition, "!")) continue;
    const Node then = b.child("consequence");
    for (const Call* c : file.calls_in(then)) {
      if (!c->name.starts_with("new ") || !icontains(c->name, "error")) continue;
      const Code text = c->node.child("arguments").code();
      bool raw = icontains_any(text, {".detail", ".error", ".message", ".text()", ".stack"}) || text == "(text)" ||
                 text == "(body)" || text == "(detail)" || text == "(message)" || contains(text, "${text}") ||
                 contains(text, "${body}") || contains(text, "${detail}") || text == "(errorText)" ||
                 contains(text, "${errorText}");
      if (!raw) continue;
      file.hit("RE-008", c->node);
      return;
    }
  }
}

// Stops: a role that its owner may set through the provider's own browser library.
void judge_client_metadata(File& file) {
  if (!icontains_any(file.code(), {"unsafemetadata", "user_metadata", "unsafe_metadata"})) return;
  for (const Node m : file.tree.all("member_expression")) {
    const std::string_view field = m.child("property").text();
    if (!has_word(field, {"role", "roles", "admin", "plan", "tier", "permissions", "credits", "subscription"}))
      continue;
    const std::string owner = dotted(m.child("object"));
    const std::string_view bag = last(owner);
    if (bag != "unsafeMetadata" && bag != "user_metadata" && bag != "unsafe_metadata") continue;
    file.hit("AZ-003", m);
  }
}

bool opening(Node n) { return n.any_of("jsx_opening_element", "jsx_self_closing_element"); }

std::string jsx_attribute(Node element, std::string_view name) {
  for (const Node a : element.children()) {
    if (!a.is("jsx_attribute") || a.children().empty() || a.children().front().text() != name) continue;
    if (a.children().size() < 2) return "true";
    const Node value = a.children()[1];
    if (const auto text = literal(value)) return *text;
    return std::string(value.text());
  }
  return {};
}

// Scripts of strangers and links that hand over the window, as they stand in JSX.
void judge_elements(File& file) {
  for (const char* type : {"jsx_opening_element", "jsx_self_closing_element"})
    for (const Node e : file.tree.all(type)) {
      if (!opening(e) || e.children().empty()) continue;
      const std::string_view tag = e.children().front().text();
      Element seen{std::string(tag),
                   jsx_attribute(e, tag == "a" || tag == "link" ? "href" : "src"),
                   jsx_attribute(e, "integrity"),
                   jsx_attribute(e, "target"),
                   jsx_attribute(e, "rel"),
                   place(file.path, e.line()),
                   file.shown(e)};
      if (tag == "Script") seen.tag = "script";
      judge_element(seen, file.project.notes<Links>(), file.sink);
    }
}

// Of this machine, of a network of one's own, or no address at all: names of schemas.
bool own_host(std::string_view host) {
  if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("172.") || host.starts_with("[") ||
      host.starts_with("127.") || host.starts_with("0.0.0.0") || host.starts_with("localhost"))
    return true;
  return icontains_any(host, {"www.w3.org",  "schemas.",     "example.",    "xmlns",          "purl.org",
                              "host.docker", ".local",       "json-schema", "ogp.me",         "schema.org",
                              "backend:",    "api:",         "redis:",      "minio:",         ".internal",
                              ".svc",        "sitemaps.org", "tempuri",     "openxmlformats", "adobe.com/xap",
                              "metadata."}) ||
         host.find('.') == std::string_view::npos;
}

void judge_plain_addresses(File& file) {
  for (const char* type : {"string", "template_string"})
    for (const Node s : file.tree.all(type)) {
      const std::string said = spoken(s);
      if (!said.starts_with("http://") || said.size() < 12) continue;
      const std::string_view rest = std::string_view(said).substr(7);
      const std::string_view host = rest.substr(0, rest.find_first_of("/?"));
      if (own_host(host)) continue;
      Node p = s.parent();
      while (p.any_of("binary_expression", "parenthesized_expression") && p.has_token("+")) p = p.parent();
      const std::string_view name = p.child("name") ? p.child("name").text() : p.child("key").text();
      const auto call = p.is("arguments") ? as_call(p.parent()) : std::nullopt;
      const bool asked =
          call && (icontains_any(call->name, {"fetch", "axios", "http", "got", "request", "superagent"}));
      const bool named = p.any_of("variable_declarator", "pair", "public_field_definition", "assignment_expression") &&
                         (icontains_any(name, {"url", "base", "api", "endpoint", "host", "uri"}) ||
                          icontains_any(p.child("left").text(), {"url", "api", "endpoint"}));
      // What opens with it: a key in the address is told to everybody on the way.
      const bool keyed = icontains_any(said, {"key=", "token=", "password=", "secret="});
      if (!asked && !named && !keyed && !(p.is("binary_expression") && icontains(p.code(), "env"))) continue;
      auto& f = file.hit("RE-007", s);
      if (keyed) f.title = "A key travels in an address that is called without TLS";
    }
}

// axios.create({ baseURL: "http://localhost:5000" }): what is built of it calls the visitor's own machine.
void judge_own_machine(File& file) {
  const bool page = client_file(file) || file.imports_from("react") || file.imports_from("axios");
  if (!page || !contains(file.code(), "://") ||
      icontains_any(file.path, {"config.", "server/", "backend/", "api/src", "test", "mock", "setupproxy"}))
    return;
  for (const char* type : {"string", "template_string"})
    for (const Node s : file.tree.all(type)) {
      const std::string said = spoken(s);
      const std::string_view rest = said.starts_with("http://") ? std::string_view(said).substr(7) : std::string_view();
      if (!rest.starts_with("localhost") && !rest.starts_with("127.0.0.1") && !rest.starts_with("www.localhost"))
        continue;
      const Node p = s.parent();
      // import.meta.env.VITE_API || "http://localhost:5000", and what a condition chooses
      if (p.any_of("binary_expression", "ternary_expression") || p.above("ternary_expression") ||
          p.above("if_statement"))
        continue;
      const auto call = p.is("arguments") ? as_call(p.parent()) : std::nullopt;
      const std::string_view name = p.child("name")  ? p.child("name").text()
                                    : p.child("key") ? p.child("key").text()
                                                     : p.child("left").text();
      const bool asked = call && icontains_any(call->name, {"fetch", "axios", ".get", ".post", ".put", ".delete",
                                                            ".patch", "io", "socket"});
      const bool named = icontains_any(name, {"url", "base", "api", "endpoint", "host", "backend", "server"});
      if (!asked && !named) continue;
      auto& f = file.hit("RE-007", s);
      f.title = "The page calls an address of the developer's own machine";
      f.severity = proof::Severity::low;
      f.impact =
          "What is deployed calls the visitor's machine instead of the server: nothing works, and whatever listens "
          "there gets the tokens.";
      f.fix =
          "Read the address from the build's settings (import.meta.env.VITE_API_URL), or call a path of the page's own "
          "host.";
      return;
    }
}

// The address of an automation that starts for whoever knows it: n8n, Make, Zapier, Pipedream.
bool automation(std::string_view address) {
  if (icontains_any(address, {"hooks.zapier.com/hooks/catch", "make.com/", "hook.integromat.com/", ".pipedream.net"}))
    return icontains_any(address, {"hook", "pipedream"});
  return icontains(address, "n8n") && icontains_any(address, {"/webhook/", "/webhook-test/"});
}

// Sources of a project in which nothing was seen that serves.
bool no_server(const File& file) {
  for (const char* server : {"express", "next", "fastify", "@nestjs/core", "koa", "hono", "@hapi/hapi"})
    if (file.project.depends_on(server)) return false;
  return (file.path.starts_with("src/") || contains(file.path, "/src/")) &&
         !icontains_any(file.path, {"functions/", "backend", "server", "api/", "worker"});
}

// Stops: an automation that a stranger starts with an address from the page's code, as often as he likes.
void judge_automations(File& file) {
  Recurring told;
  for (const char* type : {"string", "template_string"})
    for (const Node s : file.tree.all(type)) {
      std::string whole(s.text());
      for (const Node h : holes(s))
        if (const auto base = literal(value_of(file, h))) whole += *base;
      if (whole.size() > 600 || !icontains(whole, "http") || !automation(whole)) continue;
      if (auto* f = told.hit(file, "EX-023", s)) {
        f->title = "The page starts an automation that asks nobody who is calling";
        f->impact = "Whoever reads the page's code calls it with any values, as often as they like.";
        f->fix = "Let the server call it for signed-in users, and give the webhook a secret of its own.";
        f->severity = proof::Severity::medium;
        f->confidence = proof::Confidence::medium;
      }
    }
}

}  // namespace

void read_client(File& file) {
  judge_markup(file);
  judge_client_redirects(file);
  judge_kept_tokens(file);
  judge_runtime_config(file);
  judge_plain_addresses(file);
  judge_own_machine(file);
  judge_client_metadata(file);
  judge_elements(file);
  if (client_file(file) || no_server(file)) judge_automations(file);
  if (client_file(file) || contains(file.path, "frontend/") || contains(file.path, "client/") ||
      contains(file.path, "web/"))
    judge_shown_errors(file);
}

}  // namespace gatehouse::audit::source
