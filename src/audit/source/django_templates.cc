// Templates of Django and Jinja, EJS and Handlebars: what they put into a page without escaping.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/recurring.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Markup that the program made or cleaned itself.
bool own_markup(std::string_view expression) {
  return icontains_any(expression, {"form",      "escape",    "svg",         "icon",     "static",   "csrf",
                                    "bleach",    "sanitize",  "clean",       "settings", "widget",   "pagination",
                                    "errors",    "striptags", "json_script", "field",    "translat", "_(",
                                    "help_text", "tojson",    "html_safe",   "nonce",    "chart",    "plot"}) ||
         expression.starts_with("\"") || expression.starts_with("'");
}

class TemplateReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override {
    return entry.kind == Kind::html && entry.role == Role::product && entry.size < kParsedBytes &&
           !icontains_any(entry.path, {"email", "mail/", "node_modules", "vendor"});
  }

  // <%- post.body %>, {{{ post.body }}}
  static void read_scripted(const Source& source, Sink& sink) {
    const std::string_view all = source.text();
    const bool ejs = source.path().ends_with(".ejs");
    const bool bars = source.path().ends_with(".hbs") || source.path().ends_with(".handlebars") ||
                      source.path().ends_with(".mustache");
    if (!ejs && !bars) return;
    const std::string_view open = ejs ? "<%-" : "{{{", close = ejs ? "%>" : "}}}";
    Recurring told(8);
    for (std::size_t at = all.find(open); at != std::string_view::npos; at = all.find(open, at + 3)) {
      const std::size_t end = std::min(all.find(close, at), all.size());
      const std::string_view inside = text::trim(all.substr(at + 3, end - at - 3));
      if (inside.size() > 200 ||
          icontains_any(inside, {"include", "json.stringify", "body}", "layout", "content_for"}) || inside == "body" ||
          inside == "content" || own_markup(inside))
        continue;
      const int line = source.line_at(at);
      if (auto* f = told.find(sink, "RE-001", place(source.path(), line), quote(source.line(line))))
        f->title = "A template puts text into the page without escaping it";
    }
  }

  // Stops: text of one person that runs as a script in the page of another.
  void read(const Source& source, Project&, Sink& sink) override {
    const std::string_view all = source.text();
    read_scripted(source, sink);
    if (!contains(all, "{%") && !contains(all, "{{")) return;
    Recurring told(8);
    const auto tell = [&](std::size_t at) {
      const int line = source.line_at(at);
      if (auto* f = told.find(sink, "DJ-026", place(source.path(), line), quote(source.line(line))))
        f->title = "A template puts text into the page without escaping it";
    };
    for (std::size_t at = all.find("{{"); at != std::string_view::npos; at = all.find("{{", at + 2)) {
      const std::size_t end = std::min(all.find("}}", at), all.size());
      std::string_view inside = text::trim(all.substr(at + 2, end - at - 2));
      if (inside.size() > 200) continue;
      std::string tight(inside);
      std::erase(tight, ' ');
      const std::size_t safe = tight.find("|safe");
      if (safe == std::string::npos || tight.compare(safe, 9, "|safeseq") == 0) continue;
      if (!own_markup(std::string_view(tight).substr(0, safe))) tell(at);
    }
    for (const std::string_view off : {"autoescape off", "autoescape false"})
      for (std::size_t at = all.find(off); at != std::string_view::npos; at = all.find(off, at + 1)) {
        const std::size_t end = std::min(all.find("endautoescape", at), all.size());
        const std::string_view block = all.substr(at + off.size(), end - std::min(end, at + off.size()));
        // Without a tag it is the text of a mail.
        if (contains(block, "{{") && contains(block, "</") && !own_markup(block)) tell(at);
      }
  }
};

}  // namespace

std::unique_ptr<Reader> template_reader() { return std::make_unique<TemplateReader>(); }

}  // namespace gatehouse::audit::source
