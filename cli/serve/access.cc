#include "cli/serve/access.h"

#include "cli/serve/json_members.h"
#include "connectors/json_writer.h"

namespace lianqing {

std::shared_ptr<const VisibleUnits> visible_units(const http::Caller& caller, const Board& board) {
  auto out = std::make_shared<VisibleUnits>();
  out->tree_version = board.tree_version();
  out->ids = board.sub_trees(caller.units);
  for (const std::string& unit : out->ids) {
    std::string quoted;
    append_json_string(quoted, unit);
    out->quoted.insert(std::move(quoted));
  }
  return out;
}

// A limited viewer is one of the units that are watched; a limited operator watches them.
Access::Access(const http::Caller& caller, std::shared_ptr<const VisibleUnits> units,
               std::shared_ptr<const Discretion> discretion, std::shared_ptr<const Seal> seal)
    : units_(std::move(units)), seal_(std::move(seal)) {
  if (units_ && is_accused(caller)) discretion_ = std::move(discretion);
}

Access Access::under(const Program& program) const {
  Access out = *this;
  if (out.discretion_) out.discretion_ = std::make_shared<const Discretion>(program);
  return out;
}

std::string Access::warning(std::string text) const {
  return discretion_ ? discretion_->warning(text) : std::move(text);
}

std::string Access::told(std::string text) const {
  return discretion_ ? seal_->close_ids(discretion_->days_only(text)) : std::move(text);
}

bool Access::sees_text(std::string_view text) const {
  if (!units_) return true;
  const auto members = json_members(text);
  if (!members) return false;
  for (const JsonMember& member : *members) {
    if (member.first == "unit") return units_->quoted.contains(member.second);
  }
  return false;
}

}  // namespace lianqing
