// "Did you mean ...?": the nearest known name to a word that nobody knows. Distances count code
// points, so that one wrong Chinese character is one mistake, like one wrong letter.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lianqing {

// Damerau edit distance (insert, delete, replace, swap two neighbours) over code points.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, if it is near enough to be a slip: a third of the word's length,
// at least one; letter case costs nothing. Failing that, the only candidate that begins with the
// word. Of equally near ones the first in byte order. `word` itself is never suggested.
std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& candidates);

// `2026-03-01` for what people write for it: 2026年3月1日, 2026/3/1, 2026.3.1, 20260301, "2026 - 3
// - 1". Nothing if it is no year, month and day.
std::optional<std::string> date_meant(std::string_view text);

}  // namespace lianqing
