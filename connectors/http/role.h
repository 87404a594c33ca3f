// Who may call: one role per token. What each role may do is a column of the route table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lianqing::http {

enum class Role : std::uint8_t {
  ingester,
  viewer,
  operator_,
  rule_editor,
  rule_approver,
  auditor,
  sys_admin,
  sec_admin,
};

inline constexpr std::array<std::string_view, 8> kRoleNames = {
    "ingester",      "viewer",  "operator",  "rule_editor",
    "rule_approver", "auditor", "sys_admin", "sec_admin"};

constexpr std::string_view name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

constexpr std::optional<Role> role_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

// A set of roles.
using Roles = std::uint16_t;
constexpr Roles only(Role role) { return static_cast<Roles>(1U << static_cast<unsigned>(role)); }
template <class... More>
constexpr Roles any_of(More... roles) {
  return static_cast<Roles>((only(roles) | ... | 0));
}

struct Caller {
  std::string name;  // of the token
  Role role = Role::viewer;
  std::vector<std::string> units;  // sees these and what is below them; empty: all
  std::string source;              // may only send events of this source; empty: of any
  std::vector<std::string> types;  // may only send events of these types; empty: of any

  bool is_limited() const { return !units.empty(); }
};

}  // namespace lianqing::http
