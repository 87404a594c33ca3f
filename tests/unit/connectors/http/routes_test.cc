#include "connectors/http/routes.h"

#include <gtest/gtest.h>

#include <set>

namespace lianqing::http {
namespace {

TEST(Routes, EveryRowIsFoundAtItsOwnPath) {
  std::set<RouteId> ids;
  for (const Route& route : routes()) {
    EXPECT_TRUE(ids.insert(route.id).second) << route.path;
    std::string path(route.path);
    const std::size_t open = path.find('{');
    if (open != std::string::npos) path = path.substr(0, open) + "some/thing";
    const Routed found = find_route(route.method, path);
    ASSERT_NE(found.route, nullptr) << path;
    EXPECT_EQ(found.route->id, route.id);
    EXPECT_EQ(found.argument, open == std::string::npos ? "" : "some/thing");
    EXPECT_EQ(route.argument.empty(), open == std::string::npos) << "an argument says what it is";
    EXPECT_FALSE(route.summary.empty());
    EXPECT_FALSE(route.statuses.empty());
  }
}

TEST(Routes, SaysWhatIsAllowedWhereTheMethodIsNot) {
  EXPECT_EQ(find_route("DELETE", "/v1/events").allow, "POST");
  EXPECT_EQ(find_route("PUT", "/v1/units").allow, "GET, HEAD");
  EXPECT_EQ(find_route("GET", "/nowhere").allow, "");
  EXPECT_EQ(find_route("GET", "/v1/units/").route, nullptr);
  EXPECT_NE(find_route("HEAD", "/v1/units").route, nullptr);
}

TEST(Routes, ThoseWhoSendDoNotReadAndAdministratorsSeeNoEvents) {
  for (const Route& route : routes()) {
    if (route.path.starts_with("/v1/") && route.id != RouteId::post_events) {
      EXPECT_EQ(route.roles & only(Role::ingester), 0) << route.path;
      const Roles theirs = route.path.starts_with("/v1/tokens") ? only(Role::sec_admin) : Roles{0};
      EXPECT_EQ(route.roles & any_of(Role::sys_admin, Role::sec_admin), theirs) << route.path;
    }
    if (route.path.starts_with("/v1/")) {
      EXPECT_NE(route.roles, 0) << route.path;
    }
  }
}

TEST(Roles, HaveNamesThatReadBack) {
  for (const std::string_view role : kRoleNames) EXPECT_EQ(name(*role_of(role)), role);
  EXPECT_FALSE(role_of("root"));
}

}  // namespace
}  // namespace lianqing::http
