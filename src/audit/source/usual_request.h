// Python with the request called as everybody calls it: def pay(req): req.POST becomes def pay(request): request.POST.
// Every line stays where it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::audit::source {

// Nothing when the text is as usual already.
std::optional<std::string> with_usual_request(std::string_view text);

}  // namespace gatehouse::audit::source
