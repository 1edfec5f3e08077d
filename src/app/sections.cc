#include "app/sections.h"

namespace gatehouse::app {

std::vector<controls::Section> sections(ServiceConfigs&) { return {}; }

}  // namespace gatehouse::app
