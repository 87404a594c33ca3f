// What a fuzz target is: bytes in, no crash, no sanitizer's report; what it says of them must hold
// (LQ_ASSERT). libFuzzer calls it, or the driver of replay.cc with files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

inline std::string_view fuzz_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
