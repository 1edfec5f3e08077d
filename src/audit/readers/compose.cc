#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/readers/deployment.h"
#include "audit/readers/docker.h"
#include "audit/readers/served_by_image.h"
#include "audit/readers/yaml.h"
#include "audit/secrets/judge.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// The default of "${NAME:-default}", or the value itself.
std::string_view settled(std::string_view value, bool* fallback) {
  *fallback = false;
  if (!value.starts_with("${") || !value.ends_with("}")) return value;
  const std::size_t at = value.find(":-");
  const std::size_t alone = at == std::string_view::npos ? value.find('-') : at + 1;
  if (alone == std::string_view::npos) return {};
  *fallback = true;
  return value.substr(alone + 1, value.size() - alone - 2);
}

// A switch that takes the sign-in of a data store away.
bool opens_store(std::string_view name, std::string_view value) {
  const std::string v = text::to_lower(value);
  const bool yes = v == "yes" || v == "true" || v == "1";
  if (name == "POSTGRES_HOST_AUTH_METHOD") return v == "trust";
  if (name == "xpack.security.enabled") return v == "false";
  if (name == "DISABLE_SECURITY_PLUGIN" || name == "plugins.security.disabled") return yes;
  return yes && (name == "MYSQL_ALLOW_EMPTY_PASSWORD" || name == "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD" ||
                 name == "MARIADB_ALLOW_EMPTY_PASSWORD" || name == "ALLOW_EMPTY_PASSWORD");
}

// What stands in front of the others and ends their TLS.
bool is_proxy(std::string_view name, std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? image : image.substr(slash + 1);
  for (const std::string_view p : {"nginx", "traefik", "caddy", "haproxy", "swag"})
    if (base.starts_with(p) || name == p) return true;
  return name == "proxy" || name == "reverse-proxy" || name == "reverse_proxy";
}

std::string command_of(const yaml::Node& s) {
  const yaml::Node* c = s.find("command");
  if (c == nullptr) return {};
  std::string out = c->text;
  for (const yaml::Node& i : c->items) out += (out.empty() ? "" : " ") + i.text;
  return out;
}

// A port on the machine of an item of `ports`; empty when it listens on the machine itself only.
std::string open_port(const yaml::Node& item) {
  if (item.kind == yaml::Node::Kind::map) {
    const std::string_view host = item.text_at("host_ip");
    if (item.text_at("published").empty() || host.starts_with("127.") || host == "::1") return {};
    return std::string(item.text_at("published")) + ":" + std::string(item.text_at("target"));
  }
  return published_to_all(item.text) ? item.text : std::string();  // "5432" alone takes a random port of every address
}

class Compose {
 public:
  Compose(const Source& source, Project& project, Sink& sink)
      : source_(source),
        project_(project),
        sink_(sink),
        developers_(for_developers(source.entry().name())),
        folder_(source.entry().folder().empty() ? "" : std::string(source.entry().folder()) + "/") {}

  void service(const std::string& name, const yaml::Node& s) {
    const std::string_view image = s.text_at("image");
    const Store* store = store_of(image);
    // flower: { build: ., ports: ["5555:5555"] }: a console in an image of one's own
    if (store == nullptr && s.find("build") != nullptr && name == "flower") store = store_of(name);
    // Beside build: it only names what is built here.
    if (!image.empty() && s.find("build") == nullptr && floating_image(image))
      sink_.find("DEP-011", source_.path(), line(s, "image"), "image: " + text::printable(image));
    ports(name, s, store, is_proxy(name, image));
    if (const yaml::Node* build = s.find("build"); build != nullptr && s.find("ports") != nullptr)
      for (const std::string& host : proxied_by_image(
               project_, folder_ + (build->text.empty() ? std::string(build->text_at("context")) : build->text),
               build->text_at("dockerfile")))
        if (host != name) behind_.insert(host);
    environment(name, s, store);
    files(name, s, store != nullptr || is_proxy(name, image) || is_front(name));
    command(name, s, store);
  }

