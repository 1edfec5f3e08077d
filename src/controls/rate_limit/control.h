// rate_limit: how often one client, one person or everybody together may knock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::rate_limit {

enum class Key : unsigned char { address, user, route, header, cookie };
enum class Who : unsigned char { all, anonymous, signed_in };
enum class Tell : unsigned char { limited, always, refused, never };

// One limit beside the general one. It holds a rate, a quota, or both.
struct Rule {
  std::string name;        // shown in RateLimit; letters, digits, '-', '_'
  conf::Rate rate;         // count 0: none
  std::int64_t burst = 0;  // how many may come at once; 0: as many as the rate counts
  conf::Rate quota;        // counted in whole windows (of UTC for days); count 0: none
  Key key = Key::address;
  std::string key_name;  // of the header or cookie
  Who who = Who::all;
  std::vector<std::string> methods;  // empty: all
  std::string shared;                // rules of one shared name count together across routes
};

struct RateLimitSettings : Settings {
  conf::Rate address{600, std::chrono::minutes(1)};
  std::int64_t burst = 200;        // how many may come at once
  bool exempt_loopback = true;     // of the general limit: peers on this machine and the trusted proxies themselves
  std::vector<conf::Cidr> exempt;  // of everything counted by address
  Tell tell = Tell::limited;
  std::vector<Rule> rules;  // presets included
};

// sign_in, trial_chat, checkout, confirmation, download; nothing for any other name.
std::vector<Rule> preset(std::string_view name);

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::rate_limit
