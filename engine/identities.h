// Which identities a log gathered whole has, and where.
// Card: ids mostly count on: text before a number. Of such a form there is one array over the
// numbers, in pages: 4 bytes an id, and no look at anything else. What the array has no place for
// (other ids, numbers far apart, a number that another source has, too) is in a table, open
// addressing over the bits of hashes: 8 bytes a place, three quarters full at most, so 11 to 21
// bytes an identity, 32 while it grows. There a place is told by the hash's upper bits, so that a
// table twice as large has everything in the same order: growing is one pass over both, and memory
// of the next lookups can be asked for in time. Equal bits are not believed: the caller compares
// the identities themselves.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/expr.h"

namespace lianqing {

class Identities {
 public:
  // An id as a row keeps it: of a form its number, else the bytes of its text.
  struct Id {
    std::uint32_t form = kNone;
    std::uint32_t number = 0;
  };
  // Where an identity is or would be; until the next put().
  struct Place {
    Id id;
    std::uint32_t row = kNone;  // kNone: it is not there
    std::uint32_t bits = 0;
    std::size_t at = 0;  // kInForm, or in the table
  };

  Identities() : places_(kFirst) {}

  // `same(row)`: whether that row has the identity looked for.
  template <class Same>
  Place find(std::string_view source, std::string_view id, Same same) const {
    Place out;
    out.id = id_of(id);
    if (out.id.form != kNone) {
      const std::uint32_t* const row = forms_[out.id.form].row(out.id.number);
      out.at = kInForm;
      if (row != nullptr && *row == kNone) return out;
      if (row != nullptr && same(*row)) {
        out.row = *row;
        return out;
      }
    } else {
      out.id.number = static_cast<std::uint32_t>(id.size());
    }
    out.bits = bits_of(source, id);
    out.at = start(out.bits);
    for (; places_[out.at].row != kNone; out.at = (out.at + 1) & (places_.size() - 1)) {
      const Slot& slot = places_[out.at];
      if (slot.bits != out.bits || !same(slot.row)) continue;
      out.row = slot.row;
      return out;
    }
    return out;
  }

  // What find() will look at first, to be asked for in time; null: nothing far.
  const void* slot(std::string_view source, std::string_view id) const {
    if (forms_[last_form_].has(id) || id_of(id).form != kNone) return nullptr;
    return &places_[start(bits_of(source, id))];
  }

  // What find() said of this identity a moment ago: it is not there. How its row keeps its id.
  Id put(const Place& place, std::string_view source, std::string_view id, std::uint32_t row);

  // The text of an id that has a form.
  void write(const Id& id, std::string& out) const;
  // No more are looked for; the forms stay.
  void close();

 private:
  static constexpr std::size_t kFirst = 1U << 16;
  static constexpr std::size_t kInForm = SIZE_MAX;
  static constexpr std::size_t kMaxForms = 256;
  static constexpr std::uint32_t kPage = 1024;

  // Ids of so many digits behind a text that does not end in one, or of the last nine digits.
  struct Form {
    std::string before;
    std::uint32_t digits = 0;
    std::uint32_t first = 0;          // page; numbers before it are in the table
    std::uint32_t last = UINT32_MAX;  // pages from here on, too
    std::uint32_t used = 0;
    std::vector<std::unique_ptr<std::uint32_t[]>> pages;  // from the first one on

    bool has(std::string_view id) const {
      return id.size() == before.size() + digits && digits != 0 && id.starts_with(before);
    }
    // Where the row of the number is told; null: in the table.
    const std::uint32_t* row(std::uint32_t number) const {
      static constexpr std::uint32_t kNowhere = kNone;
      const std::uint32_t page = number / kPage;
      if (page < first || page - first >= last) return nullptr;
      if (page - first >= pages.size() || pages[page - first] == nullptr) return &kNowhere;
      return &pages[page - first][number % kPage];
    }
    // False: it belongs into the table.
    bool put(std::uint32_t number, std::uint32_t row);
  };
  struct Slot {
    std::uint32_t bits = 0;
    std::uint32_t row = kNone;
  };

  // The number of digits that `id` ends in, nine at most.
  static std::uint32_t digits_of(std::string_view id) {
    std::uint32_t out = 0;
    while (out < 9 && out < id.size()) {
      const char c = id[id.size() - 1 - out];
      if (c < '0' || c > '9') break;
      ++out;
    }
    return out;
  }
  static std::uint32_t number_of(std::string_view digits) {
    std::uint32_t out = 0;
    for (const char c : digits) out = out * 10 + static_cast<std::uint32_t>(c - '0');
    return out;
  }
  // Without form: kNone and 0.
  Id id_of(std::string_view id) const {
    const Form& form = forms_[last_form_];
    if (form.has(id)) {
      std::uint32_t number = 0, largest = 0;
      for (std::size_t i = form.before.size(); i < id.size(); ++i) {
        const std::uint32_t digit = static_cast<std::uint8_t>(id[i]) - std::uint32_t{'0'};
        largest = std::max(largest, digit);
        number = number * 10 + digit;
      }
      if (largest <= 9) return {last_form_, number};
    }
    return id_of_other(id);
  }
  Id id_of_other(std::string_view id) const;

  // Rows are numbered with 32 bits: no table has more places than these tell.
  static std::uint32_t bits_of(std::string_view source, std::string_view id);
  std::size_t start(std::uint32_t bits) const { return bits >> shift_; }
  std::uint32_t new_form(std::string_view id);
  void grow();

  std::vector<Slot> places_;
  std::size_t size_ = 0;
  int shift_ = 16;
  std::deque<Form> forms_{1};                                      // the first one: of no id
  boost::unordered_flat_map<std::string, std::uint32_t> form_of_;  // looked up, never walked
  mutable std::uint32_t last_form_ = 0;
};

}  // namespace lianqing
