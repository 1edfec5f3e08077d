#include "audit/vulnerabilities.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

struct Piece {
  bool number = false;
  std::uint64_t value = 0;
  std::string word;
};

// "1.2.0-rc.1" and "1.2rc1" come apart the same way: 1 2 0 rc 1.
std::vector<Piece> pieces(std::string_view v) {
  if (v.starts_with('v')) v.remove_prefix(1);
  v = v.substr(0, v.find('+'));
  std::vector<Piece> out;
  for (std::size_t i = 0; i < v.size();) {
    std::size_t end = i;
    if (text::is_digit(v[i])) {
      while (end < v.size() && text::is_digit(v[end])) ++end;
      out.push_back({true, text::parse_u64(v.substr(i, end - i)).value_or(UINT64_MAX), {}});
    } else if (text::is_alpha(v[i])) {
      while (end < v.size() && text::is_alpha(v[end])) ++end;
      out.push_back({false, 0, text::to_lower(v.substr(i, end - i))});
    } else {
      end = i + 1;
    }
    i = end;
  }
  return out;
}

// What stands behind the release's numbers: a pre-release (0), nothing (1), or a post-release (2).
int rank(const std::vector<Piece>& p, std::size_t i) { return i >= p.size() ? 1 : p[i].word == "post" ? 2 : 0; }

std::string cut(std::string_view s) { return text::printable(s, 300); }

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  const auto x = pieces(a), y = pieces(b);
  auto release = [](const std::vector<Piece>& p) {
    return static_cast<std::size_t>(std::find_if(p.begin(), p.end(), [](const Piece& q) { return !q.number; }) -
                                    p.begin());
  };
  // The release's numbers first, missing ones as zeros; then what stands behind them.
  const std::size_t rx = release(x), ry = release(y);
  for (std::size_t i = 0; i < std::max(rx, ry); ++i) {
    const std::uint64_t m = i < rx ? x[i].value : 0, n = i < ry ? y[i].value : 0;
    if (m != n) return m < n ? -1 : 1;
  }
  if (const int m = rank(x, rx), n = rank(y, ry); m != n) return m < n ? -1 : 1;
  for (std::size_t i = 0;; ++i) {
    const bool more_x = rx + i < x.size(), more_y = ry + i < y.size();
    if (!more_x || !more_y) return more_x == more_y ? 0 : more_x ? 1 : -1;
    const Piece &p = x[rx + i], &q = y[ry + i];
    if (p.number != q.number) return p.number ? -1 : 1;  // SemVer: numbers before words
    if (p.value != q.value) return p.value < q.value ? -1 : 1;
    if (p.word != q.word) return p.word < q.word ? -1 : 1;
  }
}

Result<Vulnerabilities> Vulnerabilities::parse(std::string_view text) {
  Vulnerabilities out;
  const json::Limits limits{.depth = 32, .bytes = std::size_t{1} << 30, .allow_duplicate_members = true};
  auto add = [&](const json::Value& record) {
    const json::Value* affected = record.find("affected");
    if (affected == nullptr || record.find("withdrawn") != nullptr) return;
    for (const json::Value& a : affected->array()) {
      const json::Value* package = a.find("package");
      if (package == nullptr) continue;
      Record r;
      r.id = std::string(record.string_at("id").value_or(""));
      r.summary = cut(record.string_at("summary").value_or(record.string_at("details").value_or("")));
      if (const json::Value* s = record.find("database_specific"))
        r.severity = std::string(s->string_at("severity").value_or(""));
      r.ecosystem = std::string(package->string_at("ecosystem").value_or(""));
      r.package = text::to_lower(package->string_at("name").value_or(""));
      if (r.ecosystem != "npm" && r.ecosystem != "PyPI") continue;
      if (const json::Value* versions = a.find("versions"))
        for (const json::Value& v : versions->array()) r.versions.emplace_back(v.string().value_or(""));
      if (const json::Value* ranges = a.find("ranges"))
        for (const json::Value& range : ranges->array()) {
          if (range.string_at("type").value_or("") == "GIT" || range.find("events") == nullptr) continue;
          for (const json::Value& e : range.find("events")->array()) {
            if (auto v = e.string_at("introduced")) r.ranges.push_back({std::string(*v), {}, {}});
            if (auto v = e.string_at("fixed"); v && !r.ranges.empty()) r.ranges.back().fixed = *v;
            if (auto v = e.string_at("last_affected"); v && !r.ranges.empty()) r.ranges.back().last_affected = *v;
          }
        }
      const std::string key = r.ecosystem + "/" + r.package;
      out.records_.emplace(key, std::move(r));
    }
  };
  const std::string_view trimmed = text::trim(text);
  if (trimmed.starts_with('[') || (trimmed.starts_with('{') && trimmed.find("\n{") == std::string_view::npos)) {
    const auto doc = json::parse(trimmed, limits);
    if (!doc) return fail(gatehouse::Source::us, "bad_database", doc.error().text());
    const json::Value* list = doc->is_object() ? doc->find("vulns") : &*doc;
    if (list == nullptr) {
      add(*doc);
      return out;
    }
    for (const json::Value& record : list->array()) add(record);
    return out;
  }
  int number = 0;
  for (std::string_view line : text::split(trimmed, '\n')) {
    ++number;
    if (text::trim(line).empty()) continue;
    const auto doc = json::parse(line, limits);
    if (!doc)
      return fail(gatehouse::Source::us, "bad_database",
                  "record " + std::to_string(number) + ": " + doc.error().text());
    add(*doc);
  }
  return out;
}