  // Stops: a way around what the proxy refuses, limits and encrypts.
  void finish() {
    one_file_for_all();
    // A front end whose own image holds a proxy stands before those it passes requests on to.
    if (!proxy_)
      beside_.erase(
          std::remove_if(beside_.begin(), beside_.end(), [&](const Spot& s) { return !behind_.contains(s.service); }),
          beside_.end());
    if (beside_.empty() || developers_) return;
    auto& f = sink_.find("INF-026", source_.path(), beside_.front().line, beside_.front().shown);
    for (std::size_t i = 1; i < beside_.size() && i < 8; ++i) {
      f.evidence.push_back(beside_[i].shown);
      f.locations.push_back({std::string(source_.path()), beside_[i].line, beside_[i].line, {}});
    }
  }

 private:
  struct Spot {
    int line;
    std::string shown, service;
  };

  // One environment file, and who is given it.
  struct Handed {
    int needed = 0, needless = 0, line = 0;  // line and service: the first that needs none of it
    std::string service;
  };

  static bool is_front(std::string_view name) {
    for (const std::string_view w : {"frontend", "front-end", "front", "web-client", "client", "ui", "webapp"})
      if (name == w) return true;
    return false;
  }

  // Stops: a page server that was broken into, and reads the keys of payments and sessions in its own environment.
  void one_file_for_all() {
    if (developers_) return;
    for (const auto& [path, handed] : handed_)
      if (handed.needed > 0 && handed.needless > 0)
        sink_.find("INF-034", source_.path(), handed.line,
                   text::printable(handed.service) + ": env_file " + text::printable(path) +
                       ", which the application's own containers are given, too");
  }

  static int line(const yaml::Node& map, std::string_view key) {
    const yaml::Node* n = map.find(key);
    return n == nullptr ? map.line : n->line;
  }
  void ports(const std::string& name, const yaml::Node& s, const Store* named, bool proxy) {
    const yaml::Node* p = s.find("ports");
    if (p == nullptr) return;
    for (const yaml::Node& item : p->items) {
      const std::string shown = open_port(item);
      if (shown.empty()) continue;
      const std::string_view inside =
          item.kind == yaml::Node::Kind::map ? item.text_at("target") : std::string_view(item.text);
      const Store* store = named == nullptr ? store_at(inside) : named;
      if (proxy) proxy_ |= inside.ends_with(":80") || inside.ends_with(":443") || inside == "80" || inside == "443";
      if (store == nullptr) {
        const bool web = inside.ends_with(":443") || inside.ends_with(":80") || inside.ends_with("/udp");
        if (!proxy && !web && s.find("image") == nullptr)
          beside_.push_back({item.line, text::printable(name + ": ports \"" + shown + "\""), name});
        continue;
      }
      auto& f = sink_.find("INF-001", source_.path(), item.line,
                           name + " (" + std::string(store->name) + "): ports \"" + shown + "\"");
      f.title = std::string(store->name) + " is published to every network";
      if (store->name == "Grafana" && !has_variable(s, "GF_SECURITY_ADMIN_PASSWORD"))
        sink_.find("INF-003", source_.path(), item.line, name + ": no GF_SECURITY_ADMIN_PASSWORD").title =
            "Grafana is published with its stock password, admin";
      if (store->console) {
        f.severity = proof::Severity::medium;
        f.impact = "Whoever finds the port meets the sign-in of an administrator's tool, or none at all.";
      }
      if (developers_) {
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
      }
    }
  }

  // Set here, or possibly in a file that is named here.
  static bool has_variable(const yaml::Node& s, std::string_view name) {
    if (s.find("env_file") != nullptr) return true;
    const yaml::Node* env = s.find("environment");
    if (env == nullptr) return false;
    if (env->find(name) != nullptr || env->find("GF_SECURITY_ADMIN_PASSWORD__FILE") != nullptr) return true;
    return std::any_of(env->items.begin(), env->items.end(),
                       [&](const yaml::Node& item) { return item.text.starts_with(name); });
  }

