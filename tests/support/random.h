// Random numbers for property tests: the same for a seed on every machine.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

namespace lianqing {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  // From 0 to n - 1.
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  std::size_t index(std::size_t n) {
    return static_cast<std::size_t>(below(static_cast<std::int64_t>(n)));
  }
  std::string choice(std::initializer_list<const char*> list) {
    return list.begin()[index(list.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace lianqing
