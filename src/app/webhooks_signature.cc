#include "app/webhooks_signature.h"

#include <istream>
#include <iterator>
#include <ostream>

#include "base/json.h"
#include "base/text.h"
#include "kit/webhook/scheme.h"

namespace gatehouse::app {
namespace {

namespace webhook = kit::webhook;

constexpr std::size_t kMaxBody = 8u << 20, kMaxLine = 16u << 20;

// One request to judge, as the options or a line of the batch tell it.
struct Question {
  std::string provider;
  std::vector<std::string> secret_variables;
  std::string url;      // public_url
  std::string options;  // further keys of the endpoint, as TOML
  std::vector<std::pair<std::string, std::string>> headers;
  std::string query, body;
  std::int64_t now = 0;
};

tl::unexpected<Problem> unusable(std::string why) { return fail(Source::client, "unusable", std::move(why)); }

std::string quoted(std::string_view s) {
  std::string out;
  json::write_string(out, s);  // its escapes are TOML's too
  return out;
}

// The endpoint's table, read by the same description as [webhooks.NAME] of the file.
Result<webhook::Scheme> scheme_of(const Question& q, const World& world) {
  std::string table = "provider = " + quoted(q.provider) + "\nsecret = [";
  for (const std::string& name : q.secret_variables) table += "{ env = " + quoted(name) + " }, ";
  table += "]\n";
  if (!q.url.empty()) table += "public_url = " + quoted(q.url) + "\n";
  table += q.options;
  conf::Findings findings;
  webhook::SchemeConfig config;
  conf::Document::parse(table, "endpoint", findings)
      .read([&config](conf::Form& f) { webhook::describe(f, config); }, findings);
  for (const conf::Finding& f : findings.all())
    if (f.severity == conf::Severity::error) return unusable(f.key + ": " + f.message + "; " + f.remedy);
  std::vector<Secret> secrets;
  for (const conf::SecretRef& ref : config.secrets) {
    if (ref.kind != conf::SecretRef::Kind::env) return unusable("secrets come from variables here");
    auto value = world.variable(ref.name);
    if (!value) return unusable("the variable " + ref.name + " is not set");
    secrets.emplace_back(*value);
  }
  auto scheme = webhook::Scheme::build(config, std::move(secrets));
  if (!scheme) return unusable(scheme.error().text());
  return scheme;
}

json::Value line_of(std::string_view code, int status, std::string_view detail) {
  json::Value line;
  line.set("valid", code == "ok");
  line.set("code", code);
  line.set("status", status);
  line.set("detail", detail);
  return line;
}

json::Value unusable_line(const Problem& problem) { return line_of(problem.code, 0, problem.detail); }

json::Value judge(const Question& q, const World& world) {
  auto scheme = scheme_of(q, world);
  if (!scheme) return unusable_line(scheme.error());
  Arena arena;
  http::Fields fields(arena);
  for (const auto& [name, value] : q.headers) fields.add(name, text::trim(value));
  const webhook::Verdict verdict = scheme->verify({fields, q.query, q.body, q.now});
  if (const auto* refused = std::get_if<webhook::Refused>(&verdict))
    return line_of(webhook::text(refused->reason), refused->status(), refused->detail);
  const auto& accepted = std::get<webhook::Accepted>(verdict);
  json::Value line = line_of("ok", 200, accepted.weak ? "a static header: neither body nor time are proved" : "");
  line.set("id", accepted.id);
  line.set("id_from", webhook::text(accepted.id_from));
  line.set("type", accepted.type);
  line.set("type_signed", accepted.type_signed);
  if (accepted.timestamp) line.set("timestamp", *accepted.timestamp);
  line.set("digest", text::hex(accepted.digest));
  if (accepted.challenge) line.set("challenge", *accepted.challenge);
  return line;
}

int exit_code(const json::Value& line) {
  const std::string_view code = line.string_at("code").value_or("");
  return code == "ok" ? kOk : code == "unusable" ? kUsage : kFindings;
}

Result<std::pair<std::string, std::string>> header_of(std::string_view name, std::string_view value) {
  if (!conf::is_token(name)) return unusable(quoted(name) + " is no header name");
  for (const char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f)
      return unusable("a header value holds a control character");
  return std::pair{std::string(name), std::string(value)};
}

// A line of the batch. Members that nobody knows are refused: a misspelt one would ask something else.
Result<Question> question_of(std::string_view text) {
  json::Limits limits;
  limits.bytes = kMaxLine;
  auto parsed = json::parse(text, limits);
  if (!parsed || !parsed->is_object()) return unusable("not a JSON object");
  Question q;
  for (const auto& [name, value] : parsed->object()) {
    const auto s = value.string();
    if (name == "provider" && s) {
      q.provider = *s;
    } else if (name == "url" && s) {
      q.url = *s;
    } else if (name == "query" && s) {
      q.query = *s;
    } else if (name == "options" && s) {
      q.options = *s;
    } else if (name == "body" && s) {
      q.body = *s;
    } else if (name == "body_base64" && s) {
      auto bytes = text::unbase64(*s);
      if (!bytes) return unusable("body_base64 is not base64");
      q.body = std::move(*bytes);
    } else if (name == "now" && value.integer()) {
      q.now = *value.integer();
    } else if (name == "secret_env" && value.is_array()) {
      for (const json::Value& v : value.array()) q.secret_variables.emplace_back(v.string().value_or(""));
    } else if (name == "headers" && value.is_array()) {
      for (const json::Value& pair : value.array()) {
        if (pair.array().size() != 2 || !pair.array()[0].is_string() || !pair.array()[1].is_string())
          return unusable("headers is a list of [name, value]");
        auto header = header_of(*pair.array()[0].string(), *pair.array()[1].string());
        if (!header) return fail(std::move(header.error()));
        q.headers.push_back(std::move(*header));
      }
    } else {
      return unusable("the member " + quoted(name) + " is not known, or of another kind");
    }
  }
  return q;
}

int batch(World& world) {
  int worst = kOk;
  std::string text;
  while (std::getline(world.in, text)) {
    if (text.empty()) continue;
    auto q = question_of(text);
    const json::Value line = q ? judge(*q, world) : unusable_line(q.error());
    world.out << json::write(line) << "\n";
    worst = std::max(worst, exit_code(line));
  }
  return worst;
}

Result<std::string> read_body(std::istream& in) {
  std::string body(kMaxBody + 1, '\0');
  in.read(body.data(), static_cast<std::streamsize>(body.size()));
  body.resize(static_cast<std::size_t>(in.gcount()));
  if (body.size() > kMaxBody) return unusable("the body is longer than 8 MiB");
  return body;
}

Result<Question> asked(const Arguments& a, World& world) {
  Question q;
  q.provider = a.value_or("provider", "");
  if (q.provider.empty()) return unusable("--provider is missing");
  q.secret_variables = a.values("secret-env");
  q.url = a.value_or("url", "");
  for (const std::string& option : a.values("option")) q.options += option + "\n";
  q.now = world.clock.unix_seconds();
  if (const auto given = a.value("now")) {
    const auto seconds = text::parse_u64(*given);
    if (!seconds || *seconds > 253402300799u) return unusable("--now needs seconds since 1970");
    q.now = static_cast<std::int64_t>(*seconds);
  }
  auto body = read_body(world.in);
  if (!body) return fail(std::move(body.error()));
  q.body = std::move(*body);
  return q;
}

int say(World& world, const Problem& problem) {
  world.err << "gatehouse: " << problem.detail << "\n";
  return kUsage;
}

int verify(const Arguments& a, World& world) {
  if (a.has("batch")) return batch(world);
  auto q = asked(a, world);
  if (!q) return say(world, q.error());
  q->query = a.value_or("query", "");
  for (const std::string& text : a.values("header")) {
    const std::size_t colon = text.find(':');
    auto header = header_of(std::string_view(text).substr(0, colon),
                            colon == text.npos ? std::string_view() : std::string_view(text).substr(colon + 1));
    if (!header) return say(world, header.error());
    q->headers.push_back(std::move(*header));
  }
  const json::Value line = judge(*q, world);
  if (exit_code(line) == kUsage)
    return say(world, Problem{Source::client, "unusable", std::string(*line.string_at("detail")), nullptr});
  world.out << json::write(line) << "\n";
  return exit_code(line);
}

int sign(const Arguments& a, World& world) {
  auto q = asked(a, world);
  if (!q) return say(world, q.error());
  auto scheme = scheme_of(*q, world);
  if (!scheme) return say(world, scheme.error());
  const std::string id = a.value_or("id", "msg_" + text::hex(world.entropy.bytes<12>()));
  const std::string type = a.value_or("type", ""), content_type = a.value_or("content-type", "application/json");
  auto made = scheme->sign({id, type, q->now, q->body, content_type});
  if (!made) return say(world, made.error());
  for (const auto& [name, value] : made->headers) world.out << name << ": " << value << "\n";
  world.out << "Content-Type: " << content_type << "\n";
  if (!made->query.empty()) world.err << "query: " << made->query << "\n";
  return kOk;
}

const std::vector<Option> kEndpoint{
    {"provider", 'p', "NAME",
     "stripe, svix, clerk, standard-webhooks, github, supabase, paddle, lemonsqueezy, shopify, slack, twilio, "
     "generic-hmac",
     false},
    {"secret-env", 's', "VARIABLE", "The variable that holds the signing secret", true},
    {"url", 0, "URL", "public_url: the address the sender was given (twilio)", false},
    {"option", 'o', "KEY=VALUE", "A further key of the endpoint as the file has it, for example 'tolerance = \"60s\"'",
     true},
    {"now", 0, "UNIX", "As of this time (seconds since 1970)", false}};

std::vector<Option> with(std::vector<Option> more) {
  std::vector<Option> all = kEndpoint;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

std::vector<Command> webhooks_signature_commands() {
  std::vector<Command> commands;
  commands.push_back(
      {"webhooks verify", "Judge a webhook request from its headers and body as the inbox would", "< BODY", 0, 0,
       with({{"header", 'H', "'NAME: VALUE'", "A header of the request", true},
             {"query", 0, "QUERY", "The query of the request, without '?'", false},
             {"batch", 0, "", "Judge requests from standard input, one JSON object a line", false}}),
       "Prints one line of JSON: {\"valid\":bool,\"code\":\"…\",\"status\":200|400|401,\"detail\":\"…\"} and, when "
       "valid, "
       "id, id_from,\ntype, type_signed, timestamp, digest. The code is ok or the reason of the refusal.\n"
       "A line of --batch: "
       "{\"provider\",\"secret_env\":[…],\"headers\":[[name,value]…],\"body\"|\"body_base64\",\"now\"} "
       "and, where\nneeded, \"url\", \"query\", \"options\" (TOML lines). What cannot be used answers code "
       "unusable.\n\n"
       "  gatehouse webhooks verify -p stripe -s STRIPE_WEBHOOK_SECRET -H \"Stripe-Signature: $SIGNATURE\" < "
       "body.json\n\n"
       "exit codes: 0 valid, 1 refused, 2 the command line cannot be used",
       verify});
  commands.push_back({"webhooks sign", "Print the headers with which a provider would send a body", "< BODY", 0, 0,
                      with({{"id", 0, "ID", "The message's id; made when absent", false},
                            {"type", 0, "TYPE", "The event's type, for providers that name it in a header", false},
                            {"content-type", 0, "TYPE", "application/json when absent", false}}),
                      "One header a line, as curl reads them:\n\n"
                      "  gatehouse webhooks sign -p github -s GITHUB_SECRET --type push < body.json > headers\n"
                      "  curl -H @headers --data-binary @body.json http://127.0.0.1:8080/webhooks/github\n\n"
                      "Twilio signs a query too; it is printed on standard error.\n\n"
                      "exit codes: 0 printed, 2 the command line cannot be used",
                      sign});
  return commands;
}

}  // namespace gatehouse::app