std::string Vulnerabilities::write() const {
  std::set<std::string> lines;
  for (const auto& [key, r] : records_) {
    json::Value package{json::Object{}};
    package.set("ecosystem", r.ecosystem);
    package.set("name", r.package);
    json::Value ranges{json::Array{}};
    for (const Record::Range& range : r.ranges) {
      json::Value events{json::Array{}};
      auto event = [&](std::string_view name, const std::string& v) {
        if (v.empty()) return;
        json::Value e{json::Object{}};
        e.set(name, v);
        events.push(std::move(e));
      };
      event("introduced", range.introduced);
      event("fixed", range.fixed);
      event("last_affected", range.last_affected);
      json::Value one{json::Object{}};
      one.set("type", "ECOSYSTEM");
      one.set("events", std::move(events));
      ranges.push(std::move(one));
    }
    json::Value versions{json::Array{}};
    for (const std::string& v : r.versions) versions.push(v);
    json::Value affected{json::Object{}};
    affected.set("package", std::move(package));
    affected.set("ranges", std::move(ranges));
    affected.set("versions", std::move(versions));
    json::Value list{json::Array{}};
    list.push(std::move(affected));
    json::Value specific{json::Object{}};
    specific.set("severity", r.severity);
    json::Value record{json::Object{}};
    record.set("id", r.id);
    record.set("summary", r.summary);
    record.set("database_specific", std::move(specific));
    record.set("affected", std::move(list));
    lines.insert(json::write(record));
  }
  std::string out;
  for (const std::string& l : lines) out += l + "\n";
  return out;
}

std::vector<const Vulnerabilities::Record*> Vulnerabilities::affecting(const Dependency& d) const {
  std::vector<const Record*> out;
  if (d.version.empty()) return out;
  const auto [from, to] = records_.equal_range(d.ecosystem + "/" + d.name);
  for (auto it = from; it != to; ++it) {
    const Record& r = it->second;
    bool hit = std::find(r.versions.begin(), r.versions.end(), d.version) != r.versions.end();
    for (const Record::Range& range : r.ranges) {
      if (range.introduced != "0" && compare_versions(d.version, range.introduced) < 0) continue;
      if (!range.fixed.empty() && compare_versions(d.version, range.fixed) >= 0) continue;
      if (!range.last_affected.empty() && compare_versions(d.version, range.last_affected) > 0) continue;
      hit = true;
    }
    if (hit) out.push_back(&r);
  }
  return out;
}

void VulnerabilityCheck::look(const Project& project, Sink& sink) const {
  if (project.dependencies.empty()) return;
  if (!database_) {
    sink.not_checked(
        "known vulnerabilities of packages, save for the gravest of a few: no database was given (gatehouse audit db "
        "update --from FILE)");
    return;
  }
  std::set<std::string> told;
  std::size_t looked = 0, unsettled = 0;
  for (const Dependency& d : project.dependencies) {
    if (d.version.empty()) {
      ++unsettled;
      continue;
    }
    ++looked;
    for (const auto* r : database_->affecting(d)) {
      if (!told.insert(r->id + d.name + d.version).second) continue;
      std::string fixed;
      for (const auto& range : r->ranges)
        if (!range.fixed.empty()) fixed = range.fixed;
      auto& f =
          sink.find("DEP-004", d.path, std::max(1, d.line), d.name + " " + d.version + ": " + r->id + " " + r->summary);
      f.title = "Known vulnerability in " + text::printable(d.name) + ": " + text::printable(r->id);
      if (!fixed.empty()) f.fix = "Update to " + text::printable(fixed) + " or later.";
      const std::string s = text::to_lower(r->severity);
      f.severity = s == "critical"                    ? proof::Severity::critical
                   : s == "moderate" || s == "medium" ? proof::Severity::medium
                   : s == "low"                       ? proof::Severity::low
                                                      : proof::Severity::high;
      if (d.dev) f.severity = std::min(f.severity, proof::Severity::low);
    }
  }
  if (told.empty() && looked > 0)
    sink.positive(std::to_string(looked) +
                  " settled package versions stand in no record of the vulnerability database.");
  if (unsettled > 0 && looked == 0)
    sink.not_checked("known vulnerabilities of packages: no version is settled by a pin or a lock file");
}

}  // namespace gatehouse::audit
