// A page of metrics as it is written: Prometheus text format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lianqing/number.h"

namespace lianqing {

// Seconds as a decimal.
inline std::string seconds(std::int64_t us) { return Number::from_micros(us).to_string(); }

inline std::string escaped_label(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

class MetricsPage {
 public:
  // Starts a metric; its samples follow.
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view labels, std::string_view value, std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }
  void sample(std::string_view labels, std::uint64_t value, std::string_view suffix = {}) {
    sample(labels, std::string_view(std::to_string(value)), suffix);
  }
  void single(std::string_view name, std::string_view type, std::string_view help,
              std::uint64_t value) {
    metric(name, type, help);
    sample({}, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

inline std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + escaped_label(value) + "\"";
}

}  // namespace lianqing
