#include "cli/serve/dashboard.h"

#include "dashboard/files.h"  // made from dashboard/ when the build is configured

namespace lianqing {
namespace {

http::Response file(std::string_view type, std::string_view text) {
  http::Response out;
  out.content_type = type;
  out.body = text;
  return out;
}

}  // namespace

http::Response dashboard_page() {
  http::Response out = file("text/html; charset=utf-8", kDashboardPage);
  out.fields.emplace_back("Content-Security-Policy",
                          "default-src 'none'; style-src 'self'; script-src 'self'; connect-src "
                          "'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
                          "form-action 'none'");
  return out;
}

http::Response dashboard_script() {
  return file("text/javascript; charset=utf-8", kDashboardScript);
}

http::Response dashboard_style() { return file("text/css; charset=utf-8", kDashboardStyle); }

}  // namespace lianqing
