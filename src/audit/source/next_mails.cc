// Mails whose markup a visitor writes.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void judge_mails(File& file, Node handler) {
  const ClientData data = client_data(file, handler);
  const auto sent = [&](std::string_view name) {
    return std::any_of(data.fields.begin(), data.fields.end(), [&](const auto& f) { return f.first == name; });
  };
  // Stops: a mail in the house's own name whose links and pictures a visitor wrote.
  for (const Node p : handler.all("pair")) {
    if (p.child("key").text() != "html") continue;
    const Node value = unwrap(p.child("value"));
    if (!contains(spoken(value), "<")) continue;
    for (const Node h : holes(value)) {
      const std::string name(last(dotted(h)));
      if (!h.any_of("identifier", "member_expression") || !(sent(name) || from_client(file, h))) continue;
      if (!has_word(name, {"message", "name", "subject", "content", "body", "text", "comment", "comments", "company",
                           "description", "notes", "details", "feedback"}))
        continue;
      auto& f = file.hit("RE-001", p);
      f.title = "What a visitor writes goes into a mail as markup";
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
