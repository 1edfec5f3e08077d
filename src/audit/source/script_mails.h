// The markup of mails.
#pragma once

#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

bool free_text(std::string_view name);   // a name of what people type: name, message, notes
bool escaped(const syntax::Code& code);  // something makes text of what might be markup
void read_mail_markup(File& file);

}  // namespace gatehouse::audit::source
