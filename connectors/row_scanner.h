// The usual line of an event file -> a row, without an Event in between: a flat object of texts,
// whole and short decimal numbers, true, false and null, its `data` as flat, without escapes where
// anything is asked for.
// Whatever else a line is or has, the decoder reads, which alone decides what is refused and why:
// a line that is taken here gives the row that the decoder's Event would (row_scanner_test).
// Card: what a member is, is told by comparing it with the one that followed the member before it
// in the line before. A brief replay of a million events of W20 took 2.8 s of CPU with the decoder
// alone, 2.3 s with this.
// Content is not told (ContentHash{}): it is asked for again where two records are alike.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "connectors/arena.h"
#include "connectors/row_maker.h"

namespace lianqing {

class RowScanner {
 public:
  // `maker` must outlive it: it numbers the texts.
  explicit RowScanner(RowMaker& maker) : maker_(maker) {
    fields_.push_back(std::make_unique<Names>());
  }

  // Adds the line's row, whose id lies in `arena` and whose `raw` is left empty; false, with
  // nothing added, if it is not usual. `line` must be UTF-8, with a control character behind it and
  // Arena::kPadding readable bytes.
  bool scan(std::string_view line, Origin origin, Arena& arena, RowBatch& batch);
  void settle(RowBatch& batch);

 private:
  enum class Role : std::uint8_t {
    id,
    source,
    type,
    time,
    recorded,
    unit,
    subject,
    version,
    data,
    other,    // an extension: left alone
    field,    // of data: asked for
    unasked,  // of data
    unusual
  };
  static constexpr std::size_t kTextAttributes = 8;  // the roles up to `version`

  // A name that occurred, as it stands, `"name":`, up to 32 bytes in words, with what of them
  // counts.
  struct Name {
    std::array<std::uint64_t, 4> words{}, masks{};
    std::uint8_t size = 0;
    Role role = Role::unusual;
    std::uint16_t field = 0;
    std::uint8_t next = 0;  // what followed it last

    bool stands_at(const char* at) const;
  };
  // A row whose unit is looked up some lines later, when memory that was asked for is there.
  struct Waiting {
    std::size_t row = 0, size = 0;
    std::array<char, 2 * Arena::kPadding> text{};
  };
  static constexpr std::size_t kWaiting = 8;

  // Of one kind of object: at most 64, so that a bit tells which are there. [0] stands nowhere.
  struct Names {
    std::array<Name, 64> all;
    std::uint8_t size = 1;
    std::uint8_t first = 0;  // what came first last
  };

  void number_unit(std::string_view text, RowBatch& batch);
  void settle_first(RowBatch& batch);
  Name* name(Names& names, bool data, std::uint8_t& expected, std::uint64_t& seen);
  Name learn(std::string_view quoted, bool data) const;
  Names& fields_of(std::uint32_t type);
  bool members(RowBatch& batch);
  bool data(RowBatch& batch);
  bool text(std::string_view& out);
  bool number(RowValue& out);
  bool value(RowValue& out, std::string_view& text_value, bool& null);
  bool skip_value();
  bool skip_text();
  bool separator(bool& more);
  bool word(std::string_view expected);
  bool instant_of(std::string_view text, Instant& out);

  RowMaker& maker_;
  Names attributes_;
  std::vector<std::unique_ptr<Names>> fields_;  // by type; [0]: of types unknown or too many
  std::vector<std::uint16_t> fields_at_;        // by the type's number; 0: none yet
  std::array<char, 10> day_{};                  // of the last time read, and where it begins
  Instant midnight_;

  std::array<Waiting, kWaiting> waiting_;
  std::size_t first_waiting_ = 0, waiting_count_ = 0;

  // Of the line at hand.
  const char* at_ = nullptr;
  std::array<std::string_view, kTextAttributes> texts_;
  std::uint32_t type_ = kNoText;
};

}  // namespace lianqing
