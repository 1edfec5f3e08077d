#include "audit/readers/deployment.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "audit/secrets/judge.h"
#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// Longer names first where one begins like another.
constexpr std::array<Store, 34> kStores = {{{"postgres", "PostgreSQL", 5432},
                                            {"postgis", "PostgreSQL", 5432},
                                            {"pgvector", "PostgreSQL", 5432},
                                            {"timescaledb", "PostgreSQL", 5432},
                                            {"mysql", "MySQL", 3306},
                                            {"mariadb", "MariaDB", 3306},
                                            {"mongo-express", "mongo-express", 8081, true},
                                            {"mongo", "MongoDB", 27017},
                                            {"redis-commander", "redis-commander", 8081, true},
                                            {"redisinsight", "RedisInsight", 5540, true},
                                            {"redis", "Redis", 6379},
                                            {"valkey", "Valkey", 6379},
                                            {"memcached", "memcached", 11211},
                                            {"elasticsearch", "Elasticsearch", 9200},
                                            {"opensearch", "OpenSearch", 9200},
                                            {"couchdb", "CouchDB", 5984},
                                            {"rabbitmq", "RabbitMQ", 5672},
                                            {"minio", "MinIO", 9000},
                                            {"clickhouse", "ClickHouse", 8123},
                                            {"qdrant", "Qdrant", 6333},
                                            {"adminer", "Adminer", 8080, true},
                                            {"pgadmin", "pgAdmin", 80, true},
                                            {"phpmyadmin", "phpMyAdmin", 80, true},
                                            {"flower", "Flower", 5555, true},
                                            {"kibana", "Kibana", 5601, true},
                                            {"portainer", "Portainer", 9000, true},
                                            {"mailhog", "MailHog", 8025, true},
                                            {"mailpit", "Mailpit", 8025, true},
                                            {"grafana", "Grafana", 3000, true},
                                            {"prometheus", "Prometheus", 9090, true},
                                            {"alertmanager", "Alertmanager", 9093, true},
                                            {"cadvisor", "cAdvisor", 8080, true},
                                            {"dozzle", "Dozzle", 8080, true},
                                            {"pgweb", "pgweb", 8081, true}}};

}  // namespace

const Store* store_of(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  std::string_view name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  name = name.substr(0, name.find(':'));
  for (const Store& s : kStores)
    if (name.starts_with(s.image)) return &s;
  return nullptr;
}

const Store* store_at(std::string_view inside) {
  inside = inside.substr(0, inside.find('/'));
  if (const std::size_t colon = inside.rfind(':'); colon != std::string_view::npos) inside = inside.substr(colon + 1);
  for (const Store& s : kStores)
    if (!s.console && s.port != 9000 && inside == std::to_string(s.port)) return &s;
  return nullptr;
}

bool published_to_all(std::string_view port) {
  if (port.starts_with("127.") || port.starts_with("localhost:") || port.starts_with("[::1]")) return false;
  if (has(port, "${") && has(port, "127.0.0.1")) return false;
  return true;
}

bool stock_password(std::string_view value) {
  static constexpr std::array<std::string_view, 22> kStock = {
      "postgres", "password",   "root",  "admin",       "secret",    "mysql",       "mongo",   "redis",
      "minio",    "minioadmin", "guest", "changeme",    "change-me", "change_me",   "example", "test",
      "123456",   "12345678",   "pass",  "password123", "admin123",  "rootpassword"};
  const std::string v = text::to_lower(value);
  return std::find(kStock.begin(), kStock.end(), v) != kStock.end() || v.ends_with("_password") ||
         v.ends_with("password") || v.ends_with("_dev") || v.ends_with("-dev");
}

