// Uploads that NestJS and Fastify take: their bounds, and the names they are kept under.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

void read_uploads(File& file) {
  if (client_file(file)) return;
  const std::string_view code = file.code();
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
    } else if (f == "createWriteStream" || f == "writeFile" || f == "writeFileSync" || f == "rename" || f == "mv") {
      // Stops: ../../app.js as the name of what is sent.
      const Node function = function_around(c.node);
      if (!function || !icontains_any(function.code(), {".file()", ".files", "parts()", "formdata(", ".file"}))
        continue;
      if (icontains_any(function.code(),
                        {"basename", "sanitize", "randomuuid", "uuid", "nanoid", "slugify", "replace("}))
        continue;
      bool named = false;
      std::vector<Node> said = c.args;  // … and what their names were given: const target = path.join(dir, file.name)
      for (const Node a : c.args)
        if (unwrap(a).is("identifier")) said.push_back(value_of(file, a));
      for (const Node a : said)
        for (const Node m : a.all("member_expression")) {
          const std::string_view property = m.child("property").text();
          const std::string object(last(dotted(m.child("object"))));
          named =
              named || ((property == "originalname" || property == "filename" || property == "originalFilename" ||
                         property == "name") &&
                        has_word(object, {"file", "upload", "part", "data", "image", "avatar", "photo", "document"}));
        }
      if (named && !from_client(file, c.arg(0))) file.hit("FA-018", c.node);
    }
  }
}

}  // namespace gatehouse::audit::source
