#include "audit/source/recurring.h"

#include <algorithm>

namespace gatehouse::audit::source {

proof::Finding* Recurring::find(Sink& sink, std::string_view id, const Spot& at) {
  return find(sink, id, at.at, at.shown);
}

proof::Finding* Recurring::find(Sink& sink, std::string_view id, const proof::Location& at, const std::string& shown) {
  if (finding_ == nullptr) return finding_ = &sink.find(id, at, shown);
  auto& all = finding_->locations;
  const auto here = [&](const proof::Location& l) { return l.line == at.line && l.path == at.path; };
  if (all.size() < most_places_ && std::none_of(all.begin(), all.end(), here)) {
    all.push_back(at);
    finding_->evidence.push_back(shown);
  }
  return nullptr;
}

proof::Finding* Recurring::hit(File& file, std::string_view id, syntax::Node at) {
  if (finding_ == nullptr) return finding_ = &file.hit(id, at);
  if (finding_->locations.size() < most_places_) also(*finding_, file, at);
  return nullptr;
}

}  // namespace gatehouse::audit::source
