// The few ways a probe can answer.
#pragma once

#include <string>
#include <string_view>

#include "proof/probe.h"

namespace gatehouse::proof {

Observation holds(std::string positive);
Observation unknown(std::string why);
Observation unanswered(const Problem& problem);  // unknown: the site could not be reached
// It does not hold: a finding of this card at a path of the site, with what was seen.
Observation broken(const Card& card, std::string_view id, const Target& site, std::string_view path,
                   std::string evidence);
// The same, where the finding's own title and severity differ from the card's.
Observation broken(Finding finding, const Target& site, std::string_view path, std::string evidence);

// A safe path to look at: the first of kind "page", else "/".
std::string page_of(const Target& site);

}  // namespace gatehouse::proof
