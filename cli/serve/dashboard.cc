#include "cli/serve/dashboard.h"

namespace lianqing {

http::Response dashboard() {
  http::Response out;
  out.content_type = "text/html; charset=utf-8";
  out.body = "<!doctype html><meta charset=utf-8><title>廉情</title><h1>廉情</h1>";
  return out;
}

}  // namespace lianqing
