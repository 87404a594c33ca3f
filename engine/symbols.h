// Interned texts: the program's constants first, then the texts of events in order of admission.
// One writer (admission); readers may read while nothing is being interned.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "rules/expr.h"

namespace lianqing {

class Symbols {
 public:
  explicit Symbols(std::span<const std::string> constants) {
    for (const std::string& text : constants) intern(text);
  }
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  Symbol intern(std::string_view text) {
    if (const auto at = index_.find(text); at != index_.end()) return at->second;
    const auto symbol = static_cast<Symbol>(texts_.size());
    texts_.emplace_back(text);
    index_.emplace(texts_.back(), symbol);
    return symbol;
  }
  std::string_view text(Symbol symbol) const { return texts_[symbol]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // stable addresses
  boost::unordered_flat_map<std::string_view, Symbol> index_;
};

}  // namespace lianqing
