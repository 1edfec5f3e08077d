#include "audit/readers/docker.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/readers/gitignore.h"
#include "audit/readers/yaml.h"
#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

std::vector<std::string> words_of(std::string_view s) {
  std::vector<std::string> out;
  std::string word;
  char quote = 0;
  for (char c : s) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ' ' || c == '\t') {
      if (!word.empty()) out.push_back(std::exchange(word, {}));
    } else {
      word += c;
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

// A literal that stands for a secret; not `${X}`, not empty, not a placeholder.
bool literal_secret(std::string_view name, std::string_view value) {
  if (value.empty() || has(value, "$") || has(value, "{{")) return false;
  if (value.starts_with("/run/secrets") || value.starts_with("file:")) return false;
  const auto cls = secrets::name_class(name);
  if (cls == secrets::NameClass::secret) return !has(value, "://");
  if (!has(value, "://")) return false;
  const std::size_t at = value.find('@'), colon = value.find(':', value.find("://") + 3);
  return at != std::string_view::npos && colon < at;
}

struct Store {
  std::string_view image, name;
  int port;
};
constexpr std::array<Store, 16> kStores = {{{"postgres", "PostgreSQL", 5432},
                                            {"postgis", "PostgreSQL", 5432},
                                            {"pgvector", "PostgreSQL", 5432},
                                            {"mysql", "MySQL", 3306},
                                            {"mariadb", "MariaDB", 3306},
                                            {"mongo", "MongoDB", 27017},
                                            {"redis", "Redis", 6379},
                                            {"valkey", "Valkey", 6379},
                                            {"memcached", "memcached", 11211},
                                            {"elasticsearch", "Elasticsearch", 9200},
                                            {"opensearch", "OpenSearch", 9200},
                                            {"couchdb", "CouchDB", 5984},
                                            {"rabbitmq", "RabbitMQ", 5672},
                                            {"minio", "MinIO", 9000},
                                            {"clickhouse", "ClickHouse", 8123},
                                            {"adminer", "Adminer", 8080}}};

const Store* store_of(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  std::string_view name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  name = name.substr(0, name.find(':'));
  for (const Store& s : kStores)
    if (name.starts_with(s.image)) return &s;
  return nullptr;
}

// A store in an image of one's own tells itself by the port inside: "5433:5432", "5432", {target: 5432}.
const Store* store_at(std::string_view inside) {
  inside = inside.substr(0, inside.find('/'));
  if (const std::size_t colon = inside.rfind(':'); colon != std::string_view::npos) inside = inside.substr(colon + 1);
  for (const Store& s : kStores)
    if (s.port != 8080 && s.port != 9000 && inside == std::to_string(s.port)) return &s;
  return nullptr;
}

// Does this published port listen for everybody? "8080:80", "0.0.0.0:1:2" and "[::]:…" do, "127.0.0.1:1:2" does not.
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

class Compose {
 public:
  Compose(const Source& source, Project& project, Sink& sink) : source_(source), project_(project), sink_(sink) {}

  void service(const std::string& name, const yaml::Node& s) {
    const std::string_view image = s.text_at("image");
    const Store* store = store_of(image);
    if (!image.empty() && floating_image(image))
      sink_.find("DEP-011", source_.path(), line(s, "image"), "image: " + text::printable(image));
    ports(name, s, store);
    environment(name, s, store);
  }

 private:
  static int line(const yaml::Node& map, std::string_view key) {
    const yaml::Node* n = map.find(key);
    return n == nullptr ? map.line : n->line;
  }
  void ports(const std::string& name, const yaml::Node& s, const Store* store) {
    const yaml::Node* p = s.find("ports");
    if (p == nullptr) return;
    const Store* const named = store;
    for (const yaml::Node& item : p->items) {
      store = named;
      if (store == nullptr)
        store = store_at(item.kind == yaml::Node::Kind::map ? item.text_at("target") : std::string_view(item.text));
      if (store == nullptr) continue;
      std::string shown = item.text;
      bool open = published_to_all(item.text);
      if (item.kind == yaml::Node::Kind::map) {
        const std::string_view host = item.text_at("host_ip");
        open = !item.text_at("published").empty() && !host.starts_with("127.") && host != "::1";
        shown = std::string(item.text_at("published")) + ":" + std::string(item.text_at("target"));
      } else if (!has(item.text, ":")) {
        // "5432" alone takes a random port of the host, and still every address.
        shown = item.text;
      }
      if (open) {
        auto& f = sink_.find("INF-001", source_.path(), item.line,
                             name + " (" + std::string(store->name) + "): ports \"" + shown + "\"");
        f.title = std::string(store->name) + " is published to every network";
        const std::string path = text::to_lower(source_.path());
        if (has(path, "dev") || has(path, "local") || has(path, "override")) {
          f.severity = proof::Severity::medium;
          f.confidence = proof::Confidence::medium;
        }
      }
    }
  }

  void environment(const std::string& service, const yaml::Node& s, const Store* store) {
    const yaml::Node* env = s.find("environment");
    if (env == nullptr) return;
    auto one = [&](std::string_view name, std::string_view raw, int at) {
      project_.env.push_back({std::string(name), std::string(raw), std::string(source_.path()), at, false});
      bool fallback = false;
      const std::string_view value = settled(raw, &fallback);
      if (value.empty()) return;
      const auto cls = secrets::name_class(name);
      const bool url = has(value, "://");
      if (store != nullptr && cls == secrets::NameClass::secret && !url) {
        auto& f = sink_.find("INF-003", source_.path(), at,
                             service + ": " + std::string(name) + (fallback ? " falls back to " : " = ") +
                                 (stock_password(value) ? std::string(value) : secrets::redact(value)));
        if (!stock_password(value)) f.title = "Password of a data store written into the deployment file";
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
      if (secrets::is_sample(value) && !stock_password(value) && !has(value, "change")) return;
      auto& f = sink_.find("SEC-016", source_.path(), at,
                           service + ": " + std::string(name) + " = " + secrets::redact(value));
      if (url) f.severity = proof::Severity::medium;
    };
    for (const auto& [name, value] : env->members()) one(name, value->text, value->line);
    if (env->kind != yaml::Node::Kind::list) return;
    for (const yaml::Node& item : env->items) {
      const std::size_t equals = item.text.find('=');
      if (equals != std::string::npos)
        one(std::string_view(item.text).substr(0, equals), std::string_view(item.text).substr(equals + 1), item.line);
    }
  }

  const Source& source_;
  Project& project_;
  Sink& sink_;
};

}  // namespace

bool floating_image(std::string_view image) {
  if (has(image, "@sha256:") || has(image, "$") || image == "scratch") return false;
  const std::size_t slash = image.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos || name.substr(colon + 1) == "latest" || name.substr(colon + 1) == "stable";
}

std::vector<DockerLine> parse_dockerfile(std::string_view text) {
  std::vector<DockerLine> out;
  std::string joined;
  int number = 0, start = 0;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;  // a comment inside a continuation is passed over, too
    if (joined.empty()) start = number;
    const bool more = line.back() == '\\';
    if (more) line.remove_suffix(1);
    joined += (joined.empty() ? "" : " ") + std::string(text::trim(line));
    if (more) continue;
    const std::size_t blank = joined.find_first_of(" \t");
    std::string word = joined.substr(0, blank);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    out.push_back({std::move(word),
                   blank == std::string::npos ? "" : std::string(text::trim(std::string_view(joined).substr(blank))),
                   start});
    joined.clear();
  }
  return out;
}

