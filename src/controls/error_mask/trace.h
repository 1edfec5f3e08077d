// Recognizes what frameworks print when they fail: stack traces, debug pages, raw database errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::controls::error_mask {

struct Trace {
  std::string_view kind;  // "python", "node", "java", "go", "php", "ruby", "dotnet", "rust", "database"
  std::string exception;  // the class, never the message; empty when none is found
  std::string frame;      // the innermost place in code; empty when none is found
};

// Is there one in this text (plain, HTML or JSON)? The kind, or empty. Linear in the text; allocates nothing.
std::string_view trace_kind(std::string_view body);

// The kind with exception class and top frame, for the record. Both are short and printable.
std::optional<Trace> find_trace(std::string_view body);

// The exception class that a failed answer names even without a trace, for example in {"detail":"ValueError: …"}.
std::string exception_class(std::string_view body);

}  // namespace gatehouse::controls::error_mask
