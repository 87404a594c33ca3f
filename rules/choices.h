// Words of which one must be written, with what they mean: one table per place where there is such
// a choice. The parser chooses by them; schema and completion list them.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "rules/expression.h"
#include "rules/program.h"

namespace lianqing {

inline constexpr std::array<std::pair<std::string_view, RuleStatus>, 4> kStatus = {
    {{"draft", RuleStatus::draft},
     {"shadow", RuleStatus::shadow},
     {"active", RuleStatus::active},
     {"retired", RuleStatus::retired}}};
inline constexpr std::array<std::pair<std::string_view, FieldType>, 9> kFieldTypes = {{
    {"int", FieldType::integer},
    {"decimal", FieldType::decimal},
    {"number", FieldType::decimal},
    {"string", FieldType::text},
    {"bool", FieldType::boolean},
    {"code", FieldType::code},
    {"date", FieldType::date},
    {"time", FieldType::time},
    {"list", FieldType::list},
}};
inline constexpr std::array<std::pair<std::string_view, ValueType>, 9> kAttributeTypes = {
    {{"number", ValueType::number},
     {"int", ValueType::number},
     {"decimal", ValueType::number},
     {"text", ValueType::text},
     {"string", ValueType::text},
     {"code", ValueType::text},
     {"bool", ValueType::boolean},
     {"date", ValueType::dynamic},
     {"any", ValueType::dynamic}}};
inline constexpr std::array<std::pair<std::string_view, PeerStat>, 8> kStats = {
    {{"median", PeerStat::median},
     {"q1", PeerStat::q1},
     {"q3", PeerStat::q3},
     {"mean", PeerStat::mean},
     {"stddev", PeerStat::deviation},
     {"rank", PeerStat::rank},
     {"percentile", PeerStat::percentile},
     {"count", PeerStat::count}}};
inline constexpr std::array<std::pair<std::string_view, RollUpScope>, 2> kScopes = {
    {{"children", RollUpScope::children}, {"descendants", RollUpScope::descendants}}};
inline constexpr std::array<std::pair<std::string_view, bool>, 2> kStanding = {
    {{"count", false}, {"active", true}}};
inline constexpr std::array<std::pair<std::string_view, Level>, kLevels> kLevelNames = {
    {{name(Level::green), Level::green},
     {name(Level::yellow), Level::yellow},
     {name(Level::red), Level::red}}};
// In tests, where people write levels in either language.
inline constexpr std::pair<std::string_view, Level> kLevelWords[] = {
    {"green", Level::green}, {"yellow", Level::yellow}, {"red", Level::red},
    {"绿", Level::green},    {"黄", Level::yellow},     {"红", Level::red},
};
inline constexpr std::pair<std::string_view, bool> kEndings[] = {{"cleared", false},
                                                                 {"revoked", true}};

}  // namespace lianqing
