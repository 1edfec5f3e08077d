#include "gate/error_page.h"

#include <array>
#include <charconv>

namespace gatehouse::gate {
namespace {

constexpr std::string_view kStyle =
    "\n"
    ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#f6f7f9;--card:#fff;--line:#dfe3e8}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#9aa6b5;--paper:#11161d;--card:#19202a;--line:#"
    "2b3542}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--"
    "ink);\n"
    "font:1rem/1.6 system-ui,sans-serif}\n"
    "main{width:100%;max-width:34rem;padding:2.5rem;background:var(--card);border:1px solid "
    "var(--line);border-radius:.75rem}\n"
    "p{margin:0}\n"
    ".status{font-size:.875rem;letter-spacing:.08em;color:var(--soft);font-variant-numeric:tabular-nums}\n"
    "h1{margin:.5rem 0 1.5rem;font-size:1.375rem;line-height:1.35;font-weight:600;text-wrap:balance}\n"
    ".id{padding-top:1rem;border-top:1px solid var(--line);font-size:.875rem;color:var(--soft)}\n"
    "code{font:.8125rem/1.6 ui-monospace,monospace;color:var(--ink);overflow-wrap:anywhere;user-select:all}\n"
    "";

// The hash is of kStyle; a test computes it anew.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'sha256-QfT+GRa2Cbjo1GiPPMAddUGVMmXdqZwTKKAONRKjN9A='; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<meta name=\"robots\" content=\"noindex\">\n<title>";

}  // namespace

std::string_view error_page(Arena& arena, int status, std::string_view message, std::string_view id) {
  std::array<char, 12> digits;
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
  std::string_view number(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return arena.join(kHead, message, "</title>\n<style>", kStyle,
                    "</style>\n</head>\n<body>\n<main>\n<p class=\"status\">", "Error ", number, "</p>\n<h1>", message,
                    "</h1>\n<p class=\"id\">If you ask for help, mention this number:<br>\n<code>", id,
                    "</code></p>\n</main>\n</body>\n</html>\n");
}

std::string_view error_page_policy() { return kPolicy; }
std::string_view error_page_style() { return kStyle; }

}  // namespace gatehouse::gate
