#include "connectors/json_text.h"

#include <boost/json.hpp>

namespace lianqing {

std::string json_text(std::string_view literal) {
  if (literal.size() < 2 || !literal.starts_with('"')) return {};
  if (literal.find('\\') == std::string_view::npos) {
    return std::string(literal.substr(1, literal.size() - 2));
  }
  boost::system::error_code error;
  const auto value = boost::json::parse({literal.data(), literal.size()}, error);
  if (error || !value.is_string()) return {};
  return std::string(value.get_string());
}

}  // namespace lianqing
