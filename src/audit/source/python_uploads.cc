// Files that people send: judged by what the client says of them, kept under the name the client gave.
#include <algorithm>
#include <cctype>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool looks_inside(const Code& code) {
  return icontains_any(code, {"magic", "filetype", "image.open", "imghdr", "puremagic", "startswith(b\"",
                              "startswith(b'", "%pdf", "pdfreader(", "mimetypes_from_buffer", ".verify()", "read(4)",
                              "read(8)", "read(512)", "read(2048)", "scan_file", "clamd", "sniff"});
}

// By the end of its name, or by the type that the client wrote beside it.
bool believes(const Code& code) {
  return icontains_any(code, {"allowed_file", "splitext(", "rsplit(", ".suffix", "endswith(", "content_type",
                              "mimetype", "file_extension", "extension("});
}

bool takes(const Code& code) {
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

void judge_believed(File& file, Recurring& told, Node f) {
  if (f.above("function_definition")) return;
  const Code code = f.code();
  const bool sent = takes(f.child("parameters").code()) || contains(code, "request.files") ||
                    (contains(code, ".filename") && icontains_any(code, {"secure_filename", ".save("}));
  if (!sent || !believes(code) || looks_inside(file.code()) || !keeps(file, f)) return;
  // One of a few types, and nothing of the client's name is kept: what is given back is at least what was said.
  if (icontains_any(code, {"content_type not in", "content_type in", "mimetype not in", "mimetype in"}) &&
      !contains(code, ".filename"))
    return;
  if (auto* first = told.hit(file, "FA-016", f)) {
    first->title = "What an upload is, is believed from its name or from the client's word";
    first->severity = proof::Severity::low;
    first->confidence = proof::Confidence::medium;
  }
}

// Stops: filling the memory with one upload, whose size is asked for once all of it is there.
void judge_read_whole(File& file, Recurring& told, Node f) {
  const Code code = f.code();
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
    // A helper that routes hand their uploads to.
    const bool helper =
        !asked && !route_function(f) &&
        !icontains_any(file.code(), {"max_upload", "max_size", "max_file", "content-length", "max_bytes"});
    if ((!asked && !helper) || name.empty()) continue;
    if (auto* first = told.hit(file, "FA-016", c->node)) {
      first->title = helper ? "An upload is read whole, whatever its size"
                            : "An upload is read whole before its size is looked at";
      first->confidence = proof::Confidence::medium;
    }
    return;
  }
}

// The nodes of a kind below `n`, itself too.
std::vector<Node> with_itself(Node n, const char* type) {
  std::vector<Node> out = n.all(type);
  if (n.is(type)) out.push_back(n);
  return out;
}

// Between the name and what is made of it stands something that takes no name as it is: Path(name).suffix, name[-4:].
bool cleaned_on_the_way(Node name, Node made) {
  for (Node p = name.parent(); p && p.inside(made); p = p.parent()) {
    if (const auto c = as_call(p)) {
      if (name.inside(c->node.child("function"))) return true;
      const std::string_view f = last(c->name);
      if (f != "join" && f != "Path" && f != "str" && f != "joinpath") return true;
    }
    if (p.any_of("subscript", "conditional_expression", "comparison_operator")) return true;
    if (p.is("attribute") && !(p == name)) return true;
  }
  return false;
}

// The parts of an expression that are the name the client gave, cleaned by nothing.
Node sent_name(Node made) {
  for (const Node a : with_itself(made, "attribute"))
    if (a.child("attribute").text() == "filename" && !cleaned_on_the_way(a, made)) return a;
  return {};
}

// folder / x, os.path.join(folder, x), folder.joinpath(x), f"uploads/{x}", "uploads/" + x
bool makes_path(Node n) {
  if (n.is("binary_operator")) {
    if (n.has_token("/")) return true;
    const auto said = literal(unwrap(n.child("left")));
    return n.has_token("+") && said && said->ends_with("/") && !contains(*said, "://") && !said->starts_with("/");
  }
  if (const auto c = as_call(n)) return c->name == "os.path.join" || last(c->name) == "joinpath";
  if (!n.is("string") || holes(n).empty()) return false;
  const std::string said = spoken(n);
  if (!contains(said, "/") || contains(said, "://")) return false;
  if (said.starts_with("/") && !said.starts_with("/tmp") && !said.starts_with("/var") && !said.starts_with("/app") &&
      !said.starts_with("/data"))
    return false;  // an address of the site
  const auto around = as_call(n.parent().parent());
  if (around && icontains_any(last(around->name), {"open", "save", "path"})) return true;
  return n.parent().is("assignment") &&
         has_word(n.parent().child("left").text(), {"path", "dest", "destination", "target", "location", "filepath"}) &&
         !has_word(n.parent().child("left").text(), {"url", "key", "public", "blob", "storage"});
}

