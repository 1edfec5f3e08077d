// Readers look at one file at a time and gather facts; checks then judge the whole project.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/given_up.h"
#include "audit/project.h"
#include "audit/source.h"
#include "proof/report.h"

namespace gatehouse::audit {

struct Rule;  // catalog.h

// Where findings go. What stands in tests, examples and documents is told apart later, in one place (settle.h).
class Sink {
 public:
  // A finding of a rule, to be refined by the caller. The reference holds until the audit ends.
  proof::Finding& find(const Rule& rule, proof::Location at, std::string evidence);
  // Of the catalog's rule `id`; one that is not there is a bug and throws.
  proof::Finding& find(std::string_view id, proof::Location at, std::string evidence);
  proof::Finding& find(std::string_view id, std::string_view path, int line, std::string evidence) {
    return find(id, proof::Location{std::string(path), line, line, {}}, std::move(evidence));
  }
  // What a later look showed to be no fault is left out of the report; the reference holds all the same.
  void take_back(const proof::Finding& finding) { taken_back_.insert(&finding); }
  const std::set<const proof::Finding*>& taken_back() const { return taken_back_; }
  void positive(std::string text);     // kept once
  void not_checked(std::string text);  // left out by design, or for want of something; kept once
  // What should have been read and was given up: the run is incomplete.
  void gave_up(GivenUp what) { given_up_.push_back(std::move(what)); }

  std::deque<proof::Finding>& findings() { return findings_; }
  const std::vector<std::string>& positives() const { return positives_; }
  const std::deque<proof::Finding>& findings() const { return findings_; }
  const std::vector<std::string>& gaps() const { return not_checked_; }
  const std::vector<GivenUp>& given_up() const { return given_up_; }

 private:
  std::deque<proof::Finding> findings_;
  std::set<const proof::Finding*> taken_back_;
  std::vector<std::string> positives_, not_checked_;
  std::vector<GivenUp> given_up_;
};

// Reads one file at a time: environment files first, then manifests and lock files, then sources, then what was built
// for browsers; within each by path. May report at once what needs no context.
class Reader {
 public:
  virtual ~Reader() = default;
  // Before the first file.
  virtual void begin(Project&, Sink&) {}
  virtual bool wants(const Entry& entry) const = 0;
  // True for readers of raw bytes: they also get what is too large or too dense to parse, up to 64 MiB.
  virtual bool takes_patterns_only() const { return false; }
  virtual void read(const Source& source, Project& project, Sink& sink) = 0;
};

// Judges when every file was read: absence and contradiction are seen only now.
class Check {
 public:
  virtual ~Check() = default;
  virtual void look(const Project& project, Sink& sink) const = 0;
};

struct Pack {
  std::vector<std::unique_ptr<Reader>> readers;
  std::vector<std::unique_ptr<Check>> checks;
};

// A short piece of a line for evidence: trimmed, printable, at most 200 bytes.
std::string quote(std::string_view line);

}  // namespace gatehouse::audit
