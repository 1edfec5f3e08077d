// Files that only some may have, at addresses that everybody may open: public buckets and rights of stores, and what a
// page shows behind a gate though the file itself has none.
#include "audit/source/paid_files.h"

#include "audit/source/script.h"
#include "audit/source/served_papers.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool somebodys(std::string_view said) {
  return private_papers(said) ||
         has_word(said, {"recording", "recordings", "submissions", "scans", "selfies", "passports", "paid", "premium"});
}

void tell(File& file, Node at, std::string_view title) {
  auto& f = file.hit("FS-003", at);
  f.title = title;
  f.impact = "Whoever learns or guesses the address has the file, signed in or not, and for good.";
  f.fix = "Keep the store private, and give out addresses that are signed and end after some minutes.";
  f.confidence = proof::Confidence::medium;
}

// storage.createBucket("contracts", { public: true }), create_bucket("contracts", options={"public": True})
bool opens_bucket(const Call& c) {
  if (last(c.name) != "createBucket" && last(c.name) != "create_bucket") return false;
  const auto name = literal(c.arg(0) ? c.arg(0) : c.keyword("id"));
  if (!name || !somebodys(*name)) return false;
  for (const Node o : {unwrap(c.arg(1)), unwrap(c.keyword("options"))})
    for (const auto& [key, value] : members(o))
      if (key == "public" && unwrap(value).is("true")) return true;
  return c.keyword("public").is("true");
}

// new PutObjectCommand({ Key, ACL: "public-read" }), s3.put_object(ACL="public-read"), ExtraArgs={"ACL": …}
bool gives_to_all(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  if (f != "put_object" && f != "upload_file" && f != "upload_fileobj" && f != "upload" && f != "putObject" &&
      !contains(c.name, "PutObjectCommand"))
    return false;
  const Code code = c.node.code();
  if (!contains(code, "public-read")) return false;
  const Node around = function_around(c.node);
  return somebodys(code) || somebodys(file.path) || (around && somebodys(function_name(around)));
}

// <video src={`/videos/${lesson.file}.mp4`} /> on a page that asks who has paid
void judge_gated_page(File& file) {
  if (!icontains_any(file.code(), {"hasaccess", "haspurchased", "isenrolled", "ispremium", "haspaid", "issubscribed",
                                   "hassubscription", "canwatch", "canaccess", "enrollment", "purchased", "ispro"}))
    return;
  for (const Node t : file.tree.all("template_string")) {
    const Node up = t.parent().parent();
    if (!up.is("jsx_attribute")) continue;
    const Code code = t.code();
    if (!code.starts_with("`/") || contains(code, "/api/")) continue;
    if (!icontains_any(code, {".mp4", ".pdf", ".zip", ".mp3", ".epub", ".m3u8", ".webm", ".wav"}) ||
        !has_word(code, {"video", "videos", "download", "downloads", "lesson", "lessons", "course", "courses",
                         "premium", "media", "files", "audio", "ebooks", "books", "protected", "private", "content"}))
      continue;
    auto& f = file.hit("PAY-005", t);
    f.title = "What is paid for lies at an address that anybody may open";
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace

// Stops: a link that was passed on, or a name that was counted up, in place of a payment or a sign-in.
void read_paid_files(File& file) {
  if (!file.tree.python()) judge_gated_page(file);
  if (client_file(file)) return;
  for (const Call& c : file.calls) {
    if (opens_bucket(c)) {
      tell(file, c.node, "A store of private files is made public");
      return;
    }
    if (gives_to_all(file, c)) {
      tell(file, c.node, "A private file is stored so that everybody may read it");
      return;
    }
    // storage.from("contracts").getPublicUrl(key)
    const std::string_view f = last(c.name);
    if (f != "getPublicUrl" && f != "get_public_url") continue;
    const auto store = as_call(unwrap(c.node.child("function").child("object")));
    const auto name = store ? literal(store->arg(0)) : std::nullopt;
    if (!name || !somebodys(*name)) continue;
    tell(file, c.node, "A private file is given out at a public address");
    return;
  }
}

}  // namespace gatehouse::audit::source