// Names below `f` that hold a file as it was sent: parameters, what request.files gives, one of several.
std::set<std::string> sent_files(Node f) {
  std::set<std::string> out;
  for (const Node p : f.child("parameters").children())
    if (contains(p.code(), "UploadFile") || contains(p.code(), "FileStorage")) out.insert(parameter_name(p));
  const auto holds = [&](Node n) {
    if (icontains_any(n.code(), {"request.files", "await request.form(", ".getlist(", "await reader.next("}))
      return true;
    const std::string name(unwrap(n).text());
    return out.contains(name) ||
           (n.any_of("list", "conditional_expression") &&
            std::any_of(out.begin(), out.end(), [&](const auto& o) { return has_token(n.code(), o); }));
  };
  for (int again = 0; again < 2; ++again) {
    for (const Node a : f.all("assignment"))
      if (a.child("left").is("identifier") && holds(a.child("right"))) out.insert(std::string(a.child("left").text()));
    for (const Node l : f.all("for_statement"))
      if (holds(l.child("right")) ||
          (as_call(unwrap(l.child("right"))) && holds(as_call(unwrap(l.child("right")))->arg(0))))
        for (const Node name : with_itself(l.child("left"), "identifier")) out.insert(std::string(name.text()));
  }
  return out;
}

// target = folder / upload.filename, folder.joinpath(f"{user.id}_{upload.filename}"), open(ROOT + upload.filename,
// "wb")
void judge_paths(File& file, Node f) {
  if (f.above("function_definition") || !contains(f.code(), ".filename")) return;
  if (icontains_any(f.code(), {"secure_filename", "basename", ".resolve()", "is_relative_to", "realpath", "commonpath",
                               "safe_join", "sanitize"}))
    return;
  const std::set<std::string> files = sent_files(f);
  if (files.empty()) return;
  // The finding of where it is written says the same.
  for (const auto& told : file.sink.findings())
    if (told.id == "FA-018" && told.locations.front().path == file.path && told.locations.front().line >= f.line() &&
        told.locations.front().line <= f.end_line())
      return;
  std::set<std::string> names;  // filename = upload.filename
  const auto sent = [&](Node made) -> Node {
    if (const Node a = sent_name(made); a && files.contains(dotted(a.child("object")))) return a;
    for (const std::string& name : names)
      for (const Node n : with_itself(made, "identifier"))
        if (n.text() == name && !cleaned_on_the_way(n, made)) return n;
    return {};
  };
  for (const Node a : f.all("assignment"))
    if (a.child("left").is("identifier") && !makes_path(unwrap(a.child("right"))))
      if (sent(unwrap(a.child("right")))) names.insert(std::string(a.child("left").text()));
  // Something of the server's own before the name, so that the name begins no part of the path.
  const auto after_own = [](Node made) { return icontains_any(made.code(), {"uuid", "token_hex", "token_urlsafe"}); };
  for (const char* type : {"binary_operator", "call", "string"})
    for (const Node made : f.all(type)) {
      if (!makes_path(made)) continue;
      const Node name = sent(made);
      if (!name || after_own(made)) continue;
      bool prefixed = false;  // "cover_../" is no directory
      for (const Node s : with_itself(made, "string"))
        prefixed = prefixed || (name.inside(s) && !holes(s).empty() && !contains(spoken(s), "/"));
      for (const Node a : f.all("assignment"))
        if (a.child("left").text() == name.text() && name.is("identifier")) {
          const Node right = unwrap(a.child("right"));
          if (after_own(right)) return;
          prefixed = prefixed || right.is("string") || right.is("binary_operator");
        }
      auto& found = file.hit("FA-018", made);
      found.title = "The client's file name becomes part of a path";
      if (prefixed) found.severity = proof::Severity::medium;
      return;
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
  Recurring believed, whole;
  for (const Node f : file.tree.all("function_definition")) {
    judge_believed(file, believed, f);
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
