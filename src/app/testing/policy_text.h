// The configuration that tests of its findings begin with.
#pragma once

#include <string_view>

namespace gatehouse::app::testing {

// Says all that must be said, but routes; nothing in it is a finding. One secret, tls.key in line 6, is the variable
// TLS_KEY. Eight lines: what a test adds begins in line 9.
inline constexpr std::string_view kPolicyHead = R"(listen = ["http://0.0.0.0:80", "https://0.0.0.0:443"]
[site]
hosts = ["app.example.com"]
[tls]
certificate = "/dev/null"
key = { env = "TLS_KEY" }
[upstream.app]
servers = "http://127.0.0.1:8000"
)";

}  // namespace gatehouse::app::testing
