// Many are inside at once, or one alone. Who is inside may enter once more; who wants to be alone
// waits until nobody is.
#pragma once

#include <atomic>

namespace lianqing {

class Gate {
 public:
  void enter() {
    int inside = inside_.load();
    while (inside == kShut || !inside_.compare_exchange_weak(inside, inside + 1)) {
      if (inside == kShut) inside_.wait(kShut);
      inside = inside_.load();
    }
  }
  void leave() {
    if (inside_.fetch_sub(1) == 1) inside_.notify_all();
  }
  void shut() {
    int inside = 0;
    while (!inside_.compare_exchange_weak(inside, kShut)) {
      if (inside != 0) inside_.wait(inside);
      inside = 0;
    }
  }
  void open() {
    inside_.store(0);
    inside_.notify_all();
  }

 private:
  static constexpr int kShut = -1;
  std::atomic<int> inside_{0};
};

// Inside for as long as it lives.
class Inside {
 public:
  explicit Inside(Gate& gate) : gate_(gate) { gate_.enter(); }
  Inside(const Inside&) = delete;
  ~Inside() { gate_.leave(); }

 private:
  Gate& gate_;
};

}  // namespace lianqing
