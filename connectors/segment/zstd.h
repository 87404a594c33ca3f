// Zstandard, of whole buffers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lianqing {

std::string zstd_compressed(std::string_view bytes);
// Into `out`, which has room for exactly `size` bytes; false if that is not what comes out.
bool zstd_expanded(std::string_view compressed, char* out, std::size_t size);

}  // namespace lianqing
