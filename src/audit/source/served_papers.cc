#include "audit/source/served_papers.h"

#include <algorithm>
#include <map>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool private_papers(std::string_view name) {
  static constexpr std::string_view kPapers[] = {
      "invoice",    "resume",     "cv",           "contract",     "kyc",        "passport",    "medical",
      "patient",    "report",     "prescription", "statement",    "payslip",    "salary",      "receipt",
      "export",     "backup",     "attachment",   "application",  "transcript", "lebenslauf",  "bewerbung",
      "rechnung",   "rechnungen", "vertrag",      "vertraege",    "befund",     "befunde",     "factura",
      "contrato",   "private",    "identity",     "aadhar",       "aadhaar",    "tax",         "bank",
      "document",   "ticket",     "bewerbungen",  "payroll",      "agreement",  "lease",       "claim",
      "insurance",  "curriculum", "documento",    "proof",        "license",    "licence",     "homework",
      "submission", "message",    "chat",         "verification", "quote",      "certificate", "diagnosis",
      "xray",       "lab",        "confidential", "legal",        "voucher"};
  for (std::string w : words(name)) {
    if (std::find(std::begin(kPapers), std::end(kPapers), w) != std::end(kPapers)) return true;
    if (w.ends_with('s')) w.pop_back();
    if (std::find(std::begin(kPapers), std::end(kPapers), w) != std::end(kPapers)) return true;
  }
  return false;
}

namespace {

constexpr std::string_view kMedia = "MEDIA";  // Django's folder of uploads, wherever it is

struct Folder {
  std::string path;   // "uploads/resumes", no leading "./"; parts that are not known are "*"
  std::string base;   // module#name of a constant that it begins with, when that stands in another file
  std::string about;  // what the file and the function around it are called
  Spot at;
  bool owned = false;  // a file of a record that says whose it is
};

struct Papers {
  std::vector<Folder> served, written;
  std::vector<Folder> while_debugging;           // what Django serves as long as DEBUG is on
  std::map<std::string, std::string> constants;  // "module#NAME" -> path
};

void join(std::string& path, std::string_view part) {
  for (const std::string_view p : text::split(part, '/')) {
    if (p.empty() || p == "." || p == "..") continue;
    path += (path.empty() ? "" : "/") + std::string(p);
  }
}

// path.join(__dirname, "..", "files", "invoices"), `uploads/${id}.pdf`, UPLOADS + "/resumes", Path("uploads") / "x"
void say(const File& file, Node n, Folder& out, int depth) {
  n = unwrap(n);
  if (!n || depth > 6) return;
  if (const auto said = literal(n)) {
    join(out.path, *said);
    return;
  }
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "cwd" || f == "dirname" || f == "resolve" || f == "fileURLToPath") {
      if (f != "resolve" || c->args.empty()) return;
    }
    if (f == "resolve" || f == "join" || f == "joinpath" || f == "Path" || f == "str" || f == "normalize")
      for (const Node a : c->args) say(file, a, out, depth + 1);
    else
      out.path += "/*";
    return;
  }
  if (n.any_of("identifier", "attribute", "member_expression")) {
    if (n.code().starts_with("import.meta")) return;
    const std::string name = dotted(n);
    if (name == "__dirname" || name == "__file__" || contains(name, "BASE_DIR") || contains(name, "rootPath") ||
        contains(name, "import.meta"))
      return;
    if (n.is("identifier")) {
      if (!file.tree.python()) {
        if (const Node v = value_of(file, n); !(v == n)) return say(file, v, out, depth + 1);
      } else {
        for (const Node a : file.tree.all("assignment"))
          if (a.child("left").text() == n.text() && a.begin() < n.begin() && !(n.inside(a)))
            return say(file, a.child("right"), out, depth + 1);
      }
    }
    const std::string root = name.substr(0, name.find('.'));
    if (const auto it = file.imports.find(root); it != file.imports.end() && out.path.empty() && out.base.empty()) {
      out.base = resolve_module(file.path, it->second) + "#" + std::string(last(name));
      return;
    }
    out.path += "/*";
    return;
  }
  if (n.any_of("template_string", "string")) {
    for (const Node part : n.children()) {
      if (part.any_of("string_fragment", "string_content")) {
        // "invoice-" of `invoice-${id}.pdf` is a part of a name.
        join(out.path, part.text());
      } else if (part.any_of("template_substitution", "interpolation")) {
        say(file, part.first(), out, depth + 1);
      }
    }
    return;
  }
  if (n.any_of("binary_expression", "binary_operator")) {
    say(file, n.child("left"), out, depth + 1);
    say(file, n.child("right"), out, depth + 1);
    return;
  }
  out.path += "/*";
}

Folder folder_of(const File& file, Node n, Node at) {
  Folder out;
  say(file, n, out, 0);
  std::string path;
  join(path, out.path);
  out.path = std::move(path);
  const Node f = function_around(at);
  out.about = std::string(file.path) + " " + (f ? function_name(f) : std::string());
  out.at = {place(file.path, at.line()), file.shown(at)};
  return out;
}

