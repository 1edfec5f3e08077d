// Views of Flask that are classes: Flask-RESTful's and RESTX's resources, MethodView, the endpoints of Starlette.
#include <algorithm>
#include <array>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool answers(Node cls) {
  for (const std::string& b : bases_of(cls)) {
    const std::string_view base = last(b);
    if (base == "HTTPEndpoint" || base.ends_with("MethodView") ||
        (base.ends_with("Resource") && base != "ModelResource"))
      return true;
  }
  return false;
}

bool verb(std::string_view name) {
  return name == "get" || name == "post" || name == "put" || name == "patch" || name == "delete";
}

// "/orders/<int:order_id>" of api.add_resource(Orders, …), add_url_rule(…, view_func=Orders.as_view(…)), Route(…,
// Orders)
std::optional<std::string> registered(const File& file, std::string_view cls) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "add_resource" && dotted(c.arg(0)) == cls) {
      if (const auto path = literal(c.arg(1))) return path;
    } else if (f == "add_url_rule" && has_token(c.node.code(), cls)) {
      if (const auto path = literal(c.arg(0))) return path;
    } else if (f == "Route" && dotted(c.arg(1)) == cls) {
      if (const auto path = literal(c.arg(0))) return path;
    }
  }
  return std::nullopt;
}

}  // namespace

bool class_view(Node f) {
  const Node cls = f.above("class_definition");
  return cls && verb(function_name(f)) && !f.above("function_definition") && answers(cls);
}

std::optional<ClassView> read_class_view(const File& file, Node f) {
  if (!class_view(f)) return std::nullopt;
  const Node cls = f.above("class_definition");
  const std::string name(cls.child("name").text());
  ClassView view;
  std::optional<std::string> path;
  for (const Node d : cls.parent().children()) {  // @blueprint.route("/orders/<int:order_id>")
    if (!cls.parent().is("decorated_definition") || !d.is("decorator")) continue;
    const auto c = as_call(d.first());
    if (c && last(c->name) == "route" && literal(c->arg(0))) {
      path = literal(c->arg(0));
      view.router = c->name.substr(0, c->name.rfind('.'));
    } else {
      view.guards += d.code();
    }
  }
  if (!path) path = registered(file, name);
  if (!path) {  // registered in another file: its name says what it is about
    path = "";
    for (const std::string& w : words(name))
      if (w != "resource" && w != "api" && w != "view" && w != "method") *path += "/" + text::to_lower(w);
    for (const Node p : f.child("parameters").children())
      if (const std::string given = parameter_name(p); given != "self") *path += "/<" + given + ">";
  }
  view.path = *path;
  for (const std::string_view list : {"decorators", "method_decorators"})
    if (const Node a = attribute(cls, list)) view.guards += " " + std::string(a.child("right").code());
  for (const std::string& b : bases_of(cls))
    if (has_word(last(b), {"protected", "auth", "authenticated", "secured", "private"}))
      view.guards += " login_required";
  return view;
}

}  // namespace gatehouse::audit::source
