#include "connectors/segment/zstd.h"

#include <zstd.h>

#include "lianqing/assert.h"

namespace lianqing {

std::string zstd_compressed(std::string_view bytes) {
  constexpr int kLevel = 3;
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  LQ_ASSERT(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

bool zstd_expanded(std::string_view compressed, char* out, std::size_t size) {
  const std::size_t got = ZSTD_decompress(out, size, compressed.data(), compressed.size());
  return ZSTD_isError(got) == 0 && got == size;
}

}  // namespace lianqing
