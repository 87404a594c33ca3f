// A segment gives back the lines it was made of, with their places; every damaged byte is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "connectors/segment/line_digest.h"
#include "connectors/segment/segment_lines.h"
#include "connectors/segment/segment_lookup.h"
#include "connectors/segment/segment_writer.h"
#include "connectors/sources/event_files.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::HasSubstr;

std::string packed(const std::vector<std::string>& lines, std::size_t every_blank = 0) {
  std::string out;
  SegmentWriter writer([&out](std::string_view bytes) {
    out += bytes;
    return Status{};
  });
  std::uint64_t number = 1, byte = 0;
  for (const std::string& line : lines) {
    if (every_blank != 0 && number % every_blank == 0) {
      ++number;
      ++byte;
    }
    EXPECT_TRUE(writer.add({line, number++, byte, false}));
    byte += line.size() + 1;
  }
  EXPECT_TRUE(writer.finish());
  return out;
}

class SegmentTest : public testing::Test {
 protected:
  std::string write(const std::string& bytes) {
    const auto path = folder_ / std::to_string(files_++);
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  // The lines; what went wrong at the end.
  std::vector<std::string> read(const std::string& bytes, std::string* error = nullptr) {
    std::vector<std::string> out;
    auto lines = SegmentLines::open(write(bytes));
    if (!lines) {
      if (error != nullptr) *error = lines.error().what;
      return out;
    }
    for (;;) {
      const auto line = lines->next();
      if (!line && error != nullptr) *error = line.error().what;
      if (!line || !*line) return out;
      out.emplace_back((*line)->bytes);
    }
  }

  const TempDir temp_;
  const std::filesystem::path folder_ = temp_.path();
  int files_ = 0;
};

bool same_value(const Scalar& a, const Scalar& b) {
  const auto* list = std::get_if<ScalarList>(&a.value);
  if (a.value.index() != b.value.index()) return false;
  if (const auto* text = std::get_if<std::string_view>(&a.value)) {
    return *text == std::get<std::string_view>(b.value);
  }
  if (const auto* number = std::get_if<Number>(&a.value)) {
    return *number == std::get<Number>(b.value);
  }
  if (const auto* truth = std::get_if<bool>(&a.value)) return *truth == std::get<bool>(b.value);
  return list == nullptr ||
         std::equal(list->begin(), list->end(), std::get<ScalarList>(b.value).begin(), same_value);
}

std::string random_value(std::mt19937& random) {
  switch (random() % 9) {
    case 0: return std::to_string(static_cast<int>(random() % 2000) - 1000);
    case 1: return std::to_string(random() % 100) + "." + std::to_string(random() % 1000);
    case 2: return "\"u-" + std::to_string(random() % 50) + "\"";
    case 3: return "\"" + format_rfc3339(instant(static_cast<std::int64_t>(random()) * 977)) + "\"";
    case 4: return random() % 2 != 0 ? "true" : "null";
    case 5: return "[1, \"b\", {\"c\": []}]";
    case 6: return "\"\\u00e9 \xE5\xBB\x89\xE6\x83\x85 " + std::to_string(random() % 7) + "x\"";
    case 7: return "1e" + std::to_string(random() % 5);
    default: return "{\"deep\":" + std::to_string(random() % 3) + "}";
  }
}

std::string random_line(std::mt19937& random, std::size_t i) {
  if (random() % 50 == 0) return "not JSON " + std::to_string(random() % 9);
  std::string out = R"({"id":"ev-)" + std::to_string(1'000'000 + i) + R"(","source":"/s)" +
                    std::to_string(random() % 3) + R"(","type":"t)" + std::to_string(random() % 4) +
                    R"(","unit":"U)" + std::to_string(random() % 90) + R"(","time":")" +
                    format_rfc3339(instant(static_cast<std::int64_t>(i) * 1'000'000)) +
                    R"(","data":{)";
  for (char name = 'a'; name < 'e'; ++name) {
    if (random() % 4 == 0) continue;
    if (!out.ends_with('{')) out += random() % 9 == 0 ? ", " : ",";
    out += std::string("\"") + name + "\":" + random_value(random);
  }
  return out + "}}";
}