  void environment(const std::string& service, const yaml::Node& s, const Store* store) {
    const yaml::Node* env = s.find("environment");
    if (env == nullptr) return;
    for (const auto& [name, value] : env->members()) {
      if (name == "<<")  // what several services share
        for (const auto& [shared, said] : value->members()) variable(service, store, shared, said->text, said->line);
      else
        variable(service, store, name, value->text, value->line);
    }
    if (env->kind != yaml::Node::Kind::list) return;
    for (const yaml::Node& item : env->items) {
      const std::size_t equals = item.text.find('=');
      if (equals != std::string::npos)
        variable(service, store, std::string_view(item.text).substr(0, equals),
                 std::string_view(item.text).substr(equals + 1), item.line);
    }
  }

  // Stops: the secrets that somebody writes into the committed example, because containers read them from there.
  void files(const std::string& service, const yaml::Node& s, bool needs_none) {
    const yaml::Node* list = s.find("env_file");
    if (list == nullptr) return;
    const auto one = [&](const yaml::Node& item) {
      const std::string_view path = item.kind == yaml::Node::Kind::map ? item.text_at("path") : item.text;
      const std::string low = text::to_lower(path);
      Handed& handed = handed_[std::string(path)];
      ++(needs_none ? handed.needless : handed.needed);
      if (needs_none && handed.line == 0) {
        handed.line = item.line;
        handed.service = service;
      }
      if (!has(low, "example") && !has(low, "sample") && !has(low, "template")) return;
      if (example_ != nullptr) {
        if (example_->locations.size() < 6)
          example_->locations.push_back({std::string(source_.path()), item.line, item.line, {}});
        return;
      }
      auto& f = sink_.find("ENV-005", source_.path(), item.line, service + ": env_file " + text::printable(path));
      f.title = "Containers read their secrets from the example that is committed";
      f.impact = "Whoever starts the project writes real keys into a file that the next commit takes along.";
      f.fix = "Name .env in env_file, keep it out of git, and leave the example without values.";
      f.confidence = proof::Confidence::medium;
      example_ = &f;
    };
    if (list->kind == yaml::Node::Kind::list)
      for (const yaml::Node& item : list->items) one(item);
    else
      one(*list);
  }

  void variable(const std::string& service, const Store* store, std::string_view name, std::string_view raw, int at) {
    project_.env.push_back({std::string(name), std::string(raw), std::string(source_.path()), at, false});
    bool fallback = false;
    const std::string_view value = settled(raw, &fallback);
    if (value.empty()) return;
    if (opens_store(name, value)) {
      sink_.find("INF-003", source_.path(), at, service + ": " + text::printable(name) + " = " + text::printable(value))
          .title = "Data store that asks for no password";
      return;
    }
    if (!developers_ && debug_switch(name, value)) {
      auto& f =
          sink_.find("INF-025", source_.path(), at, service + ": " + std::string(name) + " = " + std::string(value));
      f.title = "Debugging is switched on in the deployment";
      f.fix = "Leave it out, or set it in docker-compose.override.yml alone.";
      if (name == "NODE_ENV" || fallback) f.severity = proof::Severity::low;
    }
    const auto cls = secrets::name_class(name);
    const bool url = has(value, "://");
    if (store != nullptr && cls == secrets::NameClass::secret && !url) {
      auto& f = sink_.find("INF-003", source_.path(), at,
                           service + ": " + std::string(name) + (fallback ? " falls back to " : " = ") +
                               (stock_password(value) ? std::string(value) : secrets::redact(value)));
      if (store->console)
        f.title = "Password of a console written into the deployment file";
      else if (!stock_password(value))
        f.title = "Password of a data store written into the deployment file";
      return;
    }
    if (!literal_secret(name, value)) return;
    if (fallback) {
      auto& f = sink_.find("SEC-013", source_.path(), at,
                           std::string(name) + " falls back to \"" +
                               (secrets::is_sample(value) || stock_password(value) ? text::printable(value, 60)
                                                                                   : secrets::redact(value)) +
                               "\"");
      if (url) f.severity = proof::Severity::medium;
      return;
    }
    // What signs runs with whatever stands here: "your-secret-key" is then the key that everybody knows.
    const bool signs = syntax::has_word(name, {"secret"}) &&
                       syntax::has_word(name, {"jwt", "session", "django", "auth", "key", "app", "cookie", "token"});
    if (secrets::is_sample(value) && !stock_password(value) && !has(value, "change") &&
        (!signs || has(value, "<") || has(value, "xxx")))
      return;
    auto& f =
        sink_.find("SEC-016", source_.path(), at, service + ": " + std::string(name) + " = " + secrets::redact(value));
    if (url) f.severity = proof::Severity::medium;
  }

