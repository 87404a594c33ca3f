// How functions fail. Result<T>: the world (disk, file, socket). Checked<T> (diagnostic.h): an
// author's mistakes, all of them. The only includer of tl::expected, limited to the names that the
// standard's std::expected shares.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace lianqing {

enum class ErrorCode {
  io,       // the operating system refused: exit code 74
  full,     // the disk is full, or nearly so: exit code 74
  corrupt,  // stored bytes are not what we wrote: exit code 74
  refused,  // the input cannot be taken as it is: exit code 1
  usage,    // the call is wrong: exit code 2
};

struct Error {
  ErrorCode code;
  std::string what;  // names the place, what was expected and what to do
};

template <class T, class E>
using Outcome = tl::expected<T, E>;
template <class T>
using Result = Outcome<T, Error>;
using Status = Result<void>;

template <class E>
using Unexpected = tl::unexpected<E>;

inline Unexpected<Error> failure(ErrorCode code, std::string what) {
  return Unexpected<Error>(Error{code, std::move(what)});
}

}  // namespace lianqing
