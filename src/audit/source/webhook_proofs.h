// Proofs of webhooks that are left out: behind a missing secret, in one branch of two, in a try that goes on, against
// an empty key.
#pragma once

#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// A call that proves a signature, and the function it stands in.
struct Proof {
  const syntax::Call* call = nullptr;
  syntax::Node function;
};

// The place where the proof is left out on some way through, or nothing.
syntax::Node skipped_proof(syntax::Node proof, syntax::Node function);

// Tells the first way around these proofs; `by_hand` where the handler compares digests itself.
bool judge_skipped_proofs(File& file, syntax::Node handler, const std::vector<Proof>& proofs, bool by_hand);

// Helpers of a project that sign what was parsed and written again, outside of a handler.
void judge_rewritten_proofs(File& file);

// An argument with the value that its name was given in the function: `body` for `const body = JSON.stringify(x)`.
std::string written_out(syntax::Node argument, syntax::Node function);

}  // namespace gatehouse::audit::source
