// The settings of one Django project as a production process would have them. Shared among the judges of settings only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// The settings that a production process would have, the later file over the earlier.
class Settings {
 public:
  Settings(const PythonNotes& notes, const std::set<std::string>& paths) {
    using Profile = SettingsFile::Profile;
    for (const Profile profile : {Profile::common, Profile::production})
      for (const SettingsFile& f : notes.settings) {
        if (f.profile != profile || !paths.contains(f.path)) continue;
        if (!main_ || f.settings.size() > main_->settings.size()) main_ = &f;
        for (const Setting& s : f.settings) {
          if (s.when == Setting::When::debug) {
            debug_only_.push_back(&s);
            continue;
          }
          const auto have = by_name_.find(s.name);
          if (s.when == Setting::When::otherwise && have != by_name_.end()) continue;
          if (have != by_name_.end() && s.value.kind == Value::Kind::list && !s.value.whole &&
              have->second->value.kind == Value::Kind::list)
            extra_[s.name] = have->second;  // MIDDLEWARE = [*MIDDLEWARE, …] or base + […]
          by_name_[s.name] = &s;
        }
        for (const auto& [k, v] : f.rest) rest_[k] = {&v, f.keys.at(k)};
      }
  }

  const Setting* get(std::string_view name) const {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second;
  }
  const std::vector<const Setting*>& debug_only() const { return debug_only_; }
  bool lists(std::string_view name, std::string_view part) const {
    const auto has = [&](const Setting* s) {
      return s && std::any_of(s->value.items.begin(), s->value.items.end(),
                              [&](const std::string& i) { return syntax::contains(i, part); });
    };
    const auto more = extra_.find(name);
    return has(get(name)) || (more != extra_.end() && has(more->second));
  }
  const Value* rest(std::string_view key) const {
    const auto it = rest_.find(key);
    return it == rest_.end() ? nullptr : it->second.first;
  }
  proof::Location rest_at(std::string_view key) const {
    const auto it = rest_.find(key);
    if (it != rest_.end()) return it->second.second;
    if (const Setting* s = get("REST_FRAMEWORK")) return place(s->at.path, s->at.line);
    if (const Setting* s = get("INSTALLED_APPS")) return place(s->at.path, s->at.line);
    return place(main_ ? main_->path : "", 1);
  }
  // Where the absence of a setting is best shown.
  proof::Location home() const {
    if (const Setting* s = get("MIDDLEWARE")) return place(s->at.path, s->at.line);
    return place(main_ ? main_->path : "", 1);
  }

 private:
  const SettingsFile* main_ = nullptr;
  std::map<std::string, const Setting*, std::less<>> by_name_, extra_;
  std::vector<const Setting*> debug_only_;
  std::map<std::string, std::pair<const Value*, proof::Location>, std::less<>> rest_;
};

// What REST framework lets in by default, and how often.
void judge_rest(const Settings& s, const PythonNotes& notes, Sink& sink);
// Throttles that hold for one process, or for addresses that anybody may write.
void judge_limits(const Settings& s, Sink& sink);

}  // namespace gatehouse::audit::source
