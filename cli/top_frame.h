// One picture of a running daemon as text: units, newest warnings, rates. Knows no terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/explanation.h"
#include "connectors/http/daemon_view.h"

namespace lianqing {

struct TopFrame {
  std::string url, time;  // as shown in the first line
  std::size_t width = 100, height = 30;
  Style style;
};

// What is asked for so that a frame of this height is full.
struct TopRows {
  std::size_t units, warnings;
};
TopRows rows_of(std::size_t height);

// Lines of at most `width` cells, at most `height` of them. Rates need the view before this one,
// and the seconds between the two.
std::vector<std::string> top_frame(const TopFrame& frame, const http::DaemonView& now,
                                   const std::optional<http::DaemonView>& before, double seconds);

// Cut after `width` cells; escape sequences take none and are closed.
std::string clipped(const std::string& line, std::size_t width);

}  // namespace lianqing
