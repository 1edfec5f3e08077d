#include "audit/readers/served_by_image.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kMostFiles = 40;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// The word that ends `cat > x <<'EOF'`.
std::string_view mark_of(std::string_view line) {
  const std::size_t at = line.find("<<");
  if (at == std::string_view::npos) return {};
  std::string_view rest = line.substr(at + 2);
  while (!rest.empty() && (rest.front() == '-' || rest.front() == '"' || rest.front() == '\'')) rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && (text::is_alpha(rest[end]) || text::is_digit(rest[end]) || rest[end] == '_')) ++end;
  return rest.substr(0, end);
}

// echo 'server { \n\' : what is left of a line when quotes, escapes and the shell are taken away.
std::string plain(std::string_view line) {
  line = text::trim(line);
  if (line.ends_with("\\")) line.remove_suffix(1);
  line = text::trim(line);
  if (line.ends_with("&&")) line.remove_suffix(2);
  line = text::trim(line);
  for (const std::string_view word : {"RUN ", "echo ", "-e ", "printf "})
    if (line.starts_with(word)) line = text::trim(line.substr(word.size()));
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      out += line[i] == 'n' || line[i] == 't' ? ' ' : line[i];
      continue;
    }
    if (line[i] == '\'' || line[i] == '"') continue;
    if (line[i] == '>') break;
    out += line[i];
  }
  return out;
}

void hosts_in(std::string_view text, std::set<std::string>& out) {
  for (const std::string_view word : {"proxy_pass", "reverse_proxy", "server "})
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      std::string_view rest = text::trim(text.substr(at + word.size(), 200));
      if (rest.starts_with("/")) rest = text::trim(rest.substr(std::min(rest.size(), rest.find(' '))));
      for (const std::string_view scheme : {"http://", "https://"})
        if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
      std::size_t end = 0;
      while (end < rest.size() && (text::is_alpha(rest[end]) || text::is_digit(rest[end]) || rest[end] == '-' ||
                                   rest[end] == '_' || rest[end] == '.'))
        ++end;
      if (end > 0) out.emplace(rest.substr(0, end));
    }
}

}  // namespace

std::string nginx_within(std::string_view dockerfile) {
  if (!has(dockerfile, "nginx") || (!has(dockerfile, "server {") && !has(dockerfile, "server{"))) return {};
  std::string out, mark;
  int depth = 0;  // of an echo that goes on over lines
  for (const std::string_view line : text::split(dockerfile, '\n')) {
    if (!mark.empty()) {
      if (text::trim(line) == mark)
        mark.clear();
      else
        out += line;
    } else if (has(line, "<<") && has(line, ".conf")) {
      mark = mark_of(line);
    } else if (depth > 0 || ((has(line, "echo") || has(line, "printf")) && has(line, "server"))) {
      const std::string bare = plain(line);
      depth += static_cast<int>(std::count(bare.begin(), bare.end(), '{') - std::count(bare.begin(), bare.end(), '}'));
      out += bare;
    }
    out += '\n';
  }
  return text::trim(out).empty() ? std::string() : out;
}

std::set<std::string> proxied_by_image(const Project& project, std::string_view folder, std::string_view dockerfile) {
  std::set<std::string> out;
  std::string base = std::string(folder);
  while (base.starts_with("./")) base.erase(0, 2);
  if (base == ".") base.clear();
  while (base.ends_with("/")) base.pop_back();
  const std::string prefix = base.empty() ? "" : base + "/";
  const auto image = project.open(prefix + (dockerfile.empty() ? "Dockerfile" : std::string(dockerfile)));
  // Without the file that says how it is built, a proxy's configuration in its folder says enough.
  std::string_view stage;
  if (image) {
    const std::string_view said = image->text();
    const std::size_t last = said.rfind("FROM ");
    if (last == std::string_view::npos) return out;
    stage = said.substr(last);
    const std::string_view from = stage.substr(0, stage.find('\n'));
    if (!has(from, "nginx") && !has(from, "caddy")) return out;
    hosts_in(nginx_within(said), out);
  } else if (prefix.empty()) {
    return out;
  }
  std::size_t seen = 0;
  for (const Entry& e : project.entries()) {
    if (!e.path.starts_with(prefix) || (e.kind != Kind::nginx && e.name() != "Caddyfile")) continue;
    if (image && !has(stage, e.name()) && !has(stage, "conf")) continue;
    if (++seen > kMostFiles) break;
    if (const auto conf = project.open(e.path)) hosts_in(conf->text(), out);
  }
  return out;
}

}  // namespace gatehouse::audit
