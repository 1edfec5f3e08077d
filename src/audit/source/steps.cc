#include "audit/source/steps.h"

namespace gatehouse::audit::source {

void in_turn(File& file, std::initializer_list<std::function<void()>> steps) {
  const auto& found = file.sink.findings();
  std::vector<std::pair<std::size_t, std::size_t>> doubtful;
  if (file.tree.spent()) doubtful.emplace_back(found.size(), found.size());  // by the questions that all of them share
  for (const auto& step : steps) {
    if (file.tree.spent() && !file.tree.renew()) break;
    const std::size_t before = found.size();
    step();
    if (file.tree.spent()) doubtful.emplace_back(before, found.size());
  }
  if (doubtful.empty()) return;
  // What the whole project is asked later rests on this file's part, too.
  doubtful.emplace_back(found.size(), static_cast<std::size_t>(-1));
  file.sink.gave_up({.path = std::string(file.path),
                     .why = "checks stopped half-way, the file is too tangled",
                     .doubtful = std::move(doubtful)});
}

}  // namespace gatehouse::audit::source
