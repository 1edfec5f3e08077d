#include "audit/rules/embedded.h"

// GATEHOUSE_RULE_LIST is a file of lines GATEHOUSE_RULE_FILE(name, "path"), made by the build from what stands in
// rules/.
#define GATEHOUSE_RULE_FILE(name, path)                                                                       \
  __asm__(".section .rodata\n.global gatehouse_rules_" #name "\ngatehouse_rules_" #name ":\n.incbin \"" path  \
          "\"\n.global gatehouse_rules_end_" #name "\ngatehouse_rules_end_" #name ":\n.byte 0\n.previous\n"); \
  extern "C" const char gatehouse_rules_##name[];                                                             \
  extern "C" const char gatehouse_rules_end_##name[];
#include GATEHOUSE_RULE_LIST
#undef GATEHOUSE_RULE_FILE

namespace gatehouse::audit {

std::span<const RuleFile> embedded_rules() {
#define GATEHOUSE_RULE_FILE(name, path) \
  {"rules/" #name ".toml",              \
   {gatehouse_rules_##name, static_cast<std::size_t>(gatehouse_rules_end_##name - gatehouse_rules_##name)}},
  static const RuleFile files[] = {
#include GATEHOUSE_RULE_LIST
  };
#undef GATEHOUSE_RULE_FILE
  return files;
}

}  // namespace gatehouse::audit
