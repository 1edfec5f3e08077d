#include "audit/source/next_hooks.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// app/…/page.tsx and its kin are the server's own unless their first line says otherwise; a component may be imported
// by one that says so.
bool entry_of_app(std::string_view path) {
  if (!path.starts_with("app/") && !contains(path, "/app/")) return false;
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash == path.npos ? 0 : slash + 1);
  const std::string_view bare = name.substr(0, name.find('.'));
  return bare == "page" || bare == "layout" || bare == "template" || bare == "not-found";
}

bool of_browsers(std::string_view name) {
  return name == "useState" || name == "useEffect" || name == "useReducer" || name == "useRef" ||
         name == "useContext" || name == "useLayoutEffect" || name == "useRouter" || name == "useSearchParams" ||
         name == "usePathname" || name == "useParams" || name == "useStripe" || name == "useElements" ||
         name == "useUser" || name == "useSession" || name == "useForm";
}

}  // namespace

// Stops: a release whose page of thanks, or of sign-in, is an error.
void read_next_hooks(File& file) {
  if (!entry_of_app(file.path) || !file.project.depends_on("next")) return;
  const Code code = file.code();
  if (!contains(code, "use") || contains(code.substr(0, 400), "use client")) return;
  for (const Call& c : file.calls) {
    if (!of_browsers(c.name)) continue;
    const auto import = file.imports.find(c.name);
    if (import == file.imports.end() || import->second.starts_with(".") || import->second.starts_with("@/")) continue;
    auto& f = file.hit("RUN-004", c.node);
    f.title = text::printable(c.name, 40) + " is called in a page that the server renders";
    f.impact = "Next refuses the page: the build ends there, or the page answers with an error.";
    f.fix = "Write \"use client\" at the top, or move what needs the browser into a component of its own.";
    return;
  }
}

}  // namespace gatehouse::audit::source
