// Files that people send: judged by what the client says of them, kept under the name the client gave.
#include <algorithm>
#include <cctype>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool looks_inside(std::string_view code) {
  return icontains_any(code, {"magic", "filetype", "image.open", "imghdr", "puremagic", "startswith(b\"",
                              "startswith(b'", "%pdf", "pdfreader(", "mimetypes_from_buffer", ".verify()", "read(4)",
                              "read(8)", "read(512)", "read(2048)", "scan_file", "clamd", "sniff"});
}

// By the end of its name, or by the type that the client wrote beside it.
bool believes(std::string_view code) {
  return icontains_any(code, {"allowed_file", "splitext(", "rsplit(", ".suffix", "endswith(", "content_type",
                              "mimetype", "file_extension", "extension("});
}

bool takes(std::string_view code) {
  return icontains_any(code, {"uploadfile", "request.files", "filestorage", "fileallowed", "filefield"});
}

// upload.save(…), shutil.copyfileobj(upload.file, …), f.write(await upload.read()), put_object(Body=…)
bool keeps(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "copyfileobj" || m == "write" || m == "put_object" || m == "upload_fileobj" || m == "write_bytes")
      return true;
    if (m == "save" && c->arg(0) && contains(f.code(), ".filename")) return true;
    if (m == "upload" && contains(c->name, "storage")) return true;
    if (has_word(m, {"save", "store", "upload", "persist"}) && has_word(m, {"file", "upload", "image", "media"}))
      return true;
  }
  return false;
}

void judge_believed(File& file, proof::Finding*& told, Node f) {
  if (f.above("function_definition")) return;
  const std::string_view code = f.code();
  const bool sent = takes(f.child("parameters").code()) || contains(code, "request.files") ||
                    (contains(code, ".filename") && icontains_any(code, {"secure_filename", ".save("}));
  if (!sent || !believes(code) || looks_inside(file.code()) || !keeps(file, f)) return;
  // One of a few types, and nothing of the client's name is kept: what is given back is at least what was said.
  if (icontains_any(code, {"content_type not in", "content_type in", "mimetype not in", "mimetype in"}) &&
      !contains(code, ".filename"))
    return;
  if (told != nullptr) {
    also(*told, file, f);
    return;
  }
  told = &file.hit("FA-016", f);
  told->title = "What an upload is, is believed from its name or from the client's word";
  told->severity = proof::Severity::low;
  told->confidence = proof::Confidence::medium;
}

// Stops: filling the memory with one upload, whose size is asked for once all of it is there.
void judge_read_whole(File& file, proof::Finding*& told, Node f) {
  const std::string_view code = f.code();
  std::set<std::string> uploads;
  for (const Node p : f.child("parameters").children())
    if (contains(p.child("type").text(), "UploadFile")) uploads.insert(parameter_name(p));
  if (uploads.empty() || icontains_any(code, {"content-length", "content_length", "max_body", ".size"})) return;
  for (const Node loop : f.all("for_statement"))
    if (loop.child("right").is("identifier") && uploads.contains(std::string(loop.child("right").text())))
      uploads.emplace(loop.child("left").text());
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) != "read" || !c->args.empty() || !uploads.contains(c->name.substr(0, c->name.find('.'))))
      continue;
    const std::string_view name = c->node.above("assignment").child("left").text();
    bool asked = false;
    for (const Node n : f.all("comparison_operator"))
      asked = asked || (n.begin() > c->node.begin() && contains(n.code(), "len(" + std::string(name)));
    if (!asked || name.empty()) continue;
    if (told != nullptr) {
      also(*told, file, c->node);
      return;
    }
    told = &file.hit("FA-016", c->node);
    told->title = "An upload is read whole before its size is looked at";
    told->confidence = proof::Confidence::medium;
    return;
  }
}

