#include "gate/refusals_page.h"

#include "gate/code.h"

namespace gatehouse::gate {

std::string refusals_page() {
  std::string page =
      "# Refusals\n\n"
      "<!-- Generated from src/gate/code.cc. GATEHOUSE_WRITE_DOCS=1 build/dev/src/gate_test writes it anew. -->\n\n"
      "When gatehouse turns a request away, it answers with one shape. The code is stable: programs may depend on it.\n"
      "The message is for people and may change. The reason in detail stands in the log only;\n"
      "`gatehouse why REQUEST_ID` explains it.\n\n"
      "```json\n"
      "{\"error\":{\"code\":\"rate_limited\",\"message\":\"Too many requests. Please wait before trying again.\","
      "\"request_id\":\"4f6c…\"}}\n"
      "```\n\n"
      "A browser that asks for a page gets the same as a small HTML page. `HEAD` gets the status without a body.\n"
      "Every refusal carries `Cache-Control: no-store`.\n\n"
      "| code | status | when | remedy |\n"
      "|---|---|---|---|\n";
  for (const CodeInfo& c : all_codes()) {
    if (c.code == Code::none) continue;
    page.append("| `").append(c.text).append("` | ").append(std::to_string(c.status)).append(" | ");
    page.append(c.meaning).append(" | ").append(c.remedy).append(" |\n");
  }
  return page;
}

}  // namespace gatehouse::gate
