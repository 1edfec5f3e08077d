// Which function a route names as its handler, however it is handed over.
#pragma once

#include <optional>
#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct HandlerRef {
  syntax::Node function;  // when it stands in this file
  std::string name;       // when it is named
  std::string module;     // it comes from there, resolved; empty when unknown
  std::string about;      // the record that its maker is handed
  bool guard = false;     // what wraps it asks for the caller
};

// users.list, wrap(users.list), users.list.bind(users), (req, res) => users.list(req, res), controller(app).list,
// factory.list(User), this.users.list
HandlerRef handler_ref(const File& file, syntax::Node expression, int depth = 0);

// The address of a route: "/users", `${this.path}/:id`, ROUTES.SIGN_IN ("/sign-in", by its name). Nothing for what is
// no address.
std::optional<std::string> route_path(const File& file, syntax::Node expression);

}  // namespace gatehouse::audit::source
