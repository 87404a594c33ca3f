// What names mean where an expression stands: over one event (`where`, `streak`, `extend`), over
// the measures of a unit (rules and `value`), over a unit below (`units`) or over one warning.
#pragma once

#include <functional>

#include "rules/names.h"

namespace lianqing {

// The parts that both scopes share.
class PackScope : public ExprScope {
 public:
  explicit PackScope(Names& names) : names_(names) {}

  std::optional<std::vector<Cell>> find_list(std::string_view name) override;
  std::optional<std::string> find_macro(std::string_view name) override;
  Symbol intern(std::string_view text) override { return names_.tables.symbol(text); }
  std::uint32_t pattern(std::string_view text) override {
    return names_.tables.pattern(std::string(text));
  }

 protected:
  std::optional<NamedValue> find_param(std::string_view name, const SourceSpan& at);
  void add_constant_names(std::vector<std::string>& out) const;

  Names& names_;
};

// Fields of the events of a selection. A field that its declared types have comes before a list,
// macro or param of the same name; any other name is a field only of undeclared types.
class EventScope final : public PackScope {
 public:
  EventScope(Names& names, const Selection& types);

  std::optional<NamedValue> find(std::string_view name, const SourceSpan& at) override;
  std::optional<std::vector<Cell>> find_list(std::string_view name) override;
  std::optional<std::string> find_macro(std::string_view name) override;
  std::vector<std::string> names() const override;

  // A field by its path, never a param: for `sum: F`, `per: F` and the like. Reports if there is
  // none; the slot is taken.
  std::optional<NamedValue> field(const Text& path);
  // The declared field of that path if all types of the selection declare it alike.
  const FieldSyntax* declared(std::string_view path) const;

 private:
  bool some_declare(std::string_view name) const;
  NamedValue field_value(std::string_view name);
  bool is_code(std::string_view name) const;
  void report_unknown(std::string_view name, const SourceSpan& at);
  void note_unchecked(std::string_view name, const SourceSpan& at);

  std::vector<const EventSyntax*> declared_;
  std::vector<Text> undeclared_;
  bool any_ = false;
};

// Measures, params, unit attributes and the key.
class RuleScope : public PackScope {
 public:
  // Gives a measure's value, making it if need be; nothing if there is none of that name.
  using FindMeasure = std::function<std::optional<NamedValue>(std::string_view, const SourceSpan&)>;
  RuleScope(Names& names, FindMeasure find_measure, bool with_key)
      : PackScope(names), find_measure_(std::move(find_measure)), with_key_(with_key) {}

  std::optional<NamedValue> find(std::string_view name, const SourceSpan& at) override;
  std::vector<std::string> names() const override;

 private:
  std::optional<NamedValue> find_attribute(std::string_view name, const SourceSpan& at);

  FindMeasure find_measure_;
  bool with_key_;
};

// A unit below: its measures and attributes, and `level`.
class LowerUnitScope final : public RuleScope {
 public:
  LowerUnitScope(Names& names, FindMeasure find_measure)
      : RuleScope(names, std::move(find_measure), false) {}

  std::optional<NamedValue> find(std::string_view name, const SourceSpan& at) override;
  std::optional<std::vector<Cell>> find_list(std::string_view name) override;
  std::optional<std::string> find_macro(std::string_view name) override;
  std::vector<std::string> names() const override;
};

// One warning: level, rule, group, key; and params.
class WarningScope final : public PackScope {
 public:
  explicit WarningScope(Names& names) : PackScope(names) {}

  std::optional<NamedValue> find(std::string_view name, const SourceSpan& at) override;
  std::optional<std::vector<Cell>> find_list(std::string_view name) override;
  std::optional<std::string> find_macro(std::string_view name) override;
  std::vector<std::string> names() const override;
};

// The attribute of a warning that is called so.
std::optional<WarningAttribute> warning_attribute(std::string_view name);
std::vector<std::string> warning_attribute_names();

}  // namespace lianqing
