// SHA-256 of lines, each followed by LF.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lianqing {

class LineDigest {
 public:
  static constexpr std::size_t kBytes = 32;

  LineDigest();
  ~LineDigest();
  LineDigest(LineDigest&&) noexcept;
  LineDigest& operator=(LineDigest&&) noexcept;

  void line(std::string_view line);
  void bytes(std::string_view bytes);
  // The digest; begins anew.
  std::string take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lianqing
