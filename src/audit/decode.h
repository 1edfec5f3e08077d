// From the bytes of a file to text.
#pragma once

#include <cstdint>
#include <string>

#include "audit/source.h"

namespace gatehouse::audit {

enum class Content : std::uint8_t {
  text,       // to be read
  binary,     // not text, and its name never said so
  stream,     // named like TypeScript (.ts) and a film in packets of 188 bytes
  encrypted,  // by git-crypt: what is in it is not in the tree
};

// Says what `bytes` hold and makes them UTF-8 without a mark at the beginning. UTF-16 with its mark is what the
// redirections of PowerShell write: .env, requirements.txt. Bytes of zero in a source file become blanks.
// Stops: a zero in a comment, that ends the file for a parser and not for whoever runs it.
Content decode(const Entry& entry, std::string& bytes);

}  // namespace gatehouse::audit
