#include "cli/options.h"

#include <algorithm>

#include "cli/columns.h"
#include "rules/suggest.h"

namespace lianqing {

std::optional<std::string> Options::value(const std::string& name) const {
  const auto at = values_.find(name);
  if (at == values_.end() || at->second.empty()) return std::nullopt;
  return at->second.back();
}

std::vector<std::string> Options::values(const std::string& name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? std::vector<std::string>{} : at->second;
}

Result<Options> parse_options(std::span<const std::string> args,
                              std::span<const OptionSpec> specs) {
  Options out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!args[i].starts_with("--")) {
      out.positionals_.push_back(args[i]);
      continue;
    }
    const std::size_t equals = args[i].find('=');
    const std::string name = args[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto spec = std::find_if(specs.begin(), specs.end(),
                                   [&](const OptionSpec& s) { return s.name == name; });
    if (spec == specs.end()) {
      std::vector<std::string> names;
      for (const OptionSpec& s : specs) names.emplace_back(s.name);
      const auto near = nearest_name(name, names);
      return failure(ErrorCode::usage,
                     "unknown option --" + name + (near ? "; did you mean --" + *near + "?" : ""));
    }
    auto& values = out.values_[name];
    if (!spec->takes_value) {
      if (equals != std::string::npos)
        return failure(ErrorCode::usage, "--" + name + " takes no value");
      continue;
    }
    if (equals != std::string::npos) {
      values.push_back(args[i].substr(equals + 1));
      continue;
    }
    if (i + 1 >= args.size() || args[i + 1].starts_with("--")) {
      return failure(ErrorCode::usage, "--" + name + " expects a value");
    }
    values.push_back(args[++i]);
    while (spec->repeated && i + 1 < args.size() && !args[i + 1].starts_with("--"))
      values.push_back(args[++i]);
  }
  return out;
}

std::string options_help(std::span<const OptionSpec> specs, bool chinese) {
  std::vector<std::vector<std::string>> rows;
  for (const OptionSpec& spec : specs) {
    std::string left = "  --" + std::string(spec.name);
    if (spec.takes_value) left += spec.repeated ? " VALUE..." : " VALUE";
    rows.push_back({left, std::string(chinese ? spec.help_zh : spec.help_en)});
  }
  return columns(rows, {false, false});
}

}  // namespace lianqing
