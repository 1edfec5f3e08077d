// Whether the database itself sees to it that no two accounts have the same address.
#pragma once

#include <memory>
#include <string_view>

#include "audit/check.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct AccountAddresses {
  bool unique = false;  // somewhere an address is said to be one of a kind
  Spot column;          // the first address of an account that is not; at line 0 when there is none
};

// Mappers of Python and scripts, Prisma, CREATE TABLE; for one text.
void read_account_addresses(std::string_view path, std::string_view text, AccountAddresses& out);
std::unique_ptr<Reader> account_addresses_reader();
std::unique_ptr<Check> account_addresses_check();

}  // namespace gatehouse::audit::source
