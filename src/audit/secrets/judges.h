// The judges, one for each kind of candidate. Only judge.cc and the judges' own files include this.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/secrets/judge.h"

namespace gatehouse::audit::secrets {

// `end` as the pattern pass reported it.
std::optional<Hit> judge_format(std::string_view text, const Format& format, std::size_t end, Kind kind);
std::optional<Hit> judge_jwt(std::string_view text, std::size_t end);
std::optional<Hit> judge_pem(std::string_view text, std::size_t end);
std::optional<Hit> judge_url(std::string_view text, std::size_t end, bool database);  // an address with a password
std::optional<Hit> judge_assignment(std::string_view text, std::size_t end);          // name = "value"
// getenv("NAME", "default") and process.env.NAME || "default".
std::optional<Hit> judge_fallback(std::string_view text, std::size_t end, bool call);
std::optional<Hit> judge_log(std::string_view text, std::size_t end, Kind kind);
// A password by its place: in the record of a connection, beside the name of a service, or compared with what is typed.
std::optional<Hit> judge_password(std::string_view text, std::size_t end, Kind kind);
std::optional<Hit> judge_compared(std::string_view text, std::size_t end, Kind kind);
std::optional<Hit> judge_login(std::string_view text, std::size_t end);  // server.login("a@b", "password")
std::optional<Hit> judge_public_name(std::string_view text,
                                     std::size_t end);  // a variable that is built into browser code

// ?api_key=…, "Bearer …"
std::optional<Hit> judge_carried(std::string_view text, std::size_t end, Kind kind);

// What those that read words ask of names and values.
std::string to_snake(std::string_view name);
bool names_service(std::string_view snake);                        // db_password, but not password or new_password
bool says_nothing(std::string_view name, std::string_view value);  // a label, a type, a reference, another name

}  // namespace gatehouse::audit::secrets
