// The rows that a segment's columns give are those that the decoder's records give.
#include "connectors/segment/segment_rows.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "connectors/segment/segment_lookup.h"
#include "connectors/segment/segment_writer.h"
#include "connectors/sources/event_files.h"
#include "tests/support/random.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

RowQuery asked() {
  return {{"amount", "category", "due", "place.district", "score", "tags"}, {"unit_changed"}};
}

std::string shown(const Event& event) {
  return std::string(event.id) + "|" + std::string(event.source) + "|" + std::string(event.type) +
         "|" + std::string(event.unit) + "|" + std::to_string(event.content.low) + "|" +
         std::to_string(event.origin.line);
}

// A row with its texts instead of their numbers; a whole record as such.
std::string shown(const EventRow& row, const RowBatch& batch,
                  const std::vector<std::string_view>& texts) {
  if (row.whole != kNoText) {
    const auto& record = batch.whole[row.whole];
    const auto* event = std::get_if<Event>(&record);
    return "whole " + (event != nullptr ? shown(*event) : std::get<Rejection>(record).detail);
  }
  const auto text = [&](std::uint32_t number) {
    return number == kNoText ? std::string("-") : std::string(texts[number]);
  };
  std::string out(row.id());
  for (const std::uint32_t one : {row.unit, row.source, row.type}) out += "|" + text(one);
  out += "|" + std::to_string(micros(row.time)) + "|" + std::to_string(micros(row.recorded));
  out += "|" + std::to_string(row.line);
  for (std::size_t i = 0; i < row.values; ++i) {
    const RowValue& value = batch.values[row.first_value + i];
    out += "|" + std::to_string(value.field) + ":" + std::to_string(static_cast<int>(value.kind));
    out += value.kind == RowValue::Kind::text
               ? text(static_cast<std::uint32_t>(value.num))
               : ":" + std::to_string(value.num) + "/" + std::to_string(value.den);
  }
  return out;
}

struct Shown {
  std::vector<std::string> rows;
  std::size_t whole = 0;
  std::uint64_t blank_lines = 0;
  std::string error;
};

// What EventFiles gives.
Shown rows_of(const std::vector<std::string>& paths) {
  Shown out;
  auto files = EventFiles::open(paths, {asked(), true});
  if (!files) {
    out.error = files.error().what;
    return out;
  }
  std::vector<std::vector<std::string_view>> texts(paths.size());
  for (;;) {
    const auto run = files->next_run();
    if (!run) out.error = run.error().what;
    if (!run || !*run) break;
    const RowBatch& batch = *(*run)->batch;
    auto& known = texts[(*run)->source];
    if (known.size() == batch.first_text) {
      known.insert(known.end(), batch.texts.begin(), batch.texts.end());
    }
    for (std::size_t i = (*run)->begin; i < (*run)->end; ++i) {
      out.rows.push_back(shown(batch.rows[i], batch, known));
      if (batch.rows[i].whole != kNoText) ++out.whole;
    }
  }
  out.blank_lines = files->blank_lines();
  return out;
}

// The same of the file's lines, each decoded.
Shown rows_of_decoded(const std::string& path) {
  Shown out;
  RowMaker maker(asked());
  EventDecoder decoder;
  Arena arena;
  RowBatch batch;
  auto file = JsonLinesFile::open(path, 0);
  if (!file) return out;
  for (auto line = file->next(); line && *line; line = file->next()) {
    maker.add(decoder.decode((*line)->bytes, {0, (*line)->line, 0}, arena), batch);
  }
  for (const EventRow& row : batch.rows) out.rows.push_back(shown(row, batch, batch.texts));
  out.blank_lines = file->blank_lines();
  return out;
}

