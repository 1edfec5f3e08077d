#include "audit/source/kept_endings.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 40;  // places of one project
constexpr std::size_t kMostTold = 6;

struct KeptEndings {
  struct Place {
    Spot at;
    bool bucket = false;  // kept by a store under another host
  };
  std::vector<Place> places;
  bool listed = false;  // some file asks for the ending, or looks inside
};

// The name that the client gave a file.
bool clients_name(Node n, bool python) {
  n = unwrap(n);
  if (n.any_of("attribute", "member_expression")) {
    const std::string name = dotted(n);
    const std::string_view part = last(name);
    if (part == "originalname" || part == "originalFilename") return true;
    const std::string_view owner =
        std::string_view(name).substr(0, name.size() - std::min(name.size(), part.size() + 1));
    return (part == "filename" || (part == "name" && !(python && contains(owner, "self")))) &&
           has_word(last(owner), {"file", "upload", "uploaded", "photo", "image", "avatar", "document", "picture",
                                  "attachment", "f", "pdf", "video", "audio", "logo", "media", "blob", "resume", "cv"});
  }
  return n.is("identifier") &&
         (n.text() == "filename" || n.text() == "file_name" || n.text() == "fileName" || n.text() == "originalName" ||
          n.text() == "original_filename" || n.text() == "originalname" || n.text() == "original_name");
}

bool name_within(Node n, bool python) {
  if (clients_name(n, python)) return true;
  for (const char* type : {"attribute", "member_expression", "identifier"})
    for (const Node part : n.all(type))
      if (clients_name(part, python)) return true;
  return false;
}

// path.extname(file.originalname), file.name.split(".").pop(), os.path.splitext(file.filename)[1], Path(x).suffix
Node ending_taken(const File& file, Node f) {
  const bool python = file.tree.python();
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if ((m == "extname" || m == "splitext") && c->arg(0) && name_within(c->arg(0), python)) return c->node;
    if ((m == "split" || m == "rsplit" || m == "lastIndexOf" || m == "rpartition") && literal(c->arg(0)) == "." &&
        name_within(c->node.child("function").child("object"), python))
      return c->node;
    if (m == "Path" && c->arg(0) && name_within(c->arg(0), python) &&
        c->node.parent().child("attribute").text() == "suffix")
      return c->node;
  }
  return {};
}

bool stores(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "writeFile" || m == "writeFileSync" || m == "createWriteStream" || m == "copyfileobj" ||
        m == "upload_fileobj" || m == "put_object" || m == "putObject" || m == "PutObjectCommand" || m == "mv" ||
        m == "write_bytes" || m == "upload_from_file" || m == "upload_from_string" || m == "write" ||
        c->name == "new PutObjectCommand" || c->name == "new Upload" || m == "cb" || m == "callback" || m == "done")
      return true;
    if ((m == "save" || m == "put" || m == "upload") && !c->args.empty()) return true;
  }
  return false;
}

// Somebody asks which ending it is, or what is really in it.
bool asks_ending(const Code& code) {
  return icontains_any(code, {"allowed_ext",
                              "allowedext",
                              "allowed_file",
                              "allowedfile",
                              "valid_ext",
                              "validext",
                              "ext not in",
                              "ext in ",
                              "extension in ",
                              "extension not in",
                              "suffix not in",
                              "suffix in",
                              "includes(ext",
                              "has(ext",
                              "ext !==",
                              "ext ===",
                              "test(path.extname",
                              "test(extname",
                              "filetypes.test",
                              "endswith((",
                              "extensions.includes",
                              "fileextensionvalidator",
                              "filetype.",
                              "magic.",
                              "filetypefrombuffer",
                              "fromBuffer(",
                              "sharp(",
                              "image.open",
                              "imghdr",
                              "puremagic",
                              "accepted_ext",
                              "supported_ext",
                              "permitted",
                              "whitelist",
                              "ext_by",
                              "extbytype",
                              "mime_to_ext",
                              "mimetoext",
                              "mimetypes.guess_extension",
                              "mime.extension",
                              "mime.getextension",
                              ".test(file.originalname",
                              ".test(ext",
                              "match(/\\.",
                              ".endswith(\".",
                              ".endswith('.",
                              "allowed_image",
                              "fileallowed(",
                              "allowed_types = {\"."});
}

bool in_bucket(const Code& code) {
  return icontains_any(code,
                       {"s3", "bucket", "boto3", "supabase", "blob", "minio", "putobject", "gcs", "storage.from("});
}

}  // namespace

void read_kept_endings(File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<KeptEndings>();
  if (has_word(file.path, {"test", "tests", "mock", "mocks", "seed", "scripts", "migrations"})) return;
  if (!icontains_any(code, {"filename", "originalname", ".name", "file_name"})) return;
  if (asks_ending(code)) {
    notes.listed = true;
    return;
  }
  if ((!file.tree.python() && client_file(file)) || !icontains_any(code, {"extname", "split", "suffix", "lastindexof"}))
    return;
  // A file that is gone after it was read; a store that makes of it what it is.
  if (icontains_any(code, {"namedtemporaryfile", "cloudinary", "uploadthing", "imagekit"})) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.places.size() >= kMost || f.code().size() > 20'000) continue;
      const Node at = ending_taken(file, f);
      if (!at || !(function_around(at) == f || function_around(function_around(at)) == f) || !stores(file, f)) continue;
      notes.places.push_back({{place(file.path, at.line()), file.shown(at)}, in_bucket(f.code())});
    }
}

void judge_kept_endings(const Project& project, Sink& sink) {
  const auto& notes = project.notes<KeptEndings>();
  if (notes.listed) return;
  std::size_t told = 0;
  std::vector<const Spot*> seen;
  for (const auto& p : notes.places) {
    const bool again = std::any_of(seen.begin(), seen.end(), [&](const Spot* s) {
      return s->at.path == p.at.at.path && s->at.line == p.at.at.line;
    });
    if (again || ++told > kMostTold) continue;
    seen.push_back(&p.at);
    // Stops: evil.html that is sent as image/png, and runs as a page of this very site for whoever opens it.
    auto& f = sink.find("FA-016", p.at.at, p.at.shown);
    f.title = "An upload keeps the ending its sender gave it: a page with script passes for a picture";
    f.severity = p.bucket ? proof::Severity::low : proof::Severity::medium;
    f.impact =
        "The type beside the file is the client's word, and the ending decides what it is served as: script that runs "
        "under the address of the site or of its files.";
    f.fix =
        "Look inside what was sent, give it the ending of what it is, and serve it with nosniff from a host of its "
        "own.";
  }
}

}  // namespace gatehouse::audit::source
