// A second thread for what may take a while and needs no part of the running fold: reading far back
// in the log, compiling a pack, replaying for an explanation.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace lianqing {

class Aside {
 public:
  static constexpr std::size_t kMost = 256;  // jobs that wait

  Aside() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

  // False: too many wait.
  [[nodiscard]] bool submit(std::function<void()> job) {
    const std::lock_guard hold(lock_);
    if (jobs_.size() >= kMost) return false;
    jobs_.push_back(std::move(job));
    something_.notify_one();
    return true;
  }

  // Finishes what waits; what is submitted from then on is never done.
  void finish() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run(const std::stop_token& stop) {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock hold(lock_);
        if (!something_.wait(hold, stop, [this] { return !jobs_.empty(); })) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex lock_;
  std::condition_variable_any something_;
  std::deque<std::function<void()>> jobs_;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace lianqing