std::string value(Random& random) {
  switch (random.below(11)) {
    case 0: return std::to_string(random.below(2000) - 1000);
    case 1: return std::to_string(random.below(100)) + "." + std::to_string(random.below(1000));
    case 2: return "0.123456" + std::to_string(random.below(100));
    case 3: return "\"2026-01-0" + std::to_string(1 + random.below(9)) + "T10:00:00+08:00\"";
    case 4: return random.choice({"true", "false", "null", "{}"});
    case 5: return random.choice({"[1, \"b\", {\"c\": []}]", "[]", "1e3", "-0", "1.50e1"});
    case 6:
      return "\"" + random.choice({"", "海曙", "a longer text than most others are", "x"}) + "\"";
    case 7: return "\"n-" + std::to_string(random.below(100'000)) + "\"";
    case 8: return R"("\u00e9\n")";
    default: return std::to_string(random.below(5));
  }
}

std::string line(Random& random, std::size_t i, bool odd) {
  if (odd && random.one_in(60)) return random.choice({"not JSON", "{}", "[1]", "", ""});
  std::string out = "{";
  const auto add = [&](const std::string& member) {
    out += (out == "{" ? "" : odd && random.one_in(9) ? ", " : ",") + member;
  };
  const auto text = [&](const char* name, const std::string& of) {
    if (!odd || !random.one_in(40)) add("\"" + std::string(name) + "\":\"" + of + "\"");
  };
  const auto number = static_cast<std::int64_t>(i);
  text("id", random.one_in(50) ? "again-7" : "ev-" + std::to_string(1'000'000 + i));
  text("source", "/s" + std::to_string(random.below(3)));
  text("type", random.choice({"complaint", "survey", "closed", odd ? "unit_changed" : "survey"}));
  text("unit", odd && random.one_in(30) ? "" : "U" + std::to_string(random.below(900)));
  if (random.one_in(10)) text("subject", random.choice({"", "U7"}));
  text("time", format_rfc3339(instant((number - random.below(3600)) * 1'000'000)));
  if (random.one_in(3)) text("recordedtime", format_rfc3339(instant(number * 1'000'000)));
  if (odd && random.one_in(20)) add("\"trace\":" + value(random));
  std::string data;
  for (const char* name : {"score", "amount", "category", "due", "note", "tags"}) {
    if (random.one_in(3)) continue;
    data += std::string(data.empty() ? "" : ",") + "\"" + name + "\":" + value(random);
  }
  if (random.one_in(4)) {
    data += std::string(data.empty() ? "" : ",") + R"("place":{"district":)" + value(random) + "}";
  }
  add("\"data\":{" + data + "}");
  return out + "}";
}

using Texts = std::function<std::string(std::size_t)>;

std::string counting(std::size_t i) { return "e-" + std::to_string(i); }

// Lines with these as id, unit, category and note.
std::string log_of(std::size_t count, const std::vector<Texts>& texts) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = [&](std::size_t which) {
      return which < texts.size() ? texts[which](i) : "U" + std::to_string(i % 9);
    };
    out += R"({"id":")" + text(0) + R"(","source":"s","type":"t","unit":")" + text(1) +
           R"(","time":")" + format_rfc3339(instant(static_cast<std::int64_t>(i) * 1'000'000)) +
           R"(","data":{"category":")" + text(2) + R"(","note":")" + text(3) + "\"}}\n";
  }
  return out;
}

class SegmentRowsTest : public testing::Test {
 protected:
  std::string write(const std::string& bytes) {
    const std::string path = temp_.path() + "/" + std::to_string(files_++);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  static std::string packed(const std::string& path) {
    std::string out;
    SegmentWriter writer([&out](std::string_view bytes) {
      out += bytes;
      return Status{};
    });
    auto file = JsonLinesFile::open(path, 0);
    EXPECT_TRUE(file);
    for (auto line = file->next(); line && *line; line = file->next()) {
      EXPECT_TRUE(writer.add(**line));
    }
    EXPECT_TRUE(writer.finish());
    return out;
  }
  // Whether the first block's rows all came from columns; then they point to nothing else.
  bool expect_same(const std::string& text) {
    const std::string lines = write(text), segment = write(packed(lines));
    const Shown wanted = rows_of_decoded(lines), seen = rows_of({segment});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen.rows, wanted.rows);
    auto columns = SegmentLines::open(segment);
    EXPECT_TRUE(columns);
    RowMaker maker(asked());
    SegmentRows rows(*columns, maker, 0);
    RowBatch batch;
    Arena arena;
    std::vector<std::shared_ptr<const void>> held;
    EXPECT_TRUE(rows.next(1, arena, held, batch));
    return held.empty();
  }

  const TempDir temp_;
  int files_ = 0;
};

