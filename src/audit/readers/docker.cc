#include "audit/readers/docker.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/readers/deployment.h"
#include "audit/readers/gitignore.h"
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

// Made up so that a build step starts: SECRET_KEY=dummy.
bool stands_in(std::string_view value) {
  const std::string v = text::to_lower(value);
  for (const std::string_view word : {"dummy", "placeholder", "build-time", "buildtime", "build_time", "build-only",
                                      "for-build", "fake", "unused", "not-used", "not_used", "notused"})
    if (has(v, word)) return true;
  return false;
}

// A name whose value is meant for browsers.
bool for_browsers(std::string_view name) {
  for (const std::string_view p : {"VITE_", "NEXT_PUBLIC_", "REACT_APP_", "PUBLIC_", "EXPO_PUBLIC_", "NUXT_PUBLIC_"})
    if (name.starts_with(p)) return true;
  return secrets::name_class(name) == secrets::NameClass::publish;
}

// ["npm", "start"] and npm start as one line of words.
std::string command_of(std::string_view rest) {
  std::string out;
  for (const char c : rest) {
    const char plain = c == '[' || c == ']' || c == '"' || c == '\'' || c == ',' || c == '\t' ? ' ' : c;
    if (plain != ' ' || (!out.empty() && out.back() != ' ')) out += plain;
  }
  return std::string(text::trim(out));
}

// What is copied stands at the top of the project and not beside the Dockerfile.
bool from_the_top(const Project& project, const Entry& dockerfile, std::string_view what) {
  if (dockerfile.folder().empty()) return false;
  if (what == ".." || what.starts_with("../")) return true;
  while (what.starts_with("./")) what.remove_prefix(2);
  while (what.ends_with("/")) what.remove_suffix(1);
  if (what.empty() || what == "." || what.front() == '/' || has(what, "*") || has(what, "$")) return false;
  const auto stands = [&](const std::string& path) {
    return std::any_of(project.entries().begin(), project.entries().end(),
                       [&](const Entry& e) { return e.path == path || e.path.starts_with(path + "/"); });
  };
  return stands(std::string(what)) && !stands(std::string(dockerfile.folder()) + "/" + std::string(what));
}

}  // namespace

