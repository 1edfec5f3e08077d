// access: who may do what. What nobody stated is closed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::access {

enum class Allow : unsigned char { nobody, everybody, signed_in };

// A claim that must hold: equal to one of `values` (a list claim must hold one of them), or just be there.
struct ClaimRule {
  std::string claim;  // dotted path
  std::vector<std::string> values;
};

// The path or query parameter that must equal a verified claim.
struct Owner {
  std::string path, query;  // name of the parameter; one of the two
  std::string claim = "sub";
  std::vector<std::string> except_roles;  // who may act for others
  bool set() const { return !path.empty() || !query.empty(); }
};

// A fresh or stronger sign-in than usual.
struct StepUp {
  Duration max_age{};          // since the sign-in; 0: any age
  bool second_factor = false;  // proved by fva, aal or amr
  bool set() const { return max_age > Duration::zero() || second_factor; }
};

struct Requirements {
  Allow allow = Allow::nobody;
  std::vector<std::string> roles;  // one of them
  std::vector<ClaimRule> claims;   // all of them
  Owner owner;
  std::string unowned;  // why no owner is named though the path names a record
  StepUp step_up;
};

// More for some methods. It adds to what the route asks; only `allow` takes the place of the route's own.
struct MethodRule : Requirements {
  std::vector<std::string> methods;
  bool allow_written = false;
};

struct AccessSettings : Settings {
  Requirements base;
  std::vector<MethodRule> rules;
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::access
