#include "connectors/segment/zstd.h"

#include <zstd.h>

#include <memory>

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
  // Made anew for every part it would be most of the time that small parts take.
  struct Free {
    void operator()(ZSTD_DCtx* made) const { ZSTD_freeDCtx(made); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  const std::size_t got =
      ZSTD_decompressDCtx(context.get(), out, size, compressed.data(), compressed.size());
  return ZSTD_isError(got) == 0 && got == size;
}

}  // namespace lianqing
