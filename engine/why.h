// A condition as a tree of verdicts: the explaining variant of evaluation.
#pragma once

#include "engine/evaluate.h"
#include "lianqing/warning.h"

namespace lianqing {

// The condition rooted at `index`, every leaf evaluated. `evaluation` supplies the leaves' values.
// `out` is written anew; what memory it has is used again.
void why_tree(const Expr& expr, std::uint32_t index, Evaluation& evaluation, WhyNode& out);

// The verdict of the tree if exactly `flipped` had the other verdict.
bool verdict_with(const WhyNode& node, const WhyNode* flipped);

Fact to_fact(const Operand& operand);

}  // namespace lianqing
