// Reads tables of a rule file strictly: what nobody asked for is a finding, with its place and a remedy.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/conf/node.h"

namespace gatehouse::audit {

// One table. Every key is asked for once; `finish` then complains about the rest. Findings come in the order asked.
class Fields {
 public:
  Fields(const conf::Node& table, std::string path, conf::Findings& findings);

  enum class Need : unsigned char { optional, required };
  std::string text(std::string_view key, Need need = Need::optional);  // empty when absent or faulty
  std::vector<std::string> texts(std::string_view key);                // a list of strings, or one string alone
  // A list of lists of texts: each inner one joined, so that a file can hold what must not stand in it whole.
  std::vector<std::string> joined(std::string_view key);
  std::vector<int> numbers(std::string_view key);  // a list of whole numbers from 0 to a million
  // A string that must be one of the names; `otherwise` when absent or faulty.
  template <class E>
  E choice(std::string_view key, std::initializer_list<std::pair<std::string_view, E>> names, E otherwise) {
    std::vector<std::string_view> known;
    for (const auto& [name, value] : names) known.push_back(name);
    const int at = one_of(key, known);
    return at < 0 ? otherwise : (names.begin() + at)->second;
  }
  // A list of tables ([[key]]); each is finished after `read`.
  void each(std::string_view key, const std::function<void(Fields&)>& read);

  bool has(std::string_view key) const { return table_.find(key) != nullptr; }
  std::vector<std::string> keys() const;  // in the order of the text
  const conf::Place& place() const { return table_.place; }
  void bad(std::string_view key, std::string message, std::string remedy);
  void finish();

 private:
  const conf::Node* take(std::string_view key);
  int one_of(std::string_view key, const std::vector<std::string_view>& names);
  const conf::Node& table_;
  std::string path_;
  conf::Findings& findings_;
  std::vector<std::string> asked_;
};

}  // namespace gatehouse::audit
