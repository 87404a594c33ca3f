#include "connectors/sources/standard_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temp_dir.h"
#include "tests/unit/connectors/source_contract.h"

namespace lianqing {
namespace {

TEST(StandardInput, OfAFileKeepsTheContract) {
  const TempDir directory;
  const std::string path = directory.path() + "/events.jsonl";
  int descriptor = -1;
  expect_source_contract(
      {[&](std::size_t count) {
         std::ofstream out(path);
         for (std::size_t n = 0; n < count; ++n) out << (n == 3 ? "bad" : "{}") << n << "\n";
         out.close();
         descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
       },
       [&](const std::string& cursor) { return stream_source(descriptor, cursor); }, 3});
  ::close(descriptor);
}

TEST(StandardInput, OfAPipeEndsWithItsLastLine) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = "one\n\ntwo\nthree";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  // What was read of another pipe means nothing for this one.
  const auto source = stream_source(ends[0], "1000:0");
  Pull pull;
  ASSERT_EQ(*source->next(pull, {}), Pulled::records);
  ASSERT_EQ(pull.records.size(), 2U);
  EXPECT_EQ(pull.records[1].bytes, "two");
  EXPECT_EQ(pull.records[1].place, "line 3");
  ::close(ends[1]);
  Pull last;
  ASSERT_EQ(*source->next(last, {}), Pulled::end);
  ASSERT_EQ(last.records.size(), 1U);
  EXPECT_EQ(last.records[0].bytes, "three");
  ::close(ends[0]);
}

}  // namespace
}  // namespace lianqing
