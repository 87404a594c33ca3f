// The command line of one command: long options (`--x VALUE`, `--x=VALUE`), the rest in order.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/result.h"

namespace lianqing {

struct OptionSpec {
  std::string_view name;     // without the dashes
  bool takes_value = false;  // else it is a switch
  bool repeated = false;     // takes every value up to the next option
  std::string_view help_zh, help_en;
};

class Options {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  // The last value given.
  std::optional<std::string> value(const std::string& name) const;
  std::string value_or(const std::string& name, std::string otherwise) const {
    return value(name).value_or(std::move(otherwise));
  }
  std::vector<std::string> values(const std::string& name) const;
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend Result<Options> parse_options(std::span<const std::string>, std::span<const OptionSpec>);
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> positionals_;
};

// Fails (usage) on an unknown option, a missing value, or a value for a switch.
[[nodiscard]] Result<Options> parse_options(std::span<const std::string> args,
                                            std::span<const OptionSpec> specs);

// One line per option, for `--help`.
std::string options_help(std::span<const OptionSpec> specs, bool chinese);

}  // namespace lianqing
