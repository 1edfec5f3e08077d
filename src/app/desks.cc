#include "app/desks.h"

namespace gatehouse::app {

controls::ServiceRoute routed(const kit::MountedPath& at, std::string_view tables) {
  controls::ServiceRoute r;
  r.config.name = at.service + " " + (at.path.starts_with('=') ? at.path.substr(1) : at.path);
  r.config.path = at.path;
  r.config.methods = at.methods;
  r.config.desk = at.service;
  r.config.body_limit = at.body_limit;
  r.config.machines = at.entry == kit::Entry::machine;
  r.config.place = at.place;
  r.tables = at.entry == kit::Entry::signed_in ? "[access]\nallow = \"signed_in\"\n" : "[access]\nallow = \"public\"\n";
  // Programs that prove themselves by a signature send no cookie that could act for somebody.
  if (at.entry == kit::Entry::machine)
    r.tables +=
        "[csrf]\ncookieless = true\n"
        "[rate_limit]\nenabled = false\nreason = \"the desk keeps its own rate: its callers come from a few "
        "addresses\"\n";
  r.tables += tables;
  return r;
}

Result<Desks> open_desks(const ServiceConfigs&, const controls::Site&, std::size_t, Backstage&) { return Desks{}; }

}  // namespace gatehouse::app
