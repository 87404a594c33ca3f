// Work on many things of a kind that two threads share: whoever asks for it, and a helper if it has
// woken by then. Nobody waits for a helper that has not taken anything.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "log/helper_thread.h"

namespace lianqing {

class SharedWork {
 public:
  // `piece(from, to)` is called until every number below `count` has been in one piece, at the
  // latest when finish() returns. The last work must be finished.
  void begin(std::size_t count, std::function<void(std::size_t from, std::size_t to)> piece) {
    now_ = std::make_shared<State>(count, std::move(piece));
    helper_.begin([state = now_] { state->take_part(); });
  }
  void finish() {
    if (!now_) return;
    now_->take_part();
    for (std::size_t done; (done = now_->done) < now_->count;) now_->done.wait(done);
    now_.reset();
  }

 private:
  static constexpr std::size_t kPiece = 32;

  struct State {
    State(std::size_t all, std::function<void(std::size_t, std::size_t)> work)
        : count(all), piece(std::move(work)) {}
    void take_part() {
      for (std::size_t from; (from = next.fetch_add(kPiece)) < count;) {
        const std::size_t to = std::min(from + kPiece, count);
        piece(from, to);
        done += to - from;
        done.notify_all();
      }
    }
    const std::size_t count;
    const std::function<void(std::size_t, std::size_t)> piece;
    std::atomic<std::size_t> next{0}, done{0};
  };

  std::shared_ptr<State> now_;
  HelperThread helper_;
};

}  // namespace lianqing
