#include <algorithm>

#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

std::string_view bucket_of(std::string_view said) {
  const std::size_t at = said.find("bucket_id = '");
  return at == std::string_view::npos ? std::string_view() : said.substr(at, said.find('\'', at + 13) - at);
}

// Files that are somebody's own business, as the bucket's name says.
bool kept_private(std::string_view bucket) {
  return syntax::has_word(bucket,
                          {"document",  "documents", "invoice",     "invoices",   "receipt", "receipts",   "contract",
                           "contracts", "resume",    "resumes",     "cv",         "cvs",     "private",    "medical",
                           "report",    "reports",   "attachments", "recordings", "ids",     "passports",  "kyc",
                           "proofs",    "chat",      "uploads",     "files",      "records", "statements", "evidence"});
}

}  // namespace

void judge_buckets(const Tables& tables, const Tables::Policy& p, Sink& sink) {
  const std::string_view t = p.text;
  if (has(t, "auth.uid()") || has(t, "owner") || has(t, "is_admin") || has(t, "has_role") || has(t, "exists") ||
      has(t, "auth.jwt") || has(t, "foldername"))
    return;
  const bool reads = p.verb == "select";
  const bool account = has(t, "to authenticated") || has(t, "auth.role()");
  const bool shown_to_all =
      syntax::has_word(p.said, {"avatar", "avatars", "image", "images", "public", "product", "products", "assets",
                                "logos", "covers", "thumbnails", "banners", "media", "gallery", "blog", "photos"});
  // Another policy shows these files to their owners alone: this one undoes it.
  const bool undoes = std::any_of(tables.policies.begin(), tables.policies.end(), [&](const auto& other) {
    return other.second.table == p.table && other.second.verb == "select" && has(other.second.text, "auth.uid()") &&
           bucket_of(other.second.said) == bucket_of(p.said);
  });
  const bool private_files = account && kept_private(bucket_of(p.said));
  if (reads && (account || shown_to_all) && !undoes && !private_files) return;
  // "Admins can upload", for whoever has an account: it is staff's, and open to all the others.
  const auto name = policy_name(t.substr(std::min<std::size_t>(14, t.size())));
  const bool staffs = account && !reads && name &&
                      syntax::has_word(name->second, {"admin", "admins", "administrator", "administrators", "staff",
                                                      "editors", "moderators"});
  auto& f = sink.find(staffs ? "AZ-008" : "AZ-006", p.path, p.line, p.shown);
  const std::string who = account ? "Every signed-in user" : "Everybody";
  f.title = who + (reads                ? " may list and read the files of a bucket"
                   : p.verb == "insert" ? " may write files into a bucket"
                                        : " may replace or delete everybody's files in a bucket");
  f.severity = reads || (account && p.verb == "insert") ? proof::Severity::medium : proof::Severity::high;
}

// insert into storage.buckets (id, name, public) values ('invoices', 'invoices', true)
void judge_bucket(const Source& source, const SqlStatement& s, Sink& sink) {
  const std::string_view said = s.said;
  const std::size_t values = said.find("values");
  if (values == std::string_view::npos || !has(said.substr(0, values), "public")) return;
  if (!has(said.substr(0, values), "file_size_limit") && !has(said.substr(0, values), "allowed_mime_types") &&
      has(said.substr(values), "true")) {
    auto& f = sink.find("FA-016", source.path(), s.line, quote(s.text));
    f.title = "A public bucket takes files of any size and type";
    f.severity = proof::Severity::low;
    f.impact = "Pages and pictures with script are served from the storage's address.";
    f.fix = "Give the bucket file_size_limit and allowed_mime_types.";
  }
  for (std::size_t at = said.find('(', values); at != std::string_view::npos; at = said.find('(', at + 1)) {
    const std::string_view row = said.substr(at, said.find(')', at) - at);
    if (!has(row, "true")) continue;
    const std::size_t quote_at = row.find('\'');
    if (quote_at == std::string_view::npos) continue;
    const std::string name(row.substr(quote_at + 1, row.find('\'', quote_at + 1) - quote_at - 1));
    if (!kept_private(name)) continue;
    auto& f = sink.find("AZ-006", source.path(), s.line, quote(s.text));
    f.title = "The bucket " + text::printable(name) + " answers everybody who knows a file's address";
    f.severity = proof::Severity::medium;
  }
}

}  // namespace gatehouse::audit