void DockerfileReader::read(const Source& source, Project& project, Sink& sink) {
  std::set<std::string> stages;
  std::map<std::string, int> copied;  // by stage: the line that copies everything, or 0
  std::string stage, workdir, user;
  int last_from = 0;
  bool copies_all = false, unprivileged_base = false;
  int copy_line = 0;
  for (const DockerLine& l : parse_dockerfile(source.text())) {
    const auto words = words_of(l.rest);
    if (l.word == "FROM" && !words.empty()) {
      std::size_t at = 0;
      while (at < words.size() && words[at].starts_with("--")) ++at;
      if (at >= words.size()) continue;
      const std::string& image = words[at];
      if (!stages.contains(text::to_lower(image)) && floating_image(image))
        sink.find("DEP-011", source.path(), l.line, "FROM " + text::printable(image));
      if (at + 2 < words.size() && text::iequals(words[at + 1], "as")) stages.insert(text::to_lower(words[at + 2]));
      // What an earlier stage took along stays there, unless this one builds on it.
      copied[stage] = copies_all ? copy_line : 0;
      stage = at + 2 < words.size() && text::iequals(words[at + 1], "as") ? text::to_lower(words[at + 2])
                                                                          : std::to_string(l.line);
      const auto base = copied.find(text::to_lower(image));
      copies_all = base != copied.end() && base->second > 0;
      if (copies_all) copy_line = base->second;
      user.clear();
      last_from = l.line;
      unprivileged_base =
          has(image, "nonroot") || has(image, "unprivileged") || has(image, "distroless") || image == "scratch";
    } else if (l.word == "COPY" && words.size() >= 3 && words[0].starts_with("--from=")) {
      // COPY --from=build /app . takes the whole folder.
      const auto from = copied.find(text::to_lower(words[0].substr(7)));
      const std::string& what = words[words.size() - 2];
      if (from != copied.end() && from->second > 0 &&
          (what == workdir || what == workdir + "/" || what == "/app" || what == "/app/" || what == "/usr/src/app")) {
        copies_all = true;
        copy_line = l.line;
      }
    } else if (l.word == "WORKDIR") {
      workdir = l.rest;
    } else if (l.word == "USER") {
      user = l.rest;
    } else if (l.word == "ENV" || l.word == "ARG") {
      std::vector<std::pair<std::string, std::string>> pairs;
      if (l.word == "ENV" && !words.empty() && !has(words[0], "=")) {
        if (words.size() > 1) pairs.emplace_back(words[0], words[1]);
      } else {
        for (const std::string& w : words)
          if (const std::size_t e = w.find('='); e != std::string::npos)
            pairs.emplace_back(w.substr(0, e), w.substr(e + 1));
      }
      for (const auto& [name, value] : pairs) {
        project.env.push_back({name, value, std::string(source.path()), l.line, false});
        if (literal_secret(name, value) && secrets::name_class(name) != secrets::NameClass::publish)
          sink.find("SEC-015", source.path(), l.line, l.word + " " + name + " = " + secrets::redact(value));
      }
    } else if ((l.word == "COPY" || l.word == "ADD") && words.size() >= 2 && !has(l.rest, "--from")) {
      if (words[words.size() - 2] == "." || words[words.size() - 2] == "./") {
        copies_all = true;
        copy_line = l.line;
      }
      for (const std::string& w : words)
        if (w == ".env" || w.ends_with("/.env") || w.starts_with(".env."))
          if (!has(w, "example")) sink.find("ENV-003", source.path(), l.line, l.word + " " + text::printable(l.rest));
    }
  }
  if (last_from > 0 && !unprivileged_base && (user.empty() || user == "root" || user == "0"))
    sink.find("INF-006", source.path(), last_from, user.empty() ? "no USER in the final stage" : "USER " + user);
  if (copies_all) {
    // The list beside the Dockerfile, or at the top, whichever is the build's folder.
    const std::string folder = source.entry().folder().empty() ? "" : std::string(source.entry().folder()) + "/";
    auto list = project.open(folder + ".dockerignore");
    if (!list) list = project.open(".dockerignore");
    const bool covered = list && IgnoreList::parse(list->text(), IgnoreList::Style::docker).covers(".env");
    if (!covered) {
      const bool has_env = std::any_of(project.entries().begin(), project.entries().end(), [&](const Entry& e) {
        return e.name() == ".env" && e.role == Role::product && (folder.empty() || e.path.starts_with(folder));
      });
      auto& f = sink.find("ENV-003", source.path(), copy_line,
                          "COPY . and " + std::string(list ? ".dockerignore does not name .env" : "no .dockerignore"));
      if (!has_env) {
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
      }
    }
  }
}

void ComposeReader::read(const Source& source, Project& project, Sink& sink) {
  const std::string name = text::to_lower(source.entry().name());
  if (!has(name, "compose") && !has(name, "docker") && !has(name, "stack")) return;
  auto documents = yaml::parse(source.text());
  if (!documents) {
    sink.not_checked(std::string(source.path()) + ": not readable as YAML (" + documents.error().detail + ")");
    return;
  }
  for (const yaml::Node& d : *documents) {
    const yaml::Node* services = d.find("services");
    if (services == nullptr) continue;
    Compose compose(source, project, sink);
    for (const auto& [service, node] : services->members()) compose.service(std::string(service), *node);
  }
}

}  // namespace gatehouse::audit
