// Reads a control's table from text, as the policy loader would, for the tests of describe().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/conf/form.h"
#include "controls/control.h"

namespace gatehouse::controls::testing {

struct Reading {
  std::unique_ptr<Settings> settings;
  conf::Findings findings;
  // The keys with a finding, joined: "preload exempt".
  std::string keys() const {
    std::string out;
    for (const auto& f : findings.all()) out += (out.empty() ? "" : " ") + f.key;
    return out;
  }
  template <class S>
  const S& as() const {
    return static_cast<const S&>(*settings);
  }
};

inline Reading read_settings(const Control& control, std::string_view toml) {
  Reading reading;
  reading.settings = control.settings();
  conf::Document document = conf::Document::parse(toml, "test.toml", reading.findings);
  document.read([&](conf::Form& form) { control.describe(form, *reading.settings); }, reading.findings);
  return reading;
}

}  // namespace gatehouse::controls::testing