TEST_F(SegmentTest, GivesBackItsLines) {
  std::mt19937 random(11);
  for (const std::size_t count : {0U, 1U, 2U, 300U, 70'000U}) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < count; ++i) lines.push_back(random_line(random, i));
    const std::string bytes = packed(lines);
    EXPECT_EQ(read(bytes), lines);
    if (count > 1000) {
      EXPECT_LT(bytes.size(), count * 60);
    }
  }
}

TEST_F(SegmentTest, TheWorkedExample) {
  std::string hex;
  for (const char c : packed({R"({"a":7})", R"({"a":9})"})) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  EXPECT_EQ(hex.substr(2 * kSegmentMagic.size(), 346),
            "02010084484045f5b4b60d49a08254a08f1c7fb398c68c7c7f82f05d55f805f77dd7670000000200"
            "c2a9cec6d380a0832d0000000200c2a9cec6d380a0832d0000000200c2a9cec6d380a0832d040001"
            "0c0ccefc8dc3c8cbb0835b01016102040e020202d7a8eaa8b0f897b2d6010100087b2261223a0032"
            "7d00000101136e8491dabb9792dbff760e0201020e553d875917f46e7ad354dded5f55047a5fcff6"
            "8e7f6a5d82ce9aa335ceaed341");
}

TEST_F(SegmentTest, KeepsPlacesAndOddLines) {
  std::vector<std::string> lines = {"{}",
                                    std::string(3, '\0'),
                                    "x\ty",
                                    std::string(1 << 20, 'y'),
                                    std::string((1 << 20) + 1, 'z'),
                                    R"({"a":""})"};
  const auto path = write(packed(lines, 3));
  auto segment = SegmentLines::open(path);
  ASSERT_TRUE(segment);
  std::uint64_t number = 1, byte = 0;
  for (const std::string& line : lines) {
    if (number % 3 == 0) {
      ++number;
      ++byte;
    }
    const auto read = segment->next();
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->bytes, line);
    EXPECT_EQ((*read)->line, number++);
    EXPECT_EQ((*read)->byte, byte);
    EXPECT_EQ((*read)->too_long, line.size() > kMaxLineBytes);
    byte += line.size() + 1;
  }
  EXPECT_FALSE(*segment->next());
  EXPECT_EQ(segment->blank_lines(), (number - 1) / 3);
}

// More shapes than are kept: the rest stands line by line.
TEST_F(SegmentTest, ManyShapes) {
  std::vector<std::string> lines;
  for (int i = 0; i < 3000; ++i) lines.push_back("{\"k" + std::to_string(i) + "\":1}");
  EXPECT_EQ(read(packed(lines)), lines);
}

TEST_F(SegmentTest, TheDigestIsThatOfTheLines) {
  const std::vector<std::string> lines = {"{}", R"({"a":1})"};
  auto segment = SegmentLines::open(write(packed(lines)));
  ASSERT_TRUE(segment);
  LineDigest block, all;
  for (const std::string& line : lines) {
    ASSERT_TRUE(segment->next());
    block.line(line);
  }
  EXPECT_TRUE(segment->ends_block());
  const std::string digest = block.take();
  EXPECT_EQ(segment->block_digest(), digest);
  all.bytes(digest);
  EXPECT_EQ(segment->file().digest(), all.take());
}

TEST_F(SegmentTest, EveryFlippedByteAndEveryCutIsTold) {
  std::mt19937 random(5);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < 40; ++i) lines.push_back(random_line(random, i));
  const std::string whole = packed(lines);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    std::string error;
    (void)read(bytes, &error);
    EXPECT_FALSE(error.empty()) << "byte " << at;
  }
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    std::string error;
    EXPECT_TRUE(read(whole.substr(0, size), &error).empty());
    EXPECT_FALSE(error.empty()) << "cut at " << size;
  }
  std::string error;
  (void)read(whole + "\n", &error);
  EXPECT_THAT(error, HasSubstr("without its end"));
}

