// headers: what every answer tells the browser, and what none tells an attacker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::headers {

enum class Frame : std::uint8_t { deny, same_origin, any };
enum class XssProtection : std::uint8_t { off, block };
enum class Referrer : std::uint8_t { no_referrer, same_origin, strict_origin, strict_origin_when_cross_origin };
enum class Opener : std::uint8_t { same_origin, same_origin_allow_popups, none };
enum class Resource : std::uint8_t { same_origin, same_site, cross_origin };

struct HeadersSettings : Settings {
  Frame frame = Frame::deny;
  XssProtection xss_protection = XssProtection::off;
  Referrer referrer_policy = Referrer::strict_origin_when_cross_origin;
  std::string permissions_policy =
      "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), midi=(), display-capture=()";
  Opener opener_policy = Opener::same_origin;
  Resource resource_policy = Resource::same_origin;
  std::string content_security_policy;              // sent where the backend sends none
  std::string content_security_policy_report_only;  // the same, tried out: browsers report and block nothing
  std::vector<std::string> remove;                  // beside those that are always removed
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::headers