// The parts of an expression that are the name the client gave, cleaned by nothing.
Node sent_name(Node made) {
  for (const Node a : made.all("attribute")) {
    if (a.child("attribute").text() != "filename") continue;
    bool cleaned = false;
    for (Node p = a.parent(); p && p.inside(made); p = p.parent()) {
      if (const auto c = as_call(p); c && c->name != "os.path.join" && last(c->name) != "Path" &&
                                     last(c->name) != "str" && !a.inside(c->node.child("function")))
        cleaned = true;
      if (p.any_of("subscript", "conditional_expression")) cleaned = true;
      if (const auto c = as_call(p); c && a.inside(c->node.child("function"))) cleaned = true;
      if (p.is("attribute") && !(p == a)) cleaned = true;  // Path(upload.filename).suffix
    }
    if (!cleaned) return a;
  }
  return {};
}

// folder / f"cover_{upload.filename}"
void judge_paths(File& file, Node f) {
  const std::string_view head = f.child("parameters").code();
  if (!contains(head, "UploadFile")) return;
  for (const Node a : f.all("assignment")) {
    const Node made = unwrap(a.child("right"));
    const bool path =
        (made.is("binary_operator") && made.has_token("/")) || (as_call(made) && as_call(made)->name == "os.path.join");
    const Node name = path ? sent_name(made) : Node();
    if (!name || icontains_any(f.code(), {"secure_filename", "basename", ".resolve()", "is_relative_to"})) continue;
    const std::string object = dotted(name.child("object"));
    if (!has_token(head, object.substr(0, object.find('.')))) continue;
    // target = ROOT / upload.filename is told where it is written.
    if (made.is("binary_operator") && made.child("right") == name) continue;
    auto& found = file.hit("FA-018", a);
    found.title = "The client's file name becomes part of a path";
    found.severity = proof::Severity::medium;
  }
}

// Document(filename=upload.filename), and elsewhere os.path.join(ROOT, document.filename)
void note_kept_names(const File& file, Node f, PythonNotes& notes) {
  for (const Node k : f.all("keyword_argument")) {
    const Node value = unwrap(k.child("value"));
    if (k.child("name").text() != "filename" || !value.is("attribute") || value.child("attribute").text() != "filename")
      continue;
    const auto call = as_call(k.above("call"));
    if (call && !last(call->name).empty() && std::isupper(static_cast<unsigned char>(last(call->name).front())) &&
        !last(call->name).ends_with("Response") && notes.keeps_sent_name.at.line == 0)
      notes.keeps_sent_name = {place(file.path, k.line()), file.shown(k)};
  }
  if (!icontains_any(f.code(), {"send_file", "fileresponse", "send_from_directory", "open("})) return;
  if (icontains_any(f.code(), {"secure_filename", "basename", "realpath", ".resolve()", "is_relative_to", "safe_join",
                               "commonpath"}) ||
      takes(f.child("parameters").code()))
    return;
  for (const Call* c : file.calls_in(body(f))) {
    if (c->name != "os.path.join" || c->args.size() < 2) continue;
    for (std::size_t i = 1; i < c->args.size(); ++i) {
      const Node part = unwrap(c->args[i]);
      if (part.is("attribute") && part.child("attribute").text() == "filename" && notes.joins_kept_name.at.line == 0)
        notes.joins_kept_name = {place(file.path, c->line()), file.shown(c->node)};
    }
  }
}

}  // namespace

void read_python_uploads(File& file, PythonNotes& notes) {
  if (file.imports_from("django")) return;
  proof::Finding* told = nullptr;
  proof::Finding* whole = nullptr;
  for (const Node f : file.tree.all("function_definition")) {
    judge_believed(file, told, f);
    judge_read_whole(file, whole, f);
    judge_paths(file, f);
    note_kept_names(file, f, notes);
  }
}

void judge_python_uploads(const PythonNotes& notes, Sink& sink) {
  // Stops: "../../other.pdf" as the name of an upload, and its owner asking for it back.
  if (notes.keeps_sent_name.at.line == 0 || notes.joins_kept_name.at.line == 0) return;
  auto& f = sink.find("FA-018", notes.joins_kept_name.at, notes.joins_kept_name.shown);
  f.title = "A file name that was kept as the client gave it becomes a path";
  f.severity = proof::Severity::medium;
  f.locations.push_back(notes.keeps_sent_name.at);
  f.evidence.push_back(notes.keeps_sent_name.shown);
}

}  // namespace gatehouse::audit::source
