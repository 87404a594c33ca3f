// The words for levels and causes that people read, in both languages: always a word and a symbol
// beside a colour, so that grey prints and colour-blind eyes lose nothing.
#pragma once

#include <string_view>

#include "lianqing/level.h"
#include "lianqing/warning.h"

namespace lianqing {

constexpr std::string_view level_word(Level level, bool chinese) {
  switch (level) {
    case Level::green: return chinese ? "绿" : "green";
    case Level::yellow: return chinese ? "黄" : "yellow";
    case Level::red: return chinese ? "红" : "red";
  }
  return {};
}

constexpr std::string_view level_symbol(Level level) {
  switch (level) {
    case Level::green: return "●";
    case Level::yellow: return "◆";
    case Level::red: return "▲";
  }
  return {};
}

// ANSI colour of the level's text.
constexpr std::string_view level_colour(Level level) {
  switch (level) {
    case Level::green: return "\033[32m";
    case Level::yellow: return "\033[33m";
    case Level::red: return "\033[31m";
  }
  return {};
}

constexpr std::string_view cause_name(Cause cause) {
  switch (cause) {
    case Cause::timer: return "timer";
    case Cause::activation: return "activation";
    case Cause::event: return "event";
    case Cause::correction: return "correction";
    case Cause::retraction: return "retraction";
    case Cause::decision: return "decision";
  }
  return {};
}

constexpr std::string_view cause_word(Cause cause) {
  switch (cause) {
    case Cause::timer: return "时间推移";
    case Cause::activation: return "首次评判";
    case Cause::event: return "新事件";
    case Cause::correction: return "更正";
    case Cause::retraction: return "撤回";
    case Cause::decision: return "人工决定";
  }
  return {};
}

}  // namespace lianqing
