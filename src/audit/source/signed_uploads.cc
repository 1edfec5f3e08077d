#include "audit/source/signed_uploads.h"

#include "audit/source/python_client.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct SignedUploads {
  std::vector<Spot> script, python;
};

// The value behind a name, in the function it stands in.
Node made_as(const File& file, Node n) {
  n = unwrap(n);
  if (!n.is("identifier")) return n;
  if (!file.tree.python()) return unwrap(value_of(file, n));
  const Node f = function_around(n);
  for (const Node a : body(f).all("assignment"))
    if (a.child("left").text() == n.text() && a.begin() < n.begin()) return unwrap(a.child("right"));
  return n;
}

// Neither a length that is signed with it, nor a range that the store holds it to.
bool bounded(const Code& code) {
  return icontains_any(code, {"contentlength", "content-length", "content_length", "x-goog-content-length"});
}

// What this call signs: a way to write, to read, or none of them.
enum class Signs : unsigned char { nothing, writing, reading };

Signs what_is_signed(const File& file, const Call& c, Node& command) {
  const std::string_view f = last(c.name);
  if (f == "getSignedUrl" || f == "getSignedUrlPromise" || f == "get_signed_url") {
    if (const auto verb = literal(c.arg(0))) {  // s3.getSignedUrl("putObject", { … })
      command = made_as(file, c.arg(1));
      return *verb == "putObject" ? Signs::writing : *verb == "getObject" ? Signs::reading : Signs::nothing;
    }
    if (const Node options = unwrap(c.arg(0)); options.is("object")) {  // file.getSignedUrl({ action: "write" })
      command = c.node;
      const auto action = literal(member(options, "action"));
      return action == "write" ? Signs::writing : Signs::nothing;
    }
    const auto made = as_call(made_as(file, c.arg(1)));
    if (!made) return Signs::nothing;
    command = made_as(file, made->arg(0));
    if (made->name.ends_with("PutObjectCommand")) return Signs::writing;
    if (made->name.ends_with("GetObjectCommand")) return Signs::reading;
    return Signs::nothing;
  }
  if (f == "createPresignedPost" || f == "generate_presigned_post") {
    command = c.node;
    return Signs::writing;
  }
  if (f == "generate_presigned_url") {
    command = c.node;
    const Node verb = c.arg(0) ? c.arg(0) : c.keyword("ClientMethod");
    const auto said = literal(unwrap(verb));
    if (said == "put_object") return Signs::writing;
    return said == "get_object" ? Signs::reading : Signs::nothing;
  }
  if (f == "generate_signed_url") {
    command = c.node;
    const auto method = literal(unwrap(c.keyword("method")));
    return method == "PUT" || method == "POST" ? Signs::writing : Signs::nothing;
  }
  return Signs::nothing;
}

// The key of what is signed, when it is nothing but what the client wrote.
Node whole_key(const File& file, Node command) {
  Node key;
  if (file.tree.python()) {
    for (const Node p : command.all("pair"))
      if (literal(p.child("key")) == "Key") key = unwrap(p.child("value"));
  } else {
    key = unwrap(member(command, "Key"));
  }
  const Node function = key ? function_around(key) : Node();
  if (!function) return {};
  if (file.tree.python()) {
    Node value = made_as(file, key);
    if (value.any_of("string", "binary_operator", "call")) return {};
    return from_client(function, value) ? key : Node();
  }
  if (!key.any_of("identifier", "member_expression", "shorthand_property_identifier")) return {};
  const Node value = key.is("member_expression") ? key : made_as(file, key);
  if (!holes(value).empty() || literal(value) || as_call(value)) return {};
  return from_client(file, key) ? key : Node();
}

// Something is asked about who may have the file: a row is fetched, the key's beginning is looked at.
bool asks_whose(const Code& code) {
  return icontains_any(code, {".find", "startswith", "where", "select", ".query(", "owner", "belongs", ".filter(",
                              "canaccess", "can_access", "permission", "authorize(", "allowed", "check", "includes(",
                              "objects.", ".get(", "match(", ".test("});
}

}  // namespace

void read_signed_uploads(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"signedurl", "signed_url", "presigned"})) return;
  const bool python = file.tree.python();
  if (!python && client_file(file)) return;
  auto& notes = file.project.notes<SignedUploads>();
  for (const Call& c : file.calls) {
    Node command;
    const Signs signs = what_is_signed(file, c, command);
    const Node function = function_around(c.node);
    if (signs == Signs::nothing || !function) continue;
    const Node key = whole_key(file, command);
    if (key && !asks_whose(function.code())) {
      // Stops: another customer's file, read or written over by who knows its name.
      auto& told = file.hit("AZ-001", key);
      const bool reads = signs == Signs::reading;
      told.title = reads ? "Any file of the bucket is handed to whoever names its key"
                         : "The client names the key that it may write, another's file as well as its own";
      told.impact = reads ? "Who guesses or learns the key of a stranger's file reads it with an address that the "
                            "server signed."
                          : "Who names a stranger's key writes over that file: papers, pictures and exports of others "
                            "are replaced.";
      told.fix = "Make the key on the server, under the caller's id, and look up whose file it is before signing.";
      told.severity = proof::Severity::high;
      told.confidence = proof::Confidence::medium;
    }
    if (signs == Signs::writing && !bounded(command.code()) && !bounded(function.code()))
      (python ? notes.python : notes.script).push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

// Stops: a bill for terabytes, and pages of scripts among the pictures.
void judge_signed_uploads(const Project& project, bool python, Sink& sink) {
  const auto& notes = project.notes<SignedUploads>();
  Recurring told;
  for (const Spot& s : python ? notes.python : notes.script) {
    auto* f = told.find(sink, "FA-016", s);
    if (f == nullptr) continue;
    f->title = "A signed address takes a file of any size";
    f->impact =
        "Neither the length nor what the file is was signed: whoever has an address fills the bucket at the owner's "
        "expense, and puts there what he likes.";
    f->fix =
        "Sign the length with it (ContentLength), or use a signed form with content-length-range and the content type "
        "as conditions; look at the file before it is shown to others.";
    f->confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
