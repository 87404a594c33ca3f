// What a request's bytes must be before any parser sees them: one reading only, no room for two
// programs to disagree about where a message ends. Everything doubtful is refused and the
// connection closed. Pure functions over bytes; no socket, no Boost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing::http {

inline constexpr std::size_t kMaxTargetBytes = 2 * 1024;
inline constexpr std::size_t kMaxHeadBytes = 16 * 1024;
inline constexpr std::size_t kMaxFields = 64;
inline constexpr std::size_t kMaxChunkHeadBytes = 18;  // 16 digits and CRLF

// Why a message is refused: the status to answer with, and words for whoever sent it.
struct Refusal {
  int status = 400;
  std::string detail;
};

// How a message whose head passed goes on.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  // of the body, unless chunked
  bool keep_alive = true;
  bool expects_continue = false;
  bool is_head_method = false;  // answered without a body
};

// Where the head ends (behind its empty line), or nothing yet. Refuses a head that is over its cap
// or holds a line end that is not CRLF. `from`: what an earlier call has seen already.
[[nodiscard]] Outcome<std::optional<std::size_t>, Refusal> find_head_end(std::string_view bytes,
                                                                         std::size_t from);

// `head`: request line and fields with the empty line.
[[nodiscard]] Outcome<Framing, Refusal> check_head(std::string_view head);

// Follows a chunked body byte by byte to its end; refuses extensions, trailers and anything but
// digits and CRLF around the chunks.
class ChunkScan {
 public:
  // Takes more of the body. The result: how many bytes of `bytes` belong to it; `done` tells
  // whether that was the last of them.
  [[nodiscard]] Outcome<std::size_t, Refusal> take(std::string_view bytes);
  bool done() const { return state_ == State::done; }
  std::uint64_t content_bytes() const { return content_; }  // without the framing

 private:
  enum class State : std::uint8_t {
    size,
    size_lf,
    content,
    content_cr,
    content_lf,
    last_cr,
    last_lf,
    done
  };
  State state_ = State::size;
  int digits_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t content_ = 0;
};

}  // namespace lianqing::http
