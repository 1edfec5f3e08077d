#include "audit/source/developer_packages.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash + 1);
}

// "@prisma/client" of "@prisma/client/edge"; nothing for a file of the project or a part of Node.
std::string_view package_of(std::string_view module) {
  if (module.empty() || module.front() == '.' || module.front() == '/' || module.starts_with("node:") ||
      module.starts_with("@/") || module.starts_with("~"))
    return {};
  std::size_t end = module.find('/');
  if (module.front() == '@' && end != module.npos) end = module.find('/', end + 1);
  return module.substr(0, end);
}

// What packs the server into one file brings along what it needs, whoever it is meant for.
bool bundled(const Project& project) {
  return std::any_of(project.dependencies.begin(), project.dependencies.end(), [](const Dependency& d) {
    return d.name == "next" || d.name == "vite" || d.name == "webpack" || d.name == "esbuild" || d.name == "tsup" ||
           d.name == "rollup" || d.name == "@vercel/ncc" || d.name == "parcel" || d.name == "wrangler" ||
           d.name == "serverless" || d.name == "nx" || d.name == "bun-types" || d.name == "@types/bun";
  });
}

bool serves(const Project& project) {
  for (const char* server : {"express", "fastify", "koa", "@nestjs/core", "@hapi/hapi", "hono"})
    if (project.depends_on(server)) return true;
  return false;
}

// Only for developers, by the manifest next above the file.
bool developers_only(const File& file, std::string_view package) {
  std::size_t nearest = 0;
  bool dev = false, known = false;
  for (const Dependency& d : file.project.dependencies) {
    if (d.name != package || d.locked || d.ecosystem != "npm") continue;
    const std::string_view folder = folder_of(d.path);
    if (!file.path.starts_with(folder) || (known && folder.size() < nearest)) continue;
    dev = d.dev && (!known || folder.size() > nearest || dev);
    nearest = folder.size();
    known = true;
  }
  return known && dev;
}

}  // namespace

// Stops: a server that starts on the developer's machine and nowhere else.
void read_developer_packages(File& file) {
  if (client_file(file) || !serves(file.project) || bundled(file.project) ||
      icontains_any(file.path, {"config.", "test", "spec", "seed", "script", "migrat", "mock", "fixture", "stories",
                                "bin/", "tools/"}))
    return;
  for (const auto& [name, module] : file.imports) {
    std::string_view package = package_of(module);
    // "@prisma/client.PrismaClient": a name of the package, whose own may have a dot in it.
    if (const std::size_t dot = package.rfind('.'); dot != package.npos && !file.project.depends_on(package))
      package = package.substr(0, dot);
    // The client that Prisma writes into the tree runs on the package.
    if (name == "PrismaClient" && icontains(module, "generated")) package = "@prisma/client";
    if (package.empty() || package.starts_with("@types/") || !developers_only(file, package)) continue;
    // A name that is only a type leaves nothing behind when it is compiled.
    const auto used =
        std::find_if(file.calls.begin(), file.calls.end(), [&, n = std::string_view(name)](const Call& c) {
          std::string_view called = c.name;
          if (called.starts_with("new ")) called.remove_prefix(4);
          return called == n || (called.starts_with(n) && called.size() > n.size() && called[n.size()] == '.');
        });
    if (used == file.calls.end() || icontains_any(package, {"nodemon", "eslint", "prettier", "morgan", "dotenv"}))
      continue;
    auto& f = file.hit("RUN-004", used->node);
    f.title = text::printable(package, 60) + " is installed for developers only, and the server needs it to start";
    f.impact =
        "An installation for production (npm ci --omit=dev) leaves it out, and the first import of it ends the start.";
    f.fix = "Move it from devDependencies to dependencies.";
    return;
  }
}

}  // namespace gatehouse::audit::source
