// The three macros of the project. An assertion states a fact about our own code; it stays on in
// release builds and is never used on input. LQ_ASSERT aborts the process: our bug, not a user's.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace lianqing::detail {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "lianqing: internal error at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace lianqing::detail

#define LQ_ASSERT(condition) \
  ((condition) ? void(0) : ::lianqing::detail::assertion_failed(#condition, __FILE__, __LINE__))

#define LQ_UNREACHABLE(what) ::lianqing::detail::assertion_failed(what, __FILE__, __LINE__)

// Propagates the error of a Result: LQ_TRY(auto x, f());
#define LQ_TRY_JOIN2(a, b) a##b
#define LQ_TRY_JOIN(a, b) LQ_TRY_JOIN2(a, b)
#define LQ_TRY(declaration, expression) \
  LQ_TRY_IN(LQ_TRY_JOIN(lq_try_, __LINE__), declaration, expression)
#define LQ_TRY_IN(result, declaration, expression)      \
  auto result = (expression);                           \
  if (!result) {                                        \
    return ::tl::unexpected(std::move(result).error()); \
  }                                                     \
  declaration = std::move(*result)
