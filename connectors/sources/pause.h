// Waiting that ends at once when the thread is asked to stop.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace lianqing {

// False: asked to stop.
inline bool pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex lock;
  std::condition_variable_any never;
  std::unique_lock hold(lock);
  never.wait_for(hold, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace lianqing
