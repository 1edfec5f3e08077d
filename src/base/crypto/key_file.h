// Private keys in files that only their owner can read.
#pragma once

#include <string>

#include "base/crypto/key.h"

namespace gatehouse::crypto {

// Reads a PEM private key. Refused with "bad_key_file" when it is not a regular file, belongs to somebody else, or can
// be read or written by group or others (the detail tells the chmod); "missing" when there is none.
Result<SigningKey> read_key_file(const std::string& path);

// Writes a new file, mode 0600, whole or not at all, and flushed to the disk. "exists" when there is one already.
Result<void> write_key_file(const std::string& path, const SigningKey& key);

// The key in the file; made there, with its folder (0700), when absent. Two processes that race get the same key.
Result<SigningKey> read_or_make_key_file(const std::string& path, KeyKind kind);

}  // namespace gatehouse::crypto