TEST_F(SegmentRowsTest, AreThoseOfTheLines) {
  Random random(29);
  for (const bool odd : {false, true}) {
    std::string text;
    for (std::size_t i = 0; i < 40'000; ++i) text += line(random, i, odd) + "\n";
    const std::string lines = write(text), segment = write(packed(lines));
    const Shown wanted = rows_of_decoded(lines), seen = rows_of({segment});
    EXPECT_EQ(seen.error, "");
    EXPECT_EQ(seen.blank_lines, wanted.blank_lines);
    ASSERT_EQ(seen.rows.size(), wanted.rows.size());
    for (std::size_t i = 0; i < wanted.rows.size(); ++i) {
      ASSERT_EQ(seen.rows[i], wanted.rows[i]) << "row " << i + 1;
    }
    EXPECT_LT(seen.whole, seen.rows.size() * 2 / 3);
    EXPECT_EQ(rows_of({segment, lines}).rows.size(), 2 * wanted.rows.size());
  }
}

TEST_F(SegmentRowsTest, IdsAreThoseOfTheLines) {
  const std::string long_stem(1018, 's');
  const std::vector<Texts> kinds = {
      [](std::size_t i) { return std::to_string(i); },
      [](std::size_t i) { return "e-" + std::to_string(995 + i); },
      [](std::size_t i) { return "e-" + std::to_string(100'000 + i - i % 7) + "-" + "x"; },
      [](std::size_t i) {
        return std::to_string(i % 3) + "a counter after a long text " + std::to_string(1000 + i);
      },
      [](std::size_t i) { return "e-" + std::to_string((i * 7919) % 1'000'003); },
      [](std::size_t i) { return std::string("no number ") + static_cast<char>('a' + i % 26); },
      [](std::size_t i) { return i % 5 == 0 ? "海曙" : "x" + std::to_string(i / 2) + "y"; },
      [](std::size_t i) { return "999999999999999999" + std::to_string(i); },
      [&](std::size_t i) { return long_stem + std::to_string(99'990 + i % 20); },  // 1023, 1024
      [&](std::size_t i) { return "1" + long_stem + std::to_string(99'990 + i % 20); },  // and 1025
  };
  for (const auto& kind : kinds) {
    const bool is_long = kind(0).size() > 100;
    for (const std::size_t count : {std::size_t{1}, std::size_t{is_long ? 300U : 18'000U}})
      expect_same(log_of(count, {kind}));
  }
}

TEST_F(SegmentRowsTest, UnitsAreThoseOfTheLines) {
  const auto unit = [](std::size_t i) {
    switch (i % 8) {
      case 0: return std::string();
      case 1: return "U" + std::to_string((1U << 22U) - 1 + i % 3);
      case 2: return "U" + std::to_string(1'000'000'000'000 + i % 50);
      case 3: return "U00" + std::to_string(i % 90);
      case 4: return std::to_string(i % 90) + "海曙";
      case 5: return std::string(1015, 'u') + std::to_string(999'999'998 + i % 4);
      default: return "U" + std::to_string(i * 31 % 900);
    }
  };
  expect_same(log_of(4000, {counting, unit}));
  expect_same(log_of(20'000, {counting, [](std::size_t i) {
                                return std::string(i % 2 == 0 ? "U" : "") +
                                       std::to_string(i % 9000);
                              }}));
  expect_same(log_of(300, {counting, [](std::size_t i) { return i % 2 == 0 ? "a" : "b"; }}));
}

// Backslashes where nobody looks cost nothing; where somebody does, lines are decoded.
TEST_F(SegmentRowsTest, BackslashesWhereNobodyLooks) {
  const auto with = [](const char* text, std::size_t at) {
    return [=](std::size_t i) { return i == at ? text : "x" + std::to_string(i % 3); };
  };
  const auto notes = [](std::size_t i) {
    return i % 3 == 0 ? std::string(R"(\u00e9 \"so\")") : "note " + std::to_string(i % 40);
  };
  for (const std::size_t at : {0U, 1U, 299U}) {
    EXPECT_TRUE(expect_same(log_of(300, {counting, with("y", at), with("z", at), notes})));
    EXPECT_FALSE(expect_same(log_of(300, {counting, with("y", at), with(R"(\n)", at), notes})));
    EXPECT_FALSE(expect_same(log_of(300, {counting, with(R"(\t)", at), with("z", at), notes})));
    EXPECT_FALSE(expect_same(log_of(300, {with(R"(\u0041)", at), with("y", at), counting, notes})));
  }
  const std::string name = R"({"id":"e-1","source":"s","type":"t","unit":"U1",)"
                           R"("time":"2026-01-01T00:00:00Z","data":{"scor\u0065":7}})";
  EXPECT_FALSE(expect_same(name + "\n"));
}

// A segment as it was written before lines with backslashes could be rows.
TEST_F(SegmentRowsTest, TheVersionBefore) {
  const std::string hex =
      "6c69616e71696e672d7365676d656e742f310a0201001e7e55298c96490c76882ceed08bec0de6db"
      "928ddb272010b71c1998458b26fd0000000200c2a9cec6d380a0832d0000000200c2a9cec6d380a0"
      "832d0400010202d7a8eaa8b0f897b2d601060001b10163eef5b7c8b2a9abbc900106026964010200"
      "0006000100c2a9cec6d380a0832d040001030381e19dd4ecdeeb8fef010000000200c2a9cec6d380"
      "a0832d0002000200c2a9cec6d380a0832d0402010202d7a8eaa8b0f897b2d60106736f7572636501"
      "010000000200c2a9cec6d380a0832d000002000100c2a9cec6d380a0832d040001010193fcdaff94"
      "9af5dcd60104756e69740102000004000100c2a9cec6d380a0832d0400010202f5f4d3a8eed4bccb"
      "e1010000000200c2a9cec6d380a0832d0002000200c2a9cec6d380a0832d0402010202d7a8eaa8b0"
      "f897b2d6010474696d650504808082e288d2a306c0843d0202d7a8eaa8b0f897b2d6010000000200"
      "c2a9cec6d380a0832d000004000100c2a9cec6d380a0832d0400010202b397a1e68080be94100664"
      "6174611f6102040e010202d7a8eaa8b0f897b2d60106646174611f6201010000000100c2a9cec6d3"
      "80a0832d0200000c000100c2a9cec6d380a0832d0400010606e19adb93d7faabe12e0000000100c2"
      "a9cec6d380a0832d0002000100c2a9cec6d380a0832d0012000100c2a9cec6d380a0832d000128b5"
      "2ffd20b1d50200a244111a80a91a033caa12fb8767e82f161084d34aa1c4166639235b9301053aa6"
      "e0ee097026888e29b86ba07afdd44b173b3f70d0b411dcb91a122a081c5c01719e70356b3fa49806"
      "006e04e3b3020eb09a4e8d2fd60d62de01652d00000173550000010001305a00015c753030650001"
      "13f1039ee692f1effefff8eb017b020102c7012d58b38f0a1a0b75a044a334d43f5f4098175cfa0f"
      "1ae38d7f3999e77b8cc7393400000000000000dcceab9c6ea1d3376c69616e71696e672d7365676d"
      "656e742f310a";
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  const std::string lines = write(
      R"({"id":"e-1","source":"s","type":"t","unit":"U1","time":"2026-01-01T00:00:00Z","data":{"a":7}})"
      "\n"
      R"({"id":"e-2","source":"s","type":"t","unit":"U2","time":"2026-01-01T00:00:01Z","data":{"a":8,"b":"\u00e9"}})"
      "\n");
  const Shown seen = rows_of({write(bytes)});
  EXPECT_EQ(seen.error, "");
  EXPECT_EQ(seen.rows.size(), 2U);
  EXPECT_EQ(seen.rows, rows_of_decoded(lines).rows);
  ASSERT_TRUE(bytes.ends_with("/1\n"));
  bytes[bytes.size() - 2] = '2';
  EXPECT_NE(rows_of({write(bytes)}).error, "");
}

TEST_F(SegmentRowsTest, ContentIsLookedUp) {
  Random random(31);
  std::string text;
  for (std::size_t i = 0; i < 20'000; ++i) text += line(random, i, true) + "\n";
  const std::string lines = write(text), segment = write(packed(lines));
  SegmentLookup lookup;
  EventDecoder decoder;
  auto file = JsonLinesFile::open(lines, 0);
  ASSERT_TRUE(file);
  for (auto line = file->next(); *line; line = file->next()) {
    Arena arena;
    const Record record = decoder.decode((*line)->bytes, {}, arena);
    const auto* event = std::get_if<Event>(&record);
    const auto told = lookup.event(segment, (*line)->line);
    ASSERT_EQ(told.has_value(), event != nullptr);
    if (event == nullptr) continue;
    ASSERT_EQ(told->content, event->content);
    ASSERT_EQ(told->identity, event->identity);
  }
  EXPECT_FALSE(lookup.event(segment, 0));
  EXPECT_FALSE(lookup.event(segment, 1'000'000));
  EXPECT_FALSE(lookup.event(lines, 1));
}

// Also in columns that nobody asks for. Without its first bytes it would be no segment.
TEST_F(SegmentRowsTest, EveryFlippedByteIsTold) {
  Random random(5);
  std::string text;
  for (std::size_t i = 0; i < 30; ++i) text += line(random, i, true) + "\n";
  const std::string whole = packed(write(text));
  for (std::size_t at = kSegmentMagic.size(); at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    EXPECT_FALSE(rows_of({write(bytes)}).error.empty()) << "byte " << at;
  }
}

}  // namespace
}  // namespace lianqing