bool floating_image(std::string_view image) {
  if (has(image, "@sha256:") || image == "scratch") return false;
  const std::size_t slash = image.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  const std::size_t colon = name.find(':');
  if (has(name, "$") && !name.ends_with(":latest") && !name.ends_with(":-latest}")) return false;
  if (colon == std::string_view::npos) return true;
  // "alpine", "slim", "lts" move as "latest" does; what has a number in it, or a name of its own, stays more or less.
  std::string_view tag = name.substr(colon + 1);
  if (name.ends_with(":-latest}")) tag = "latest";
  for (const std::string_view moving :
       {"latest", "stable", "alpine", "slim", "lts", "current", "edge", "main", "master", "mainline", "lts-alpine",
        "lts-slim", "stable-alpine", "mainline-alpine", "alpine-slim", "nightly", "dev"})
    if (tag == moving) return true;
  return false;
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
  struct Taken {
    std::string word, name;
    int line;
  };
  std::vector<Taken> taken;    // secrets that the stage takes from the build
  std::vector<Taken> debug;    // switches of development that the stage sets
  std::vector<Taken> made_up;  // secrets that were made up so that a build step starts, and that the stage keeps
  bool outside = false;        // the build's folder is not the Dockerfile's
  DockerLine start;            // what the last stage starts
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
      start = {};
      taken.clear();
      debug.clear();
      made_up.clear();
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
    } else if (l.word == "CMD" || l.word == "ENTRYPOINT") {
      start = l;
    } else if (l.word == "ENV" || l.word == "ARG") {
      std::vector<std::pair<std::string, std::string>> pairs;
      if (l.word == "ENV" && !words.empty() && !has(words[0], "=")) {
        if (words.size() > 1) pairs.emplace_back(words[0], words[1]);
      } else {
        for (const std::string& w : words)
          if (const std::size_t e = w.find('='); e != std::string::npos)
            pairs.emplace_back(w.substr(0, e), w.substr(e + 1));
      }
      if (l.word == "ARG" && words.size() == 1 && !has(words[0], "=") && !for_browsers(words[0]) &&
          secrets::name_class(words[0]) == secrets::NameClass::secret)
        taken.push_back({"ARG", words[0], l.line});
      for (const auto& [name, value] : pairs) {
        project.env.push_back({name, value, std::string(source.path()), l.line, false});
        if (l.word == "ENV" && debug_switch(name, value)) debug.push_back({"ENV", name + "=" + value, l.line});
        // ENV KEY=$KEY keeps in every container what ARG took along.
        const bool passed = value == "$" + name || value == "${" + name + "}";
        if (l.word == "ENV" && passed)
          for (Taken& t : taken)
            if (t.name == name) t = {"ENV", name, l.line};
        if (!literal_secret(name, value) || for_browsers(name)) continue;
        if (stands_in(value)) {
          if (l.word == "ENV") made_up.push_back({"ENV", name, l.line});
        } else {
          sink.find("SEC-015", source.path(), l.line, l.word + " " + name + " = " + secrets::redact(value));
        }
      }
    } else if ((l.word == "COPY" || l.word == "ADD") && words.size() >= 2 && !has(l.rest, "--from")) {
      const std::string& what = words[words.size() - 2];
      for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (!words[i].starts_with("--")) outside = outside || from_the_top(project, source.entry(), words[i]);
      if (what == "." || what == "./" || what == ".." || what == "../") {
        copies_all = true;
        copy_line = l.line;
      }
      for (const std::string& w : words)
        if (w == ".env" || w.ends_with("/.env") || w.starts_with(".env."))
          if (!has(w, "example")) sink.find("ENV-003", source.path(), l.line, l.word + " " + text::printable(l.rest));
    }
  }
  // Only what the last stage takes along is in the image that leaves.
  for (const Taken& t : taken) {
    auto& f = sink.find("SEC-015", source.path(), t.line, t.word + " " + text::printable(t.name));
    f.title = t.word == "ENV" ? "A secret of the build is kept in the image" : "A secret is handed to the build by ARG";
    f.impact = "`docker history` and `docker inspect` show it to everybody who can pull the image.";
    f.fix = "Give it to the running container, or mount it for one step: RUN --mount=type=secret.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
  for (const Taken& t : made_up) {
    auto& f = sink.find("SEC-015", source.path(), t.line, "ENV " + text::printable(t.name));
    f.title = "A secret that was made up for the build stays in the image";
    f.impact = "A container that is started without its own value runs with one that everybody can read here.";
    f.fix = "Give it to the one step that asks for it: RUN NAME=… command; then a missing value stops the start.";
    f.severity = proof::Severity::medium;
  }
  if (!for_developers(source.path())) {
    // Stops: the server of a developer's desk, its traces and its source before strangers.
    const std::string command = command_of(start.rest);
    const std::string script = script_of(project, source.entry().folder(), command);
    const bool direct = starts_development(command);
    if (direct || starts_development(script))
      sink.find(
          "INF-025", source.path(), start.line,
          start.word + " " + text::printable(command, 120) + (direct ? "" : " runs " + text::printable(script, 120)));
    for (const Taken& d : debug) {
      if (direct && d.name.starts_with("FLASK_ENV")) continue;  // said by the command
      auto& f = sink.find("INF-025", source.path(), d.line, "ENV " + text::printable(d.name));
      f.title = "Debugging is switched on in the image";
      f.fix = "Leave it out, and set it where developers start the container.";
      if (d.name.starts_with("FLASK_ENV")) f.severity = proof::Severity::low;  // Flask has not read it since 2.3
    }
  }
  if (last_from > 0 && !unprivileged_base && (user.empty() || user == "root" || user == "0"))
    sink.find("INF-006", source.path(), last_from, user.empty() ? "no USER in the final stage" : "USER " + user);
  if (copies_all) {
    // The list beside the Dockerfile, or at the top, whichever is the build's folder.
    const std::string folder = source.entry().folder().empty() ? "" : std::string(source.entry().folder()) + "/";
    // COPY docker/entrypoint.sh in docker/Dockerfile: the build's folder is the top, and a list beside the Dockerfile
    // says nothing there.
    // docker/Dockerfile of a project whose packages are named at the top is built from the top.
    const auto packages = [&](const std::string& in) {
      for (const std::string_view manifest : {"package.json", "requirements.txt", "pyproject.toml", "go.mod"})
        if (project.entry(in + std::string(manifest)) != nullptr) return true;
      return false;
    };
    outside = outside || (!folder.empty() && !packages(folder) && packages(""));
    auto list = outside ? std::nullopt : project.open(folder + ".dockerignore");
    if (!list) list = project.open(".dockerignore");
    if (!list) list = project.open(std::string(source.path()) + ".dockerignore");
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

}  // namespace gatehouse::audit
