// What the scanner takes is what the decoder says, part by part; what it leaves, it leaves alone.
#include "connectors/row_scanner.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/random.h"

namespace lianqing {
namespace {

RowQuery asked() {
  return {{"amount", "category", "complaint_id", "due", "place.district", "score", "severity"},
          {"event_retracted", "unit_changed"}};
}

// A row with its texts instead of their numbers.
std::string shown(const EventRow& row, const RowBatch& batch,
                  const std::vector<std::string_view>& texts) {
  const auto text = [&](std::uint32_t number) {
    return number == kNoText ? std::string("-") : std::string(texts[number]);
  };
  std::string out(row.id());
  for (const std::uint32_t one : {row.unit, row.source, row.type}) out += "|" + text(one);
  out += "|" + std::to_string(micros(row.time)) + "|" + std::to_string(micros(row.recorded));
  out += "|" + std::to_string(row.byte);
  for (std::size_t i = 0; i < row.values; ++i) {
    const RowValue& value = batch.values[row.first_value + i];
    out += "|" + std::to_string(value.field) + ":" + std::to_string(static_cast<int>(value.kind));
    out += value.kind == RowValue::Kind::text
               ? text(static_cast<std::uint32_t>(value.num))
               : ":" + std::to_string(value.num) + "/" + std::to_string(value.den);
  }
  return out;
}

class RowScannerTest : public testing::Test {
 protected:
  // Puts a line to both; whether the scanner took it.
  bool check(const std::string& line) {
    const Origin origin{0, 0, 17};
    if (line.find('\n') != std::string::npos) return false;  // That would be two.
    const std::size_t rows = scanned_.rows.size(), values = scanned_.values.size();
    // As a reader has it: the next line begins behind it.
    char* const room = arena_.padded(line.size() + 1);
    std::copy(line.begin(), line.end(), room);
    std::fill_n(room + line.size(), Arena::kPadding + 1, 'x');
    room[line.size()] = '\n';
    RawLines lines{{room, line.size() + 1}, origin.line, origin.byte};
    scanner_.scan(lines, {rows + 2, std::size_t{1} << 40}, arena_, scanned_);
    const bool taken = lines.bytes.empty();
    collect(scanned_, scanned_texts_, scanned_first_);
    EXPECT_EQ(lines.byte, origin.byte + (taken ? line.size() + 1 : 0));
    if (!taken) {
      EXPECT_EQ(scanned_.rows.size(), rows) << line;
      EXPECT_EQ(scanned_.values.size(), values) << line;
      return false;
    }
    EXPECT_EQ(scanned_.rows.size(), rows + 1);
    Record record = decoder_.decode(line, origin, arena_);
    if (!std::holds_alternative<Event>(record)) {
      ADD_FAILURE() << "refused by the decoder: " << line;
      return true;
    }
    decoding_.add(std::move(record), decoded_);
    collect(decoded_, decoded_texts_, decoded_first_);
    const EventRow& expected = decoded_.rows.back();
    if (expected.whole != kNoText) {
      ADD_FAILURE() << "more than a row: " << line;
      return true;
    }
    EXPECT_EQ(shown(scanned_.rows.back(), scanned_, scanned_texts_),
              shown(expected, decoded_, decoded_texts_));
    return true;
  }

 private:
  static void collect(const RowBatch& batch, std::vector<std::string_view>& texts,
                      std::size_t& first) {
    texts.insert(texts.end(), batch.texts.begin() + static_cast<std::ptrdiff_t>(first),
                 batch.texts.end());
    first = batch.texts.size();
  }

