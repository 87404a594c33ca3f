// The names that records give to units (`unit_changed`), and from when on. What the register file
// says stands until then. Pure state of the daemon; one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "cli/serve/board.h"
#include "engine/entry.h"
#include "lianqing/event.h"

namespace lianqing {

class Renames {
 public:
  // From ReplayOptions::admitted.
  void admitted(const Event& event, const LogEntry& entry, std::string_view unit);
  // What takes effect before t (at t too if `inclusive`) is shown.
  void take_effect(Instant t, bool inclusive, Board& board);
  // All that has taken effect, on a board that has only the register's names.
  void show(Board& board) const;

  std::string encode() const;
  static Result<Renames> decode(std::string_view bytes);  // fails: corrupt

 private:
  std::map<std::string, Bilingual> given_;  // a language that none was given for is empty
  std::multimap<Instant, std::pair<std::string, Bilingual>> waiting_;  // in order
};

}  // namespace lianqing
