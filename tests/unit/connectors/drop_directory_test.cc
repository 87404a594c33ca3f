#include "connectors/sources/drop_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/import/dropped_table.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/connectors/source_contract.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

class DropDirectoryTest : public ::testing::Test {
 protected:
  DropDirectoryTest() {
    set_dropped_table_reader(&import_dropped_table);
    fs::create_directory(in());
    std::ofstream(directory_.path() + "/t.map.yaml")
        << "version: 1\nsource: /t\nid: id\nunit: unit\ntype: note\ntime: day\n";
  }
  std::string in() const { return directory_.path() + "/in"; }
  // `count` records, the first of them a refused row.
  void write(std::size_t count, const std::string& name = "t.csv") const {
    std::ofstream file(in() + "/" + name);
    file << "id,unit,day\nbad,u,yesterday\n";
    for (std::size_t n = 1; n < count; ++n) file << n << ",u,2026/1/2\n";
  }
  std::unique_ptr<Source> open(const std::string& cursor) const {
    Settings settings;
    settings.set("path", std::vector<std::string>{in()});
    settings.set("maps", std::vector<std::string>{directory_.path()});
    settings.set("settle", std::int64_t{0});
    return *open_drop_directory("drop", settings, cursor);
  }

  TempDir directory_;
};

TEST_F(DropDirectoryTest, KeepsTheContract) {
  expect_source_contract({[this](std::size_t count) { write(count); },
                          [this](const std::string& cursor) { return open(cursor); }, 0});
}

TEST_F(DropDirectoryTest, AFileIsPutAwayOnceAllOfItIsKept) {
  write(5);
  std::stop_source stop;
  stop.request_stop();
  const auto source = open("");
  Pull pull;
  ASSERT_EQ(*source->next(pull, stop.get_token()), Pulled::records);
  ASSERT_EQ(pull.records.size(), 5U);
  const std::string last = pull.records.back().cursor;
  // What stands in a refused row may be nobody's to read: the record says the place only.
  EXPECT_TRUE(pull.records[0].fault);
  EXPECT_EQ(pull.records[0].bytes.find("yesterday"), std::string::npos);
  EXPECT_EQ(pull.records[0].place, "t.csv:2");
  pull = {};
  ASSERT_EQ(*source->next(pull, stop.get_token()), Pulled::nothing);
  EXPECT_TRUE(fs::exists(in() + "/t.csv"));
  // A crash here: the same place, told again.
  const auto again = open(last);
  ASSERT_TRUE(again->committed(last));
  ASSERT_EQ(*again->next(pull, stop.get_token()), Pulled::nothing);
  EXPECT_EQ(pull.notices.size(), 1U);
  EXPECT_TRUE(fs::exists(in() + "/failed/t.csv"));
  EXPECT_TRUE(fs::exists(in() + "/failed/t.csv.report.csv"));
}

TEST_F(DropDirectoryTest, AnotherFileOfTheSameNameBeginsAnew) {
  write(5);
  std::stop_source stop;
  stop.request_stop();
  Pull pull;
  ASSERT_EQ(*open("")->next(pull, stop.get_token()), Pulled::records);
  write(8);
  Pull other;
  ASSERT_EQ(*open(pull.records[2].cursor)->next(other, stop.get_token()), Pulled::records);
  EXPECT_EQ(other.records.size(), 8U);
}

}  // namespace
}  // namespace lianqing
