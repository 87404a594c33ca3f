// The usual line of an event file -> a row, without an Event in between: a flat object of texts,
// whole and short decimal numbers, true, false and null, its `data` as flat, without escapes where
// anything is asked for.
// Whatever else a line is or has, the decoder reads, which alone decides what is refused and why:
// a line that is taken here gives the row that the decoder's Event would (row_scanner_test).
// Card: what a member is, is told by comparing it with the one that followed the member before it
// in the line before. One pass finds the members, the line's end and whether it is ASCII; where the
// scanner stands is a local variable all along, for a member of the class is stored and loaded
// again at every step.
// Content is not told (ContentHash{}): it is asked for again where two records are alike.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "connectors/arena.h"
#include "connectors/plain_text.h"
#include "connectors/row_maker.h"
#include "connectors/sources/jsonl_file.h"

namespace lianqing {

class RowScanner {
 public:
  // `maker` must outlive it: it numbers the texts.
  explicit RowScanner(RowMaker& maker) : maker_(maker) {
    fields_.push_back(std::make_unique<Names>());
  }

  struct Room {
    std::size_t rows, bytes;  // of batch and arena: more are not begun when they are full
  };
  // Adds the rows of the usual lines at the front of `lines`, and takes these off: up to the first
  // that is not usual, to the end or until there is no room. Ids lie in `arena`, nothing else
  // points into the lines.
  void scan(RawLines& lines, const Room& room, Arena& arena, RowBatch& batch);

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
    std::size_t row = 0;
    TextNumbers::Asked unit;
  };
  static constexpr std::size_t kWaiting = 8;

  // Of one kind of object: at most 64, so that a bit tells which are there. [0] stands nowhere.
  struct Names {
    std::array<Name, 64> all;
    std::uint8_t size = 1;
    std::uint8_t first = 0;  // what came first last
  };

  // Of one type of event.
  struct Type {
    std::uint16_t fields = 0;  // index into fields_; 0: of types unknown or too many
    bool is_known = false, is_whole = false;
  };
  // What a line said.
  struct Line;

  bool usual(const Line& line) const;
  void add_row(const Line& line, std::size_t first_value, Arena& arena, RowBatch& batch);
  void number_unit(std::string_view text, RowBatch& batch);
  void settle(RowBatch& batch);
  const char* members(const char* at, Line& line, RowBatch& batch);
  const char* data(const char* at, std::uint16_t fields, PlainText& plain, RowBatch& batch);
  const char* time(const char* at, PlainText& plain, Instant& out);
  Name* name(Names& names, bool data, const char* at, std::uint8_t& expected, PlainText& plain,
             std::uint64_t& seen);
  std::uint8_t other_name(Names& names, bool data, const char* at) const;
  Name learn(std::string_view quoted, bool data) const;
  const Type& type(std::uint32_t number);
  bool instant_of(const char* text, bool utc, Instant& out);

  RowMaker& maker_;
  Names attributes_;
  std::vector<std::unique_ptr<Names>> fields_;
  std::vector<Type> types_;     // by the type's number
  std::array<char, 10> day_{};  // of the last time read, and where it begins
  Instant midnight_;

  std::array<Waiting, kWaiting> waiting_;
  std::size_t first_waiting_ = 0, waiting_count_ = 0;
};

}  // namespace lianqing
