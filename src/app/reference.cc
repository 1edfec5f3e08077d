#include "app/reference.h"

#include <algorithm>
#include <map>

#include "app/sections.h"
#include "audit/catalog.h"
#include "base/text.h"
#include "controls/catalog.h"
#include "controls/policy.h"

namespace gatehouse::app {
namespace {

using conf::KeyDoc;

std::string escaped(std::string_view s) {
  std::string out;
  for (char c : s) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

bool is_table(const KeyDoc& k) {
  return k.type == "table" || k.type == "list of tables" || k.type == "table of tables";
}

std::string made_by(std::string_view what) {
  return "<!-- Generated from " + std::string(what) +
         ". GATEHOUSE_WRITE_DOCS=1 build/dev/src/app_test writes it anew. -->\n\n";
}

template <class List>
std::string joined(const List& list, std::string_view before = "", std::string_view between = ", ") {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += between;
    out += before;
    out += item;
  }
  return out;
}

std::string weaknesses(const std::vector<int>& cwe) {
  std::string out;
  for (int n : cwe)
    out += (out.empty() ? "[CWE-" : ", [CWE-") + std::to_string(n) + "](https://cwe.mitre.org/data/definitions/" +
           std::to_string(n) + ".html)";
  return out;
}

// What a finding of a rule or a control refers to, as one line.
std::string references(const proof::Finding& f) {
  std::string out = weaknesses(f.cwe);
  if (!f.owasp_2021.empty()) out += "; OWASP Top 10 " + f.owasp_2021 + ":2021, " + f.owasp_2025 + ":2025";
  if (!f.asvs.empty()) out += "; ASVS " + joined(f.asvs);
  if (!f.requirements.empty()) out += "; [requirements](../requirements.md) " + joined(f.requirements);
  return out;
}

std::string mitigation(std::string_view line) {
  return line.starts_with('[') ? "`" + std::string(line) + "`" : std::string(line);
}

std::string control_page(const controls::Control& c, const std::vector<KeyDoc>& keys) {
  const proof::Card& card = c.card();
  const std::string id(card.id);
  std::string out = "# " + id + "\n\n" + made_by("the card and the description of src/controls/" + id) + "**" +
                    std::string(card.title) + ".** Without it: " + std::string(proof::text(card.severity)) + ".\n\n";
  out += "## What it stops\n\n" + std::string(card.attack) + "\n\n" + std::string(card.impact) + "\n\n";
  out += "## Configuration\n\n";
  std::string rows = key_rows(keys, id);
  for (const KeyDoc& k : keys)
    if (is_table(k) && k.path.starts_with(id + "."))
      if (const std::string more = key_rows(keys, k.path); !more.empty())
        rows += "\n`" + k.path + "`: " + k.doc + ".\n\n" + more;
  out += rows.empty() ? "Nothing to set.\n\n" : "`[" + id + "]`\n\n" + rows + "\n";
  out += std::string(c.per_route() ? "May stand in `[[host]]` and `[[route]]`, too." : "Holds for the whole gate.") +
         (c.can_disable() ? " `enabled = false` needs a `reason`." : " It cannot be switched off.") +
         (c.can_observe() ? " `mode = \"observe\"` with `until = DATE` records what it would refuse.\n\n" : "\n\n");
  out += "## Refusals\n\n";
  if (c.codes().empty()) {
    out += "It turns nothing away.\n\n";
  } else {
    out += "| code | status | when |\n|---|---|---|\n";
    for (gate::Code code : c.codes()) {
      const gate::CodeInfo& i = gate::info(code);
      out += "| [`" + std::string(i.text) + "`](../refusals.md) | " + std::to_string(i.status) + " | " +
             escaped(i.meaning) + " |\n";
    }
    out += "\n";
  }
  out += "## Seen from outside\n\n";
  if (c.probes().empty()) out += "No probe: nothing of it can be seen from outside.\n\n";
  for (const proof::Probe& p : c.probes())
    out += "- `" + std::string(p.id) + "`" + (p.active ? ", with `--active`: it sends writes" : "") + "\n";
  if (!c.probes().empty())
    out += "\n```sh\ngatehouse audit --url https://app.example.com --only " + std::string(c.probes().front().id) +
           "\n```\n\n";
  out += "## Closing it\n\n- At the edge: " + mitigation(card.mitigation) +
         "\n- In the application: " + std::string(card.fix) + "\n- May be wrong: " + std::string(card.false_positive) +
         "\n\n";
  proof::Finding f = proof::from_card(card, id);
  out += "References: " + references(f) + ".\n";
  return out;
}

std::string rule_text(const audit::Rule& r) {
  const proof::Finding& f = r.finding;
  std::string out = "## " + f.id + " " + f.title + "\n\n" + std::string(proof::text(f.severity)) + ", confidence " +
                    std::string(proof::text(f.confidence)) + (r.live ? "; seen on a running site" : "") +
                    (r.matches.empty() ? "" : "; found by pattern") + ".\n\n";
  out += f.impact + "\n\n- Fix: " + f.fix + "\n";
  if (!f.mitigation.empty())
    out += "- At the edge: " + mitigation(f.mitigation) +
           (f.control.empty() ? "" : " ([" + f.control + "](../controls/" + f.control + ".md))") + "\n";
  if (!f.false_positive.empty()) out += "- May be wrong: " + f.false_positive + "\n";
  return out + "- References: " + references(f) + "\n\n";
}

// "rules/django.toml" -> "django"
std::string family(const audit::Rule& r) {
  const std::string& file = r.place.file;
  const std::size_t slash = file.rfind('/') + 1;
  return file.substr(slash, file.rfind('.') - slash);
}

}  // namespace

std::string key_rows(const std::vector<KeyDoc>& keys, const std::string& parent) {
  std::string out;
  const std::string begin = parent.empty() ? "" : parent + ".";
  for (const KeyDoc& k : keys) {
    if (is_table(k) || !k.path.starts_with(begin)) continue;
    const std::string name = k.path.substr(begin.size());
    if (name.find_first_of(".[<") != name.npos) continue;
    if (out.empty()) out = "| key | type | default | meaning |\n|---|---|---|---|\n";
    const std::string otherwise = k.required                ? "required"
                                  : k.default_value.empty() ? ""
                                                            : "`" + escaped(k.default_value) + "`";
    out += "| `" + name + "` | " + escaped(k.type) + " | " + otherwise + " | " + escaped(k.doc) + " |\n";
  }
  return out;
}

std::vector<Page> control_pages() {
  ServiceConfigs services;
  const controls::Catalog catalog = controls::catalog();
  const auto tables = sections(services);
  const auto keys = conf::document(controls::description(catalog, tables));
  std::vector<Page> out;
  std::string index = "# Controls\n\n" + made_by("the catalogue of controls") +
                      "A control is one thing an attacker wants, one rule that stops it, and one way to see from "
                      "outside that it is\nstopped. In the order of the way in.\n\n| control | without it | severity | "
                      "requirements |\n|---|---|---|---|\n";
  for (const auto& c : catalog) {
    const proof::Card& card = c->card();
    const std::string id(card.id);
    index += "| [" + id + "](" + id + ".md) | " + escaped(card.title) + " | " +
             std::string(proof::text(card.severity)) + " | " + joined(card.requirements) + " |\n";
    out.push_back({"controls/" + id + ".md", control_page(*c, keys)});
  }
  out.insert(out.begin(), {"controls/README.md", std::move(index)});
  return out;
}

std::vector<Page> rule_pages() {
  std::map<std::string, std::string> pages;
  std::string index = "# Rules of the audit\n\n" + made_by("rules/*.toml") +
                      "Every finding that `gatehouse audit` makes from a project's files, and from a running site "
                      "where no control's probe\nmakes it. `gatehouse explain ID` prints one; [the form of "
                      "rules](../../rules/README.md) tells how to write one's own.\n\n| id | finding | severity "
                      "|\n|---|---|---|\n";
  for (const audit::Rule& r : audit::rules()) {
    const std::string name = family(r);
    std::string& page = pages[name];
    if (page.empty()) page = "# Rules: " + name + "\n\n" + made_by("rules/" + name + ".toml");
    page += rule_text(r);
    index += "| [" + r.finding.id + "](" + name + ".md) | " + escaped(r.finding.title) + " | " +
             std::string(proof::text(r.finding.severity)) + " |\n";
  }
  std::vector<Page> out{{"rules/README.md", std::move(index)}};
  for (auto& [name, text] : pages) {
    while (text.ends_with("\n\n")) text.pop_back();
    out.push_back({"rules/" + name + ".md", std::move(text)});
  }
  return out;
}

}  // namespace gatehouse::app
