// What may not come in at all: records that carry a field which is never to be stored, or that are
// of a level which is not for this office. Nothing of their content is kept, not even in the
// quarantine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/event.h"

namespace lianqing {

struct Screen {
  std::vector<std::string> fields;  // paths within data; what is below them is meant, too
  std::string level_field;          // empty: there are no levels
  std::vector<std::string> levels;  // that may come in; a record without the field may

  // Nothing if the event may come in. `raw` of the result is empty.
  std::optional<Rejection> refusal(const Event& event) const;
  // Whether bytes that could not be read as an event may hold such a field, or a level: they name
  // one anywhere, however often it is escaped, or are in an encoding in which that is not seen.
  bool suspects(std::string_view raw) const;
  // The same rejection without anything of the record in it; `mark` tells it from others.
  static Rejection withheld(const Rejection& rejection, std::string mark);

 private:
  bool holds_field(std::string_view raw) const;
};

}  // namespace lianqing
