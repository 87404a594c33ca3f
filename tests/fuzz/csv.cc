// A table -> its rows, within the limits, or why not.
#include "connectors/csv.h"

#include "lianqing/assert.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace lianqing;
  const auto rows = read_csv(fuzz_text(bytes, size));
  if (!rows) {
    LQ_ASSERT(!rows.error().what.empty());
    return 0;
  }
  for (const CsvRow& row : *rows) {
    LQ_ASSERT(row.fields.size() <= kMaxCsvColumns);
    for (const std::string& field : row.fields) LQ_ASSERT(field.size() <= kMaxCsvFieldBytes);
  }
  return 0;
}
