// The rows that a segment's columns give are those that the decoder's records give.
#include "connectors/segment/segment_rows.h"

#include <gtest/gtest.h>

#include <fstream>

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