bool begins_with(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string known(const Papers& papers, const Folder& f) {
  if (f.base.empty()) return f.path;
  const std::size_t hash = f.base.rfind('#');
  for (const auto& [name, path] : papers.constants) {
    const std::size_t h = name.rfind('#');
    if (name.substr(h + 1) == f.base.substr(hash + 1) && same_module(name.substr(0, h), f.base.substr(0, hash))) {
      std::string out = path;
      join(out, f.path);
      return out;
    }
  }
  return {};
}

void note_constants(const File& file, Papers& papers, const char* type, const char* left, const char* right) {
  for (const Node d : file.tree.all(type)) {
    const Node name = d.child(left);
    if (!name.is("identifier") || function_around(d) ||
        !icontains_any(name.text(), {"dir", "root", "path", "folder", "upload", "static", "public", "ordner"}))
      continue;
    Folder f = folder_of(file, d.child(right), d);
    if (!f.path.empty() && f.base.empty())
      papers.constants.emplace(module_of(file.path) + "#" + std::string(name.text()), std::move(f.path));
  }
}

}  // namespace

void read_served_papers(File& file) {
  if (client_file(file)) return;
  auto& papers = file.project.notes<Papers>();
  note_constants(file, papers, "variable_declarator", "name", "value");
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const std::string full = file.full(c.name);
    if (contains(full, "express.static") || full == "serve-static" || f == "serveStatic" || full == "koa-static") {
      // app.use("/files", requireLogin, express.static("files")): somebody is asked.
      bool guarded = false;
      if (const auto around = as_call(c.node.parent().parent()))
        for (const Node a : around->args) {
          const Node g = unwrap(a);
          guarded = guarded || (is_function(g) && g.end() < c.node.begin()) ||
                    (g.any_of("identifier", "member_expression") && g.begin() < c.node.begin()) ||
                    (as_call(g) && g.begin() < c.node.begin() && !g.code().starts_with("cors"));
        }
      Node what = unwrap(c.arg(0));
      if (what.is("object")) what = member(what, "root");
      if (!guarded && what) papers.served.push_back(folder_of(file, what, c.node));
    } else if (f == "forRoot" && contains(c.name, "ServeStatic")) {
      for (const Node a : c.args)
        if (const Node root = member(unwrap(a), "rootPath")) papers.served.push_back(folder_of(file, root, c.node));
    } else if (f == "register" && icontains(c.arg(0).code(), "static")) {
      if (const Node root = member(unwrap(c.arg(1)), "root")) papers.served.push_back(folder_of(file, root, c.node));
    } else if (f == "useStaticAssets") {
      papers.served.push_back(folder_of(file, c.arg(0), c.node));
    } else if (f == "writeFile" || f == "writeFileSync" || f == "createWriteStream" || f == "mv" || f == "toFile" ||
               f == "copyFile" || f == "rename" || f == "outputFile" || f == "move") {
      const Node where = f == "copyFile" || f == "rename" || f == "move" ? c.arg(1) : c.arg(0);
      // page.pdf({ path }), what is written first
      if (where) papers.written.push_back(folder_of(file, where, c.node));
    } else if (f == "pdf" && member(unwrap(c.arg(0)), "path")) {
      papers.written.push_back(folder_of(file, member(unwrap(c.arg(0)), "path"), c.node));
    } else if (f == "diskStorage" || full == "multer") {
      const Node options = unwrap(c.arg(0));
      Node where = member(options, f == "diskStorage" ? "destination" : "dest");
      if (is_function(unwrap(where))) {
        const Node function = unwrap(where);
        where = {};
        for (const Call* inner : file.calls_in(function))
          if ((inner->name == "cb" || inner->name == "callback" || inner->name == "done") && inner->args.size() > 1)
            where = inner->arg(1);
      }
      if (where) papers.written.push_back(folder_of(file, where, c.node));
    }
  }
  for (const Node m : file.tree.all("method_definition"))  // diskStorage({ destination(req, file, cb) { … } })
    if (m.child("name").text() == "destination")
      for (const Call* inner : file.calls_in(body(m)))
        if (inner->args.size() > 1 && inner->name == "cb") papers.written.push_back(folder_of(file, inner->arg(1), m));
}

