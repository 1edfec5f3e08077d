#include "audit/readers/terraform.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// Blanks left out, lower case: `Principal = "*"` and `"Principal": "*"` become one spelling each.
std::string tight(std::string_view line) {
  std::string out;
  for (char c : line)
    if (c != ' ' && c != '\t') out += text::lower(c);
  return out;
}

}  // namespace

void TerraformReader::read(const Source& source, Project&, Sink& sink) {
  for (int i = 1; i <= source.lines(); ++i) {
    const std::string line = tight(source.line(i));
    if (line.starts_with("#") || line.starts_with("//")) continue;
    if (has(line, "acl=\"public-read-write\""))
      sink.find("INF-014", source.path(), i, quote(source.line(i)));
    else if (has(line, "acl=\"public-read\""))
      sink.find("INF-021", source.path(), i, quote(source.line(i)));
    const bool everybody = has(line, "principal=\"*\"") || has(line, "\"principal\":\"*\"") ||
                           has(line, "principal={aws=\"*\"}") || has(line, "identifiers=[\"*\"]");
    if (!everybody) continue;
    // The statement around it: the lines before and behind, up to the next one that names a principal.
    std::string around;
    for (int k = std::max(1, i - 8); k <= std::min(source.lines(), i + 8); ++k) {
      const std::string other = tight(source.line(k));
      if (k != i && has(other, "principal")) {
        if (k < i) around.clear();
        if (k > i) break;
        continue;
      }
      around += other;
    }
    if (has(around, "\"deny\"") || has(around, "condition")) continue;
    if (has(around, "s3:put") || has(around, "s3:delete") || has(around, "s3:list") || has(around, "s3:*"))
      sink.find("INF-014", source.path(), i, quote(source.line(i)));
    else if (has(around, "s3:get"))
      sink.find("INF-021", source.path(), i, quote(source.line(i)));
  }
}

}  // namespace gatehouse::audit
