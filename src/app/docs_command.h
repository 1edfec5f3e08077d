// gatehouse docs: the reference of the configuration, made from the same descriptions that read it.
#pragma once

#include <string>

#include "app/cli.h"
#include "base/json.h"

namespace gatehouse::app {

std::string configuration_page();    // docs/configuration.md
json::Value configuration_schema();  // docs/gatehouse.schema.json, JSON Schema 2020-12
Command docs_command();

}  // namespace gatehouse::app
