#include "connectors/http/json_check.h"

#include <boost/json.hpp>

namespace lianqing::http {

bool is_json(std::string_view text) {
  boost::json::error_code error;
  boost::json::stream_parser parser;
  parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  return !error;
}

}  // namespace lianqing::http
