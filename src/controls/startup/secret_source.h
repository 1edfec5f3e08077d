// Where references to secrets lead: the environment of the process, and files.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/conf/values.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::controls::startup {

struct Held {
  Secret bytes;                  // of a file: without the newline at its end
  std::optional<unsigned> mode;  // permission bits, of a file
};

class SecretSource {
 public:
  virtual ~SecretSource() = default;
  // Problem code "missing_secret"; its detail is one sentence for the operator and never holds the secret.
  virtual Result<Held> read(const conf::SecretRef& ref) const = 0;
};

class SystemSecrets final : public SecretSource {
 public:
  using Variable = std::function<std::optional<std::string>(std::string_view)>;
  explicit SystemSecrets(Variable variable) : variable_(std::move(variable)) {}
  Result<Held> read(const conf::SecretRef& ref) const override;

 private:
  Variable variable_;
};

}  // namespace gatehouse::controls::startup