  RowMaker scanning_{asked()}, decoding_{asked()};
  RowScanner scanner_{scanning_};
  EventDecoder decoder_;
  Arena arena_;
  RowBatch scanned_, decoded_;
  std::vector<std::string_view> scanned_texts_, decoded_texts_;
  std::size_t scanned_first_ = 0, decoded_first_ = 0;
};

std::string digits(Random& random, std::int64_t most) {
  std::string out;
  for (std::int64_t n = random.below(most + 1); n > 0; --n) {
    out += std::to_string(random.below(10));
  }
  return out;
}

std::string random_value(Random& random) {
  switch (random.below(11)) {
    case 9: return digits(random, 14);
    case 10:
      return random.choice({"", "", "-"}) + digits(random, 9) + random.choice({"", ".", "e", "E"}) +
             digits(random, 7);
    case 0:
      return "\"" + random.choice({"", "a", "海曙", "slow_action", "a longer text than most are"}) +
             "\"";
    case 1: return std::to_string(random.below(200) - 100);
    case 2:
      return random.choice({"0.5", "-3.250", "12.123456", "1.1234567", "0", "-0", "007", "1."});
    case 3: return random.choice({"true", "false", "null", "nul", "True", "NaN"});
    case 4: return random.choice({"999999999999", "1000000000000", "9223372036854775807", "1e3"});
    case 5: return random.choice({"{}", "[]", "[1,\"x\"]", "{\"district\":\"x\"}", "\"a\\\"b\""});
    default: return std::to_string(random.below(5));
  }
}

std::string random_time(Random& random) {
  const std::string day =
      random.choice({"2026-03-05", "2024-02-29", "2025-02-29", "0001-01-01", "9999-12-31"});
  return day +
         random.choice(
             {"T10:00:00", "T23:59:59", "T24:00:00", "T10:00:60", " 10:00:00", "t01:02:03"}) +
         random.choice(
             {"Z", "Z", "Z", "+08:00", "-23:59", "+24:00", ".5Z", ".123456789+01:00", "z", ""});
}

std::string random_line(Random& random) {
  const bool usual = !random.one_in(3);
  std::string out = "{";
  const auto add = [&](const std::string& member) {
    out += (out == "{" ? "" : (usual ? "," : random.choice({",", ",", ", ", " ,"}))) + member;
  };
  const auto text = [&](const char* name, const std::string& value) {
    if (usual || !random.one_in(12)) add("\"" + std::string(name) + "\":" + "\"" + value + "\"");
  };
  text("id", "e-" + std::to_string(random.below(1000)));
  if (!random.one_in(8)) text("unit", random.choice({"u-1", "某局", ""}));
  if (random.one_in(8)) text("subject", random.choice({"u-2", ""}));
  if (random.one_in(8)) text("specversion", random.choice({"1.0", "0.3"}));
  if (random.one_in(12)) text("datacontenttype", "application/json");
  text("source", random.choice({"s", "/a/source/with/a/long/name", "某源"}));
  if (random.one_in(8)) add("\"trace\":" + random_value(random));
  text("type", random.choice({"complaint", "complaint", "survey", "event_retracted"}));
  text("time", usual ? "2026-03-0" + std::to_string(1 + random.below(9)) + "T10:00:00+08:00"
                     : random_time(random));
  if (random.one_in(6)) text("recordedtime", random_time(random));
  if (random.one_in(20)) text("id", "again");
  std::string data;
  for (std::int64_t n = random.below(6); n > 0; --n) {
    data += data.empty() ? "" : random.choice({",", ", "});
    data += "\"" +
            random.choice({"severity", "score", "category", "amount", "due", "note", "place",
                           "place.district", "a name too long to be kept by the scanner"}) +
            "\"" + (usual ? ":" : random.choice({":", ":", ": ", " :"})) + random_value(random);
  }
  if (!random.one_in(10))
    add("\"data\":" + (usual ? "{" + data + "}" : random.choice({"null", "{}", "[]", "{ }"})));
  return out + (usual ? "}" : random.choice({"}", "}", "} ", "}}", ""}));
}

TEST_F(RowScannerTest, TakesUsualLines) {
  EXPECT_TRUE(check(
      R"({"id":"1","unit":"u","type":"t","time":"2026-03-05T10:00:00Z","source":"s","data":{"score":5,"note":"x","amount":2.50,"due":null,"category":"c"}})"));
  EXPECT_TRUE(check(
      R"({"specversion": "1.0", "id": "2", "source": "s", "type": "t", "time": "2026-03-05T10:00:00.25+08:00", "subject": "u", "recordedtime": "2026-03-05T10:00:00Z", "more": true, "data": {"score": -5}})"));
  EXPECT_TRUE(check(R"({"id":"3","type":"t","time":"2026-03-05T10:00:00Z","source":"s"})"));
  EXPECT_FALSE(
      check(R"({"id":"4","type":"unit_changed","time":"2026-03-05T10:00:00Z","source":"s"})"));
  EXPECT_FALSE(
      check(R"({"id":"5","id":"5","type":"t","time":"2026-03-05T10:00:00Z","source":"s"})"));
  EXPECT_FALSE(check(""));
}

TEST_F(RowScannerTest, ManyNamesAreLeftToTheDecoder) {
  for (int i = 0; i < 100; ++i) {
    const std::string line =
        R"({"id":"1","type":"t","time":"2026-03-05T10:00:00Z","source":"s","data":{"f)" +
        std::to_string(i) + "\":1,\"score\":2}}";
    EXPECT_EQ(check(line), i < 62) << i;
  }
}

TEST_F(RowScannerTest, NumbersOfAnyLength) {
  for (const std::string tail :
       {"", ".5", ".", "e", "E1", " ", "x", "\x7f", "\xb5", "\"", ":", "/"}) {
    std::string digits;
    for (int n = 0; n <= 20; ++n) {
      for (const std::string first : {"", "0", "-", "-0"}) {
        (void)check(
            R"({"id":"1","type":"t","time":"2026-03-05T10:00:00Z","source":"s","data":{"score":)" +
            first + digits + tail + "}}");
      }
      digits += static_cast<char>('1' + n % 9);
    }
  }
  EXPECT_TRUE(check(
      R"({"id":"1","type":"t","time":"2026-03-05T10:00:00Z","source":"s","data":{"score":123456789012,"amount":1234567}})"));
}

TEST_F(RowScannerTest, TimesAreReadByteByByte) {
  for (const std::string time : {"2026-03-05T10:20:30Z", "2026-03-05T10:20:30+08:00"}) {
    for (std::size_t at = 0; at < time.size(); ++at) {
      for (const char c : std::string("09:-+TZ\" /\\a\x01\xb9")) {
        std::string other = time;
        other[at] = c;
        (void)check(R"({"id":"1","type":"t","source":"s","time":")" + other + "\"}");
        (void)check(R"({"id":"1","type":"t","source":"s","time":")" + other.substr(0, at) + "\"}");
      }
    }
  }
}