bool literal_secret(std::string_view name, std::string_view value) {
  if (value.empty() || has(value, "$") || has(value, "{{")) return false;
  if (value.starts_with("/run/secrets") || value.starts_with("file:")) return false;
  const auto cls = secrets::name_class(name);
  if (cls == secrets::NameClass::secret) return !has(value, "://");
  if (!has(value, "://")) return false;
  const std::size_t at = value.find('@'), colon = value.find(':', value.find("://") + 3);
  return at != std::string_view::npos && colon < at;
}

bool debug_switch(std::string_view name, std::string_view value) {
  const std::string v = text::to_lower(value);
  for (const std::string_view n : {"DEBUG", "DJANGO_DEBUG", "FLASK_DEBUG", "APP_DEBUG", "WERKZEUG_DEBUG"})
    if (name == n) return v == "1" || v == "true" || v == "yes" || v == "on";
  for (const std::string_view n : {"FLASK_ENV", "NODE_ENV", "RAILS_ENV"})
    if (name == n) return v == "development" || v == "dev";
  return false;
}

bool for_developers(std::string_view path) {
  const std::string low = text::to_lower(path);
  return has(low, "dev") || has(low, "local") || has(low, "override") || has(low, "test");
}

bool starts_development(std::string_view command) {
  for (const std::string_view word : {"manage.py runserver", "runserver_plus", "nodemon", "next dev", "vite dev",
                                      "ts-node-dev", "react-scripts start", "tsx watch", "node --watch",
                                      "nest start --watch", "ng serve", "vue-cli-service serve", "fastapi dev"})
    if (has(command, word)) return true;
  if ((has(command, "uvicorn") || has(command, "gunicorn") || has(command, "hypercorn")) && has(command, "--reload"))
    return true;
  // Werkzeug's server, however it is called.
  if (const std::size_t at = command.find("flask"); at != std::string_view::npos) {
    const std::string_view rest = command.substr(at + 5);
    if (rest.starts_with(" run") || (rest.starts_with(" --app") && has(rest, " run"))) return true;
  }
  for (const std::string_view tool : {"npm run ", "yarn ", "pnpm ", "pnpm run ", "yarn run ", "bun run "})
    for (const std::string_view script : {"dev", "start:dev", "develop"}) {
      const std::string both = std::string(tool) + std::string(script);
      if (const std::size_t at = command.find(both); at != std::string_view::npos) {
        const std::size_t end = at + both.size();
        if (end >= command.size() || command[end] == ' ' || command[end] == '"' || command[end] == '\'') return true;
      }
    }
  return false;
}

std::string script_of(const Project& project, std::string_view folder, std::string_view command) {
  std::vector<std::string_view> words;
  for (const std::string_view w : text::split(command, ' '))
    if (!w.empty()) words.push_back(w);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if ((words[i] == "python" || words[i] == "python3") && words[i + 1].ends_with(".py")) {
      // app.run() of Flask serves with Werkzeug, whatever the file is called.
      std::string path(folder);
      if (!path.empty() && path.back() != '/') path += '/';
      const auto main = project.open(path + std::string(words[i + 1]));
      const bool flask = main && (has(main->text(), "Flask(") || has(main->text(), "import create_app")) &&
                         has(main->text(), "app.run(") && !has(main->text(), "waitress") && has(main->text(), "lask");
      return flask ? "flask run" : "";
    }
    if (words[i] != "npm" && words[i] != "yarn" && words[i] != "pnpm" && words[i] != "bun") continue;
    const std::string_view name = words[i + 1] == "run" && i + 2 < words.size() ? words[i + 2] : words[i + 1];
    std::string top(folder);
    if (!top.empty() && top.back() != '/') top += '/';
    const auto manifest = project.open(top + "package.json");
    if (!manifest) return {};
    const auto read = json::parse(manifest->text());
    if (!read) return {};
    const json::Value* scripts = read->find("scripts");
    const json::Value* said = scripts == nullptr ? nullptr : scripts->find(name);
    return said == nullptr ? std::string() : std::string(said->string().value_or(""));
  }
  return {};
}

}  // namespace gatehouse::audit
