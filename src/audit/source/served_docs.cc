#include "audit/source/served_docs.h"

#include "audit/source/script.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Served only while developing, or behind a sign-in.
bool kept_back(const Call& c) {
  for (Node n = c.node; n; n = n.parent())
    if (n.any_of("if_statement", "ternary_expression") &&
        icontains_any(n.child("condition").code(), {"prod", "dev", "node_env", "swagger", "docs", "enable"}))
      return true;
  for (const Node a : c.args)
    if (guard_middleware(last(dotted(unwrap(a)))) || icontains_any(a.code(), {"basicauth", "auth("})) return true;
  return false;
}

}  // namespace

// app.use("/docs", swaggerUi.serve, swaggerUi.setup(spec)), SwaggerModule.setup("api", app, document)
void read_served_docs(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {"swagger", "redoc", "scalar"})) return;
  for (const Call& c : file.calls) {
    const bool nest = c.name == "SwaggerModule.setup";
    const bool express = last(c.name) == "use" || last(c.name) == "get";
    const bool plugin = last(c.name) == "register" && icontains_any(c.arg(0).code(), {"swaggerui", "swagger-ui"});
    const bool shows =
        nest || plugin ||
        (express && icontains_any(c.node.child("arguments").code(),
                                  {"swaggerui.setup", "swaggeruiexpress.setup", "redoc(", "apireference("}));
    if (!shows || kept_back(c)) continue;
    // basicAuth before it, on the same path
    if (const auto path = literal(unwrap(c.arg(0))))
      for (const Call& other : file.calls)
        if (&other != &c && last(other.name) == "use" && literal(unwrap(other.arg(0))) == path &&
            icontains(other.node.child("arguments").code(), "auth"))
          return;
    auto& f = file.hit("FA-002", c.node);
    f.title = "The documentation of the API is open to everybody";
    f.fix = "Serve it while developing only, or behind a sign-in.";
    return;
  }
}

}  // namespace gatehouse::audit::source
