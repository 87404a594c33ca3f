// What of the units a caller may see. The one place that decides: whoever answers about units asks
// here, per unit and per text, and what is not said to be visible is not there.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cli/serve/board.h"
#include "cli/serve/discretion.h"
#include "cli/serve/seal.h"
#include "connectors/http/role.h"

namespace lianqing {

// The units of a limited token, as the tree is now.
struct VisibleUnits {
  std::set<std::string, std::less<>> ids;
  std::set<std::string, std::less<>> quoted;  // the same as JSON strings
  std::uint64_t tree_version = 0;
};
std::shared_ptr<const VisibleUnits> visible_units(const http::Caller& caller, const Board& board);

class Access {
 public:
  // Of one who is not limited.
  Access() = default;
  Access(const http::Caller& caller, std::shared_ptr<const VisibleUnits> units,
         std::shared_ptr<const Discretion> discretion, std::shared_ptr<const Seal> seal);

  bool is_limited() const { return units_ != nullptr; }
  bool sees(std::string_view unit) const { return !units_ || units_->ids.contains(unit); }
  // The ids of all that is visible; only of a limited one.
  const std::set<std::string, std::less<>>& units() const { return units_->ids; }

  // A unit's own viewer: reads less of the warnings about it.
  bool is_accused() const { return discretion_ != nullptr; }
  // Only of such a one.
  const Discretion& discretion() const { return *discretion_; }
  static bool is_accused(const http::Caller& caller) {
    return caller.is_limited() && caller.role == http::Role::viewer;
  }

  // The same caller where another pack rules, or ruled then.
  Access under(const Program& program) const;

  // A warning as the caller may read it.
  std::string warning(std::string text) const;
  // A whole answer, or what a stream tells.
  std::string told(std::string text) const;
  // A place among the warnings of all units, as the caller is told it, and back.
  std::uint64_t place(std::uint64_t position) const {
    return seal_ ? seal_->close(position) : position;
  }
  std::uint64_t position(std::uint64_t place) const { return seal_ ? seal_->open(place) : place; }
  // The same of an id as a JSON string.
  bool sees_quoted(std::string_view unit) const { return !units_ || units_->quoted.contains(unit); }
  // Whether a text that has its unit as its first or second member is about one that is visible.
  bool sees_text(std::string_view text) const;

 private:
  std::shared_ptr<const VisibleUnits> units_;     // null: all
  std::shared_ptr<const Discretion> discretion_;  // null: reads all of it
  std::shared_ptr<const Seal> seal_;              // of a limited one
};

}  // namespace lianqing
