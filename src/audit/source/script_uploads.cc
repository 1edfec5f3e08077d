// Uploads that NestJS and Fastify take: their bounds, and the names they are kept under.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// What a server puts into a store as it came, and whether anybody looks at it.
struct ServedUploads {
  std::vector<Spot> all;
  bool looked_at = false;
};

struct BucketUploads {
  std::vector<Spot> all;       // of Supabase
  std::vector<Spot> firebase;  // which its rules may bound
};

// supabase.storage.from("x").upload(…), and bucket.upload(…) of a bucket that was given a name before.
bool puts_into_bucket(const File& file, const Call& c) {
  if (last(c.name) != "upload") return false;
  if (contains(c.name, "from()") && icontains(c.name, "storage")) return true;
  const Node of = unwrap(c.node.child("function").child("object"));
  if (!of.is("identifier")) return false;
  const Code made = value_of(file, of).code();
  return contains(made, "storage.from(") || contains(made, "storage\n");
}

// uploadBytes(ref(storage, path), file)
bool puts_into_firebase(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  return (f == "uploadBytes" || f == "uploadBytesResumable") && file.imports_from("firebase");
}

// file.name.split(".").pop(), path.extname(file.name), clean(file.name): no path is left in it.
bool only_a_part(Node name) {
  if (name.parent().is("member_expression"))
    return has_word(name.parent().child("property").text(),
                    {"split", "replace", "replaceAll", "slice", "substring", "endsWith", "startsWith", "length"});
  // path.join(folder, file.name) and what keeps it take it whole; a function of the project's own may clean it.
  const auto call = name.parent().is("arguments") ? as_call(name.parent().parent()) : std::nullopt;
  return call && !has_word(last(call->name), {"join", "resolve", "write", "create", "rename", "mv", "concat", "copy"});
}

// The arguments, and what their names were given: const name = `${now}-${file.name}`, target = path.join(dir, name).
std::vector<Node> with_values(const File& file, std::vector<Node> nodes) {
  constexpr std::size_t kMost = 12;
  for (std::size_t i = 0; i < nodes.size() && nodes.size() < kMost; ++i) {
    std::vector<Node> names = nodes[i].all("identifier");
    if (unwrap(nodes[i]).is("identifier")) names.push_back(unwrap(nodes[i]));
    for (const Node n : names)
      if (const Node value = value_of(file, n); value && !(value == n) && nodes.size() < kMost &&
                                                !value.any_of("identifier", "arrow_function", "function_expression"))
        nodes.push_back(value);
  }
  return nodes;
}

}  // namespace

// Stops: pages and scripts kept under the project's own address, and gigabytes of them: what the browser checks, nobody
// checks.
void read_bucket_uploads(File& file) {
  for (const Call& c : file.calls) {
    const bool firebase = puts_into_firebase(file, c);
    if (!firebase && !puts_into_bucket(file, c)) continue;
    const Node function = function_around(c.node);
    if (!function || icontains_any(function.code(), {"compress", "canvas"})) continue;
    const Code code = function.code();
    if (!firebase && !icontains_any(code, {".name", "file"})) continue;
    auto& notes = file.project.notes<BucketUploads>();
    (firebase ? notes.firebase : notes.all).push_back({place(file.path, c.line()), file.shown(c.node)});
    return;
  }
}

// new PutObjectCommand({ Key: `${id}-${file.originalname}`, Body: file.buffer, ContentType: file.mimetype })
void read_store_uploads(File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<ServedUploads>();
  if (icontains_any(code, {"filefilter", "filetypevalidator", "filetypefrombuffer", "frombuffer", "maxfilesize",
                           "filesize", "allowedmime", "allowed_mime", "mimetype ===", "mimetype !==",
                           "includes(file.mimetype", "mimetype.startswith", "file.size", "sharp("}))
    notes.looked_at = true;
  if (!contains(code, "mimetype")) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (!c.name.ends_with("PutObjectCommand") && f != "upload" && f != "save" && f != "putObject") continue;
    if (!contains(c.node.code(), "mimetype") || !contains(c.node.code(), "buffer")) continue;
    notes.all.push_back({place(file.path, c.line()), file.shown(c.node)});
    return;
  }
}