// Records made from columns are those that are decoded from the lines; what they leave out is
// looked up.
TEST_F(SegmentTest, RecordsAreThoseOfTheLines) {
  std::mt19937 random(23);
  std::vector<std::string> lines;
  std::string text;
  for (std::size_t i = 0; i < 70'000; ++i) {
    lines.push_back(random_line(random, i));
    text += lines.back() + "\n";
  }
  const std::string plain = write(text), segment = write(packed(lines));
  auto wanted = EventFiles::open({plain}), made = EventFiles::open({segment}, {std::nullopt, true});
  ASSERT_TRUE(wanted && made);
  RecordBatch a, b;
  SegmentLookup lookup;
  std::size_t events = 0, at = 0;
  const auto next = [&at](EventFiles& files, RecordBatch& batch) {
    at = 0;
    return *files.next(batch);
  };
  bool more = *wanted->next(a);
  ASSERT_TRUE(next(*made, b));
  for (; more; more = *wanted->next(a)) {
    for (const Record& record : a.records) {
      if (at == b.records.size()) {
        ASSERT_TRUE(next(*made, b));
      }
      const Record& other = b.records[at++];
      ASSERT_EQ(record.index(), other.index());
      if (const auto* rejection = std::get_if<Rejection>(&record)) {
        ASSERT_EQ(rejection->raw, std::get<Rejection>(other).raw);
        ASSERT_EQ(rejection->origin.line, std::get<Rejection>(other).origin.line);
        continue;
      }
      const Event& event = std::get<Event>(record);
      const Event& same = std::get<Event>(other);
      ++events;
      ASSERT_EQ(std::tie(event.id, event.source, event.type, event.unit, event.time, event.recorded,
                         event.identity, event.content, event.origin.line),
                std::tie(same.id, same.source, same.type, same.unit, same.time, same.recorded,
                         same.identity, same.content, same.origin.line))
          << event.raw;
      ASSERT_EQ(event.data.size(), same.data.size());
      for (std::size_t f = 0; f < event.data.size(); ++f) {
        ASSERT_EQ(event.data[f].path, same.data[f].path);
        ASSERT_TRUE(same_value(event.data[f].value, same.data[f].value)) << event.raw;
      }
      if (random() % 100 != 0) continue;
      const auto line = lookup.line(segment, event.origin.line);
      ASSERT_TRUE(line);
      ASSERT_EQ(line->bytes, event.raw);
      ASSERT_EQ(line->byte, event.origin.byte);
    }
  }
  EXPECT_EQ(at, b.records.size());
  EXPECT_FALSE(next(*made, b));
  EXPECT_GT(events, 60'000U);
  EXPECT_EQ(lookup.line(segment, 3)->bytes, lines[2]);
  EXPECT_FALSE(lookup.line(segment, 70'001));
  EXPECT_FALSE(lookup.line(plain, 3));
}

// As one of several files, merged with lines that are not packed.
TEST_F(SegmentTest, EventFilesReadIt) {
  std::mt19937 random(3);
  std::vector<std::string> lines;
  std::string text;
  for (std::size_t i = 0; i < 9000; ++i) {
    lines.push_back(random_line(random, i));
    text += lines.back() + "\n";
  }
  const auto told = [](const std::vector<std::string>& paths) {
    std::vector<std::string> out;
    auto files = EventFiles::open(paths);
    EXPECT_TRUE(files);
    RecordBatch batch;
    while (*files->next(batch)) {
      for (const Record& record : batch.records) {
        const auto* event = std::get_if<Event>(&record);
        const Origin origin = event != nullptr ? event->origin : std::get<Rejection>(record).origin;
        out.push_back(
            (event != nullptr ? std::string(event->raw) : std::get<Rejection>(record).detail) +
            " " + std::to_string(origin.file) + ":" + std::to_string(origin.line) + ":" +
            std::to_string(origin.byte));
      }
    }
    return out;
  };
  const std::string plain = write(text), segment = write(packed(lines));
  EXPECT_EQ(told({segment}), told({plain}));
  EXPECT_EQ(told({segment, plain}), told({plain, segment}));
}

}  // namespace
}  // namespace lianqing
