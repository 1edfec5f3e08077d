#include "audit/readers/terraform.h"

#include <algorithm>

#include "audit/readers/deployment.h"
#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// Blanks left out, lower case: `Principal = "*"` and `"Principal": "*"` become one spelling each.
std::string tight(std::string_view line) {
  std::string out;
  for (char c : line)
    if (c != ' ' && c != '\t') out += text::lower(c);
  return out;
}

int port_of(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return -1;
  int out = 0;
  std::size_t i = at + key.size();
  if (i >= line.size() || !text::is_digit(line[i])) return -1;
  for (; i < line.size() && text::is_digit(line[i]) && out < 100000; ++i) out = out * 10 + (line[i] - '0');
  return out;
}

// Stops: a data store, or a console of the machine, that the whole internet may knock at.
void openings(const Source& source, Sink& sink) {
  int from = -1, to = -1, open = 0;
  bool inward = false;
  for (int i = 1; i <= source.lines(); ++i) {
    const std::string line = tight(source.line(i));
    if (line.starts_with("#") || line.starts_with("//")) continue;
    if (line.starts_with("ingress") || has(line, "\"aws_security_group_rule\"") ||
        has(line, "aws_vpc_security_group_ingress_rule")) {
      inward = true;
      from = to = -1;
      open = 0;
    }
    if (has(line, "type=\"egress\"") || line.starts_with("egress")) inward = false;
    if (!inward) continue;
    if (const int p = port_of(line, "from_port="); p >= 0) from = p;
    if (const int p = port_of(line, "to_port="); p >= 0) to = p;
    if (has(line, "\"0.0.0.0/0\"")) open = i;
    if (!line.starts_with("}")) continue;
    inward = false;
    if (open == 0 || from < 0) continue;
    const Store* store = from == to ? store_at(std::to_string(from)) : nullptr;
    const bool everything = from == 0 && (to == 65535 || to == 0);
    if (store == nullptr && !everything && from != 22 && from != 3389) continue;
    auto& f = sink.find("INF-001", source.path(), open, "ingress " + std::to_string(from) + " from 0.0.0.0/0");
    f.fix = "Name the addresses or the security group that need it.";
    if (store != nullptr) {
      f.title = std::string(store->name) + " is open to every network";
    } else if (everything) {
      f.title = "Every port is open to every network";
    } else {
      f.title = from == 22 ? "SSH is open to every network" : "Remote desktop is open to every network";
      f.impact = "Passwords and faults of the service can be tried from everywhere.";
      f.severity = proof::Severity::medium;
    }
  }
}

// variable "db_password" { default = "…" }
void defaults(const Source& source, Sink& sink) {
  std::string name;
  for (int i = 1; i <= source.lines(); ++i) {
    const std::string_view line = text::trim(source.line(i));
    if (line.starts_with("variable \"")) name = line.substr(10, line.find('"', 10) - 10);
    if (line.starts_with("}")) name.clear();
    if (name.empty() || !line.starts_with("default")) continue;
    const std::size_t open = line.find('"'), close = line.rfind('"');
    if (open == std::string_view::npos || close <= open + 1) continue;
    const std::string_view value = line.substr(open + 1, close - open - 1);
    if (literal_secret(name, value))
      sink.find("SEC-013", source.path(), i,
                text::printable(name) + " falls back to \"" +
                    (secrets::is_sample(value) || stock_password(value) ? text::printable(value, 60)
                                                                        : secrets::redact(value)) +
                    "\"");
  }
}

// Stops: passwords and tokens read on their way, in front of a balancer that speaks nothing but HTTP.
void listeners(const Source& source, Sink& sink) {
  int clear = 0, opened = 0;
  bool tls = false, http = false, redirects = false;
  for (int i = 1; i <= source.lines(); ++i) {
    const std::string line = tight(source.line(i));
    if (line.starts_with("resource\"aws_lb_listener\"") || line.starts_with("resource\"aws_alb_listener\"")) {
      opened = i;
      http = redirects = false;
    }
    if (opened == 0) continue;
    http = http || has(line, "protocol=\"http\"");
    redirects = redirects || has(line, "redirect");
    tls = tls || has(line, "protocol=\"https\"") || has(line, "protocol=\"tls\"");
    if (!source.line(i).starts_with("}")) continue;
    if (http && !redirects && clear == 0) clear = opened;
    opened = 0;
  }
  if (clear == 0 || tls) return;
  auto& f = sink.find("TLS-001", source.path(), clear, quote(source.line(clear)));
  f.title = "The load balancer speaks plain HTTP only";
  f.severity = proof::Severity::high;
  f.fix = "A listener on 443 with a certificate, and on 80 nothing but the redirect to it.";
}

}  // namespace

void TerraformReader::read(const Source& source, Project&, Sink& sink) {
  openings(source, sink);
  defaults(source, sink);
  listeners(source, sink);
  for (int i = 1; i <= source.lines(); ++i) {
    const std::string line = tight(source.line(i));
    if (line.starts_with("#") || line.starts_with("//")) continue;
    if (line == "publicly_accessible=true") {
      auto& f = sink.find("INF-001", source.path(), i, quote(source.line(i)));
      f.title = "The database has a public address";
      f.fix = "publicly_accessible = false, in a private subnet.";
      f.severity = proof::Severity::medium;
    }
    if (has(line, "acl=\"public-read-write\""))
      sink.find("INF-014", source.path(), i, quote(source.line(i)));
    else if (has(line, "acl=\"public-read\""))
      sink.find("INF-021", source.path(), i, quote(source.line(i)));
    const bool everybody = has(line, "principal=\"*\"") || has(line, "\"principal\":\"*\"") ||
                           has(line, "principal={aws=\"*\"}") || has(line, "identifiers=[\"*\"]");
    if (!everybody) continue;
    // The statement around it: the lines before and behind, up to the next one that names a principal.
    std::string around;
    for (int k = std::max(1, i - 8); k <= std::min(source.lines(), i + 8); ++k) {
      const std::string other = tight(source.line(k));
      if (k != i && has(other, "principal")) {
        if (k < i) around.clear();
        if (k > i) break;
        continue;
      }
      around += other;
    }
    if (has(around, "\"deny\"") || has(around, "condition")) continue;
    if (has(around, "s3:put") || has(around, "s3:delete") || has(around, "s3:list") || has(around, "s3:*"))
      sink.find("INF-014", source.path(), i, quote(source.line(i)));
    else if (has(around, "s3:get"))
      sink.find("INF-021", source.path(), i, quote(source.line(i)));
  }
}

}  // namespace gatehouse::audit
