// The parts of an .xlsx file: XML in a ZIP. For use in a confined child process only (confined.h):
// it throws PackageFault, and the libraries below it are given what anybody sent. The .cc is the
// only includer of libzip and expat.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lianqing/diagnostic.h"

namespace lianqing {

inline constexpr std::uint64_t kMaxXlsxParts = 1000;
inline constexpr std::uint64_t kMaxXlsxPartBytes = 64U << 20;    // unpacked
inline constexpr std::uint64_t kMaxXlsxTotalBytes = 256U << 20;  // unpacked, of all parts
inline constexpr std::uint64_t kMaxXlsxRatio = 100;              // of parts over 1 MiB

struct PackageFault {
  Bilingual what;
};

using XmlAttributes = std::map<std::string, std::string, std::less<>>;

// What is done with one XML part while it is unpacked. Names come without their prefix. The
// functions must not throw: they are called from C.
struct XmlPartReader {
  std::function<void(std::string_view, const XmlAttributes&)> open = {};
  std::function<void(std::string_view)> close = {};
  std::function<void(std::string_view)> text = {};
};

class XlsxPackage {
 public:
  // `bytes` outlive this. Throws if it is no ZIP or a part is over a limit.
  explicit XlsxPackage(std::string_view bytes);
  ~XlsxPackage();
  XlsxPackage(const XlsxPackage&) = delete;
  XlsxPackage& operator=(const XlsxPackage&) = delete;

  bool has(const std::string& part) const;
  // Throws if it is not there, damaged, not XML, nested over 64 deep, or declares a document type.
  void read(const std::string& part, const XmlPartReader& reader) const;

 private:
  struct Zip;
  std::unique_ptr<Zip> zip_;
};

}  // namespace lianqing
