#include "audit/audit.h"
#include "audit/readers/env.h"
#include "audit/secrets/reader.h"
#include "audit/source/pack.h"

namespace gatehouse::audit {

Pack source_pack() {
  Pack pack;
  pack.readers.push_back(std::make_unique<EnvReader>());
  secrets::add_secrets(pack);
  source::add_source(pack);
  return pack;
}

}  // namespace gatehouse::audit
