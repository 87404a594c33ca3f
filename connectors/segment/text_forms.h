// How a run of texts is stored in a segment.
#pragma once

#include <cstdint>

namespace lianqing {

enum class TextForm : std::uint8_t {
  plain,       // lengths, bytes
  dictionary,  // places in the texts that follow, which are plain or numbered, and these
  numbered,    // stems with a zero byte where the number goes; then stem, digits and number of each
};

}  // namespace lianqing
