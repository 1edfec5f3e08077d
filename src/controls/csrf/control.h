// csrf: a page of another site cannot make a person's browser write here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::csrf {

struct CsrfSettings : Settings {
  std::vector<conf::WebOrigin> origins;      // other origins of ours, exact
  std::vector<std::string> backend_cookies;  // the backend's own session cookies
  bool cookieless = false;                   // no cookie is a credential here: none is asked about, none goes upstream
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::csrf