void read_uploads(File& file) {
  read_bucket_uploads(file);
  if (client_file(file)) return;
  read_store_uploads(file);
  const Code code = file.code();
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    // Stops: a path of the server's, or an address of its network, in place of a picture: the store's own client opens
    // whatever the text names.
    if ((f == "upload" || f == "unsigned_upload") && icontains(c.name, "uploader") && from_client(file, c.arg(0)) &&
        !icontains_any(c.arg(0).code(), {".path", ".file", ".buffer", "tempfilepath", ".files"})) {
      const Node function = function_around(c.node);
      if (icontains_any(function.code(),
                        {"startswith(\"data:", "startswith('data:", "data:image", ".test(", "mimetype", "allowed"}))
        continue;
      auto& found = file.hit("FA-016", c.node);
      found.title = "Whatever text the client sends is uploaded: a path or an address as well as a picture";
      found.severity = proof::Severity::high;
      continue;
    }
    if (f == "FileInterceptor" || f == "FilesInterceptor" || f == "AnyFilesInterceptor" ||
        f == "FileFieldsInterceptor") {
      const Node options = unwrap(c.args.empty() ? Node() : c.args.back());
      const bool known = options.any_of("object", "string", "number");
      const bool sized = icontains_any(code, {"limits", "parsefilepipe", "maxfilesizevalidator", "filesize", ".size"});
      const bool typed = icontains_any(code, {"filefilter", "parsefilepipe", "filetypevalidator", "mimetype"});
      if (known && !sized)
        file.hit("FA-016", c.node).title =
            typed ? "An upload is taken whatever its size" : "An upload is taken whatever its size and type";
    } else if (f == "register" && icontains(c.arg(0).code(), "multipart")) {
      if (!icontains_any(c.node.code(), {"limits", "..."}) && !c.arg(1).is("identifier"))
        file.hit("FA-016", c.node).title = "An upload is taken whatever its type";  // one file of 1 MiB by default
    } else if ((f == "IncomingForm" || c.name == "formidable" || c.name == "new formidable") &&
               file.imports_from("formidable")) {
      if (!icontains_any(code, {"maxfilesize", "maxtotalfilesize"}) || !icontains_any(code, {"filter", "mimetype"}))
        file.hit("FA-016", c.node);
    } else if (f == "put" && c.args.size() > 1 && icontains_any(c.arg(0).code(), {".name", "filename"})) {
      const Node function = function_around(c.node);
      if (!function || !icontains_any(function.code(), {"formdata", "parsebody", ".file"}) ||
          icontains_any(function.code(), {".size", "maxsize", "allowed", ".type !==", "includes("}))
        continue;
      file.hit("FA-016", c.node);
    } else if (f == "createWriteStream" || f == "writeFile" || f == "writeFileSync" || f == "rename" || f == "mv") {
      // Stops: ../../app.js as the name of what is sent.
      const Node function = function_around(c.node);
      const bool form = icontains_any(function.code(), {"formdata(", "formdata.get"});
      if (!function || (!form && !icontains_any(function.code(), {".file()", ".files", "parts()", ".file", "files.",
                                                                  "getentries", ".entries"})))
        continue;
      // Stops: a page with script among the pictures that this very host serves.
      if (form && f != "rename" && icontains_any(function.code(), {"arraybuffer()", ".stream()"}) &&
          icontains_any(function.code(), {"public", "static", "uploads"}) &&
          !icontains_any(function.code(), {".type", "mimetype", "filetype", "sharp(", "extname", "allowed"}))
        file.hit("FA-016", c.node).title = icontains(function.code(), ".size")
                                               ? "An upload is taken whatever its type"
                                               : "An upload is taken whatever its size and type";
      if (icontains_any(function.code(), {"basename", "sanitize", "slugify"})) continue;
      bool named = false;
      const std::vector<Node> said = with_values(file, c.args);
      for (const Node a : said)
        for (const Node m : a.all("member_expression")) {
          const std::string_view property = m.child("property").text();
          const std::string object(last(dotted(m.child("object"))));
          if (only_a_part(m)) continue;
          named = named || property == "originalFilename" || property == "originalname" || property == "entryName";
          named =
              named ||
              ((property == "originalname" || property == "filename" || property == "originalFilename" ||
                property == "name") &&
               (has_word(object, {"file",  "upload",  "part",       "data", "image",   "avatar", "photo", "document",
                                  "datei", "archivo", "resume",     "cv",   "picture", "pic",    "media", "video",
                                  "audio", "pdf",     "attachment", "foto", "imagen",  "bild"}) ||
                icontains(value_of(file, m.child("object")).code(), "req.files")));
        }
      const auto& all = file.sink.findings();
      const bool known = std::any_of(all.begin(), all.end(), [&](const proof::Finding& x) {
        return x.id == "FA-018" && x.locations.front().path == file.path && x.locations.front().line == c.line();
      });
      if (named && !known) file.hit("FA-018", c.node);
    }
  }
}

namespace {

void tell_bucket_uploads(const std::vector<Spot>& all, Sink& sink, const char* fix) {
  if (all.empty()) return;
  auto& f = sink.find("FA-016", all.front().at, all.front().shown);
  f.title = "Files of any size and type go from the browser into a bucket";
  f.severity = proof::Severity::low;
  f.fix = fix;
  for (std::size_t i = 1; i < all.size() && i < 8; ++i) {
    f.locations.push_back(all[i].at);
    f.evidence.push_back(all[i].shown);
  }
}

}  // namespace

// A bucket that knows its bounds refuses by itself.
void judge_bucket_uploads(const Project& project, Sink& sink) {
  if (const auto& stored = project.notes<ServedUploads>(); !stored.looked_at && !stored.all.empty()) {
    // Stops: pages with scripts under the store's address, named pictures by who sent them.
    auto& f = sink.find("FA-016", stored.all.front().at, stored.all.front().shown);
    f.title = "What an upload is, is believed from the client's word, and it is stored whatever its size";
    f.confidence = proof::Confidence::medium;
    for (std::size_t i = 1; i < stored.all.size() && i < 8; ++i) {
      f.locations.push_back(stored.all[i].at);
      f.evidence.push_back(stored.all[i].shown);
    }
  }
  const auto& notes = project.notes<BucketUploads>();
  if (notes.all.empty() && notes.firebase.empty()) return;
  bool bounded = false, ruled = false;
  for (const Entry& e : project.entries()) {
    const bool sql = e.name().ends_with(".sql");
    if (!sql && e.name() != "storage.rules") continue;
    const auto text = project.open(e.path);
    if (!text) continue;
    if (sql) bounded = bounded || icontains_any(text->text(), {"file_size_limit", "allowed_mime_types"});
    if (!sql) ruled = ruled || icontains_any(text->text(), {"resource.size", "contenttype"});
  }
  if (!bounded)
    tell_bucket_uploads(
        notes.all, sink,
        "Give the bucket a file_size_limit and allowed_mime_types: what a page checks, nobody else keeps to.");
  if (!ruled)
    tell_bucket_uploads(notes.firebase, sink,
                        "Ask for request.resource.size and request.resource.contentType in the storage's rules: what a "
                        "page checks, nobody else keeps to.");
}

}  // namespace gatehouse::audit::source
