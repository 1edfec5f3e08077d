// What a running gate compares: the TLS files it serves with, and what only a restart changes.
#pragma once

#include <cstdint>
#include <string>

#include "gate/config.h"

namespace gatehouse::app {

// Changes with the certificate and key files, and twice a day for fresh ticket keys.
std::string tls_stamp(const gate::TlsConfig& tls, std::int64_t unix_seconds);

// The keys that differ and are read at the start only, as a list for people: "listen, threads". Empty: none.
std::string needs_restart(const gate::GateConfig& before, const gate::GateConfig& after);

}  // namespace gatehouse::app
