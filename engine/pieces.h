// A sequence that grows at its end without moving: nothing is copied meanwhile, and no more than a
// piece of room is left over.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace lianqing {

template <class T>
class Pieces {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return pieces_[i / kPiece][i % kPiece]; }
  const T& operator[](std::size_t i) const { return pieces_[i / kPiece][i % kPiece]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(const T& one) {
    if (size_ == pieces_.size() * kPiece) add_piece();
    (*this)[size_++] = one;
  }
  // Its room is kept.
  void clear() { size_ = 0; }
  // What is added has no value yet.
  void resize(std::size_t size) {
    while (pieces_.size() * kPiece < size) add_piece();
    size_ = size;
  }

 private:
  static constexpr std::size_t kPiece = 1U << 16;

  void add_piece() { pieces_.push_back(std::make_unique_for_overwrite<T[]>(kPiece)); }

  std::vector<std::unique_ptr<T[]>> pieces_;
  std::size_t size_ = 0;
};

}  // namespace lianqing
