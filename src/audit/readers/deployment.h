// What every file that deploys something has in common: data stores and consoles by their image or port, addresses that
// listen for everybody, passwords of the stock, switches that belong to development.
#pragma once

#include <string>
#include <string_view>

#include "audit/project.h"

namespace gatehouse::audit {

struct Store {
  std::string_view image, name;
  int port;
  bool console = false;  // a page to administrate something with, and no store itself
};
// By the image's name ("docker.io/library/postgres:17"); null for what is neither a store nor a console.
const Store* store_of(std::string_view image);
// By the port inside: "5433:5432", "5432", "5432/tcp"; for stores in images of one's own.
const Store* store_at(std::string_view inside);

// Does this published port listen for everybody? "8080:80", "0.0.0.0:1:2" and "[::]:…" do, "127.0.0.1:1:2" does not.
bool published_to_all(std::string_view port);
// The first words anybody tries.
bool stock_password(std::string_view value);
// A literal that stands for a secret under this name; not `${X}`, not empty, not a file's name.
bool literal_secret(std::string_view name, std::string_view value);
// DEBUG=1, FLASK_ENV=development and the like.
bool debug_switch(std::string_view name, std::string_view value);
// Does the path say that the file is for a developer's machine?
bool for_developers(std::string_view path);
// A command that starts a development server: runserver, --reload, npm run dev.
bool starts_development(std::string_view command);
// What `npm start` and the like run: the script of the manifest in this folder; empty when there is none.
std::string script_of(const Project& project, std::string_view folder, std::string_view command);

}  // namespace gatehouse::audit
