// A thread that does one job at a time beside the thread that gives it, and waits in between.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace lianqing {

class HelperThread {
 public:
  HelperThread() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

  bool is_idle() const {
    const std::lock_guard hold(lock_);
    return !next_ && !busy_;
  }
  // Takes the place of a job that has not begun. What a job wrote may be read once it is idle.
  void begin(std::function<void()> job) {
    const std::lock_guard hold(lock_);
    next_ = std::move(job);
    changed_.notify_all();
  }
  void wait() const {
    std::unique_lock hold(lock_);
    changed_.wait(hold, [this] { return !next_ && !busy_; });
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock hold(lock_);
    while (changed_.wait(hold, stop, [this] { return static_cast<bool>(next_); })) {
      {
        const std::function<void()> job = std::exchange(next_, nullptr);
        busy_ = true;
        hold.unlock();
        job();
      }
      hold.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  mutable std::mutex lock_;
  mutable std::condition_variable_any changed_;
  std::function<void()> next_;
  bool busy_ = false;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace lianqing