  void command(const std::string& service, const yaml::Node& s, const Store* store) {
    const std::string said = command_of(s);
    if (said.empty()) return;
    const int at = line(s, "command");
    if (const std::size_t word = said.find("--requirepass "); word != std::string::npos && store != nullptr) {
      std::string_view value = text::trim(std::string_view(said).substr(word + 14));
      value = value.substr(0, value.find(' '));
      while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
      while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
      if (!value.empty() && !has(value, "$"))
        sink_.find("INF-003", source_.path(), at, service + ": --requirepass " + secrets::redact(value)).title =
            "Password of a data store written into the deployment file";
    }
    if (has(said, "--api.insecure=true") || said.ends_with("--api.insecure")) {
      auto& f = sink_.find("INF-001", source_.path(), at, service + ": --api.insecure");
      f.title = "Traefik's console answers without a sign-in";
      f.severity = proof::Severity::medium;
    }
    const yaml::Node* build = s.find("build");
    const std::string context = build == nullptr      ? "."
                                : build->text.empty() ? std::string(build->text_at("context"))
                                                      : build->text;
    std::string_view below = context;
    if (below.starts_with("./")) below.remove_prefix(2);
    if (below == ".") below = {};
    if (!developers_ &&
        (starts_development(said) || starts_development(script_of(project_, folder_ + std::string(below), said)))) {
      auto& f = sink_.find("INF-025", source_.path(), at, service + ": command: " + text::printable(said, 120));
      f.title = "The deployment starts a development server";
      if (!has(text::to_lower(source_.path()), "prod")) f.severity = proof::Severity::low;
    }
  }

  const Source& source_;
  Project& project_;
  Sink& sink_;
  const bool developers_;
  const std::string folder_;
  std::set<std::string> behind_;          // hosts that images with a proxy of their own pass requests on to
  proof::Finding* example_ = nullptr;     // env_file: .env.example
  std::map<std::string, Handed> handed_;  // by the path of env_file
  bool proxy_ = false;
  std::vector<Spot> beside_;  // ports of what the proxy stands in front of
};

}  // namespace

void ComposeReader::read(const Source& source, Project& project, Sink& sink) {
  const std::string name = text::to_lower(source.entry().name());
  if (!has(name, "compose") && !has(name, "docker") && !has(name, "stack")) return;
  auto documents = yaml::parse(source.text());
  if (!documents) {
    sink.gave_up({std::string(source.path()), "not readable as YAML (" + documents.error().detail + ")"});
    return;
  }
  for (const yaml::Node& d : *documents) {
    const yaml::Node* services = d.find("services");
    if (services == nullptr) continue;
    Compose compose(source, project, sink);
    for (const auto& [service, node] : services->members()) compose.service(std::string(service), *node);
    compose.finish();
  }
}

}  // namespace gatehouse::audit