void read_python_served_papers(File& file) {
  auto& papers = file.project.notes<Papers>();
  note_constants(file, papers, "assignment", "left", "right");
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "StaticFiles") {
      const Node where = c.keyword("directory") ? c.keyword("directory") : c.arg(0);
      if (where) papers.served.push_back(folder_of(file, where, c.node));
    } else if (f == "FileField" && c.keyword("upload_to") && !c.keyword("storage")) {
      if (const auto where = literal(c.keyword("upload_to"))) {
        Folder media = folder_of(file, c.keyword("upload_to"), c.node);
        media.path = std::string(kMedia) + "/" + media.path + "/*";
        for (const Node a : body(c.node.above("class_definition")).all("assignment"))
          if (const auto key = as_call(a.child("right")); key && last(key->name).ends_with("Key"))
            media.owned = media.owned || icontains(key->node.child("arguments").code(), "user");
        papers.written.push_back(std::move(media));
      }
    } else if ((f == "re_path" || f == "path" || f == "url") && contains(c.node.code(), "MEDIA_ROOT") &&
               (c.arg(1).text() == "serve" || contains(c.arg(1).text(), ".serve"))) {
      papers.served.push_back({std::string(kMedia), {}, {}, {place(file.path, c.line()), file.shown(c.node)}});
    } else if (f == "static" && contains(c.node.code(), "MEDIA_")) {
      papers.while_debugging.push_back({std::string(kMedia), {}, {}, {place(file.path, c.line()), file.shown(c.node)}});
    } else if (f == "Flask" && c.keyword("static_folder")) {
      papers.served.push_back(folder_of(file, c.keyword("static_folder"), c.node));
    } else if (f == "open" && c.args.size() > 1 && contains(c.arg(1).text(), "w")) {
      papers.written.push_back(folder_of(file, c.arg(0), c.node));
    } else if ((f == "write_bytes" || f == "write_text") && c.node.child("function").is("attribute")) {
      papers.written.push_back(folder_of(file, c.node.child("function").child("object"), c.node));
    } else if (f == "save" && c.arg(0) && !file.imports_from("django")) {
      papers.written.push_back(folder_of(file, c.arg(0), c.node));
    } else if (f == "Canvas" || f == "SimpleDocTemplate" || f == "to_csv" || f == "to_excel" || f == "write_pdf" ||
               f == "copyfile" || f == "move") {
      const Node where = f == "copyfile" || f == "move" ? c.arg(1) : c.arg(0);
      if (where) papers.written.push_back(folder_of(file, where, c.node));
    }
  }
}

// Stops: everybody who learns or guesses an address reading what the owner's check keeps from him.
void judge_served_papers(const Project& project, Sink& sink) {
  Papers papers = project.notes<Papers>();
  // location /media/ { alias /srv/app/media/; }
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::nginx) continue;
    const auto text = project.open(e.path);
    if (!text) continue;
    const std::string_view all = text->text();
    const std::size_t at = all.find("location /media");
    if (at == std::string_view::npos) continue;
    const std::string_view block = all.substr(at, std::min(all.find('}', at), all.size()) - at);
    if (icontains_any(block, {"internal;", "auth_request", "secure_link"}) || !icontains_any(block, {"alias", "root"}))
      continue;
    const int line = text->line_at(at);
    papers.served.push_back({std::string(kMedia), {}, {}, {place(e.path, line), quote(text->line(line))}});
  }
  // static(settings.MEDIA_URL, …) of a project that runs with DEBUG on unless it is told otherwise
  const bool debugging = std::any_of(sink.findings().begin(), sink.findings().end(), [](const proof::Finding& f) {
    return f.id == "DJ-012" || (f.id == "INF-025" && icontains(f.title, "debugging"));
  });
  if (debugging)
    papers.served.insert(papers.served.end(), papers.while_debugging.begin(), papers.while_debugging.end());
  std::set<std::string> told;
  const auto say_so = [&](const Spot& at, const Spot& other, const std::string& folder) {
    if (!told.insert(folder).second || told.size() > 4) return;
    auto& f = sink.find("FS-003", at.at, at.shown);
    if (other.at.path != at.at.path || other.at.line != at.at.line) {
      f.locations.push_back(other.at);
      f.evidence.push_back(other.shown);
    }
  };
  for (const Folder& w : papers.written) {
    const std::string path = known(papers, w);
    if (path.empty()) continue;
    const std::string_view folder =
        std::string_view(path).substr(0, path.rfind('/') == path.npos ? path.size() : path.rfind('/'));
    if (!private_papers(path) &&
        !((w.owned || private_papers(w.about)) && !has_word(path, {"products", "avatars", "images", "public", "logos",
                                                                   "photos", "thumbnails", "gallery", "covers"})))
      continue;
    // Next and Vite serve what lies in public/, Flask what lies in static/.
    if (path.starts_with("public/") && (project.depends_on("next") || project.depends_on("express"))) {
      say_so(w.at, w.at, std::string(folder));
      continue;
    }
    if (project.depends_on("flask") && (path.starts_with("static/") || contains(path, "/static/"))) {
      say_so(w.at, w.at, std::string(folder));
      continue;
    }
    for (const Folder& s : papers.served) {
      const std::string root = known(papers, s);
      if (root.empty() || root.starts_with('*') || !begins_with(path, root)) continue;
      say_so(s.at, w.at, root);
      break;
    }
  }
}

}  // namespace gatehouse::audit::source
