// What the daemon tells its operator: one line each on standard error, as text or JSON. Never the
// content of an event, never a token. The .cc is the only includer of spdlog.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lianqing/diagnostic.h"

namespace lianqing {

class Logbook {
 public:
  Logbook(bool json, bool chinese);
  ~Logbook();

  // From any thread.
  void note(const Bilingual& text);
  void warn(const Bilingual& text);
  void alarm(const Bilingual& text);

  bool chinese() const { return chinese_; }

 private:
  enum class Weight { note, warn, alarm };
  void write(Weight weight, const Bilingual& text);

  struct Sink;
  std::unique_ptr<Sink> sink_;
  bool json_, chinese_;
};

}  // namespace lianqing