// A name is known from the first line it stood in, also if that one was refused for it.
TEST_F(RowScannerTest, NamesAreUtf8InEveryLine) {
  const auto line = [](const std::string& name) {
    return R"({"id":"1","type":"t","time":"2026-03-05T10:00:00Z","source":"s","data":{")" + name +
           "\":1}}";
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(check(line("\xe6\xb5")));
    EXPECT_TRUE(check(line("金额")));
  }
  const std::string attribute =
      R"({"id":"1","type":"t","time":"2026-03-05T10:00:00Z","source":"s","n)" +
      std::string("\xff\":1}");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(check(attribute));
}

TEST_F(RowScannerTest, SaysWhatTheDecoderSays) {
  Random random(11);
  int taken = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string line = random_line(random);
    taken += check(line) ? 1 : 0;
    for (std::int64_t n = random.below(3); n > 0 && !line.empty(); --n) {
      const std::size_t at = random.index(line.size());
      switch (random.below(3)) {
        case 0: line.erase(at, 1 + random.index(4)); break;
        case 1:
          line.insert(at, random.choice({"\"", "\\", ",", ":", "{", "}", " ", "\t", "0", "-",
                                         "\x01", "\xff", "e"}));
          break;
        default: line[at] = static_cast<char>(random.below(256));
      }
    }
    (void)check(line);
  }
  EXPECT_GT(taken, 5'000);
}

TEST_F(RowScannerTest, SaysWhatTheDecoderSaysOfTheFuzzersSeeds) {
  const std::filesystem::path corpus =
      std::filesystem::path(LIANQING_SOURCE_DIR) / "tests/fuzz/corpus/event_json";
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    std::ifstream in(file.path(), std::ios::binary);
    (void)check({std::istreambuf_iterator<char>(in), {}});
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace lianqing
