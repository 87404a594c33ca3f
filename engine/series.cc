#include "engine/series.h"

#include <xxhash.h>
#include <algorithm>

namespace lianqing {
namespace {

constexpr Duration kTick{1};

bool numeric_less(const Cell& a, const Cell& b) {
  return Wide{a.num} * b.den < Wide{b.num} * a.den;
}

// Fields have at most six decimals, so this is exact.
Wide micros_of(const Cell& c) {
  if (c.tag != CellTag::number) return c.tag == CellTag::boolean ? Wide{c.num} * 1'000'000 : 0;
  return c.den == 1 ? Wide{c.num} * 1'000'000 : Wide{c.num} * (1'000'000 / c.den);
}

// v * weight, rounded half away from zero.
Wide weighted(Wide v, std::uint32_t weight) {
  if (weight == kFullWeight) return v;
  const Wide doubled = 2 * v * weight, full = kFullWeight;
  return (doubled + (v < 0 ? -full : full)) / (2 * full);
}

// Into the values in order and the groups, or out of them.
void keep_value(const Window& window, WindowState& state, const Cell& value, int sign) {
  if (window.upkeep & kKeepSorted) {
    if (!state.sorted) state.sorted = std::make_unique<std::vector<Cell>>();
    auto& sorted = *state.sorted;
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), value, numeric_less);
    if (sign > 0) {
      sorted.insert(at, value);
    } else {
      sorted.erase(at);
    }
  }
  if (window.upkeep & kKeepGroups) {
    if (!state.groups) state.groups = std::make_unique<Groups>();
    if (sign > 0) {
      state.groups->add(value);
    } else {
      state.groups->remove(value);
    }
  }
}

void take(const Window& window, WindowState& state, const Cell& value, std::uint32_t weight,
          int sign) {
  if (weight != kFullWeight) state.lacking += sign * static_cast<Wide>(kFullWeight - weight);
  if (window.upkeep & kKeepSum) {
    const Wide micros = micros_of(value);
    state.sum += sign * weighted(micros, weight);
    state.squares += sign * weighted(micros * micros, weight);
  }
  keep_value(window, state, value, sign);
}

bool before(const Sample& sample, Instant time, Seq seq) {
  return sample.time != time ? sample.time < time : sample.seq < seq;
}

std::size_t position(const Series& series, Instant time, Seq seq) {
  const auto first = series.samples.begin() + static_cast<std::ptrdiff_t>(series.head);
  if (first == series.samples.end() || before(series.samples.back(), time, seq)) {
    return series.samples.size();
  }
  const auto at = std::lower_bound(first, series.samples.end(), 0,
                                   [&](const Sample& s, int) { return before(s, time, seq); });
  return static_cast<std::size_t>(at - series.samples.begin());
}

// Calendar bounds change only at period ends: computed once per period.
void renew_period(const Program& program, const WindowSpan& span, WindowState& state, Instant t) {
  const Zone& zone = program.zone;
  const LocalDay today = zone.day_of(t);
  state.start = zone.start_of(Zone::period_start(today, span.period)) - kTick;
  state.until = zone.start_of(Zone::period_start(today, span.period, 1));
  state.low = zone.start_of(Zone::period_start(today, span.period, -span.periods_back)) - kTick;
  state.high =
      span.periods_back == 0
          ? kNever
          : zone.start_of(Zone::period_start(today, span.period, 1 - span.periods_back)) - kTick;
}

Bounds bounds_now(const Program& program, const WindowSpan& span, WindowState& state, Instant t) {
  switch (span.kind) {
    case WindowSpan::Kind::all: return {kBeforeAll, t - span.offset};
    case WindowSpan::Kind::sliding: return {t - span.offset - span.over, t - span.offset};
    case WindowSpan::Kind::calendar: break;
  }
  if (t >= state.until) renew_period(program, span, state, t);
  Instant high = std::min(state.high, t);
  if (span.to_date && span.periods_back > 0) high = std::min(high, state.low + (t - state.start));
  return {state.low, high};
}

Instant next_change(const Series& series, const WindowSpan& span, const WindowState& state) {
  const auto& samples = series.samples;
  const bool more = state.end < samples.size();
  const bool some = state.begin < state.end;
  switch (span.kind) {
    case WindowSpan::Kind::all: return more ? samples[state.end].time + span.offset : kNever;
    case WindowSpan::Kind::sliding: {
      const Instant enters = more ? samples[state.end].time + span.offset : kNever;
      const Instant leaves = some ? samples[state.begin].time + span.offset + span.over : kNever;
      return std::min(enters, leaves);
    }
    case WindowSpan::Kind::calendar: break;
  }
  if (!more && !some) return kNever;
  Instant next = state.until;
  // A match that lies ahead (a sequence that nothing followed) enters at its time.
  if (more && span.periods_back == 0) next = std::min(next, samples[state.end].time);
  if (more && span.to_date && span.periods_back > 0 && samples[state.end].time <= state.high) {
    next = std::min(next, state.start + (samples[state.end].time - state.low));
  }
  return next;
}

// Forgets samples that no window can ever reach again.
void trim(const Program& program, Series& series) {
  std::size_t keep = series.samples.size();
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    if (program.windows[series.windows[w]].span.kind == WindowSpan::Kind::all) return;
    keep = std::min(keep, series.states[w].begin);
  }
  series.head = keep;
  if (series.head < 32 || series.head * 2 < series.samples.size()) return;
  series.samples.erase(series.samples.begin(),
                       series.samples.begin() + static_cast<std::ptrdiff_t>(series.head));
  for (WindowState& state : series.states) {
    state.begin -= series.head;
    state.end -= series.head;
  }
  series.head = 0;
}

// To be told before the window changes.
void note(Moved& moved, std::size_t w, const WindowState& state) {
  const auto place = static_cast<std::uint32_t>(w);
  for (const MovedWindow& one : moved) {
    if (one.place == place) return;
  }
  moved.push_back({place, state.weight(), state.sum});
}

void settle(const Program& program, Series& series, std::size_t w, Instant t, Moved& moved) {
  const Window& window = program.windows[series.windows[w]];
  WindowState& state = series.states[w];
  const Bounds at = bounds_now(program, window.span, state, t);
  const auto& samples = series.samples;
  const bool enters = state.end < samples.size() && samples[state.end].time <= at.high;
  const bool leaves = state.begin < state.end && samples[state.begin].time <= at.low;
  if (enters || leaves) note(moved, w, state);
  while (state.end < samples.size() && samples[state.end].time <= at.high) {
    const Sample& sample = samples[state.end++];
    take(window, state, sample.value, series.weight_of(sample.seq), +1);
  }
  while (state.begin < state.end && samples[state.begin].time <= at.low) {
    const Sample& sample = samples[state.begin++];
    take(window, state, sample.value, series.weight_of(sample.seq), -1);
  }
}

void find_due(const Program& program, Series& series) {
  series.due = kNever;
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    const WindowSpan& span = program.windows[series.windows[w]].span;
    series.due = std::min(series.due, next_change(series, span, series.states[w]));
  }
}

}  // namespace

std::size_t Groups::CellHash::operator()(const Cell& c) const {
  const std::uint64_t words[2] = {static_cast<std::uint64_t>(c.num),
                                  (std::uint64_t{c.den} << 8) | static_cast<std::uint64_t>(c.tag)};
  return XXH3_64bits(words, sizeof words);
}

void Groups::add(const Cell& value) {
  const std::size_t n = ++counts_[value];
  if (holders_.size() <= n) holders_.resize(n + 1);
  if (n > 1) --holders_[n - 1];
  ++holders_[n];
  top_ = std::max(top_, n);
}

void Groups::remove(const Cell& value) {
  const auto at = counts_.find(value);
  const std::size_t n = at->second--;
  if (n == 1) counts_.erase(at);
  --holders_[n];
  if (n > 1) ++holders_[n - 1];
  if (n == top_ && holders_[n] == 0) --top_;
}

Bounds bounds(const Program& program, const WindowSpan& span, Instant t) {
  WindowState scratch;
  return bounds_now(program, span, scratch, t);
}

Totals Totals::of(const Cell& value) {
  const Wide micros = micros_of(value);
  return {static_cast<Sum>(micros), static_cast<Sum>(micros) * static_cast<Sum>(micros)};
}

void stand(const Program& program, Series& series, std::span<const Totals> totals, Instant t) {
  const auto& samples = series.samples;
  const auto up_to = [&](std::size_t from, Instant bound) {
    const auto at =
        std::upper_bound(samples.begin() + static_cast<std::ptrdiff_t>(from), samples.end(), bound,
                         [](Instant x, const Sample& s) { return x < s.time; });
    return static_cast<std::size_t>(at - samples.begin());
  };
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    const Window& window = program.windows[series.windows[w]];
    WindowState& state = series.states[w];
    const Bounds at = bounds_now(program, window.span, state, t);
    const std::size_t begin = up_to(state.begin, at.low), end = up_to(state.end, at.high);
    if ((window.upkeep & (kKeepSorted | kKeepGroups)) != 0) {
      const std::size_t kept = std::min(begin, state.end);  // before it all leave, behind it enter
      if (kept < begin) {
        if (state.sorted) state.sorted->clear();
        state.groups.reset();
      } else {
        for (std::size_t i = state.begin; i < kept; ++i) {
          keep_value(window, state, samples[i].value, -1);
        }
      }
      for (std::size_t i = std::max(begin, state.end); i < end; ++i) {
        keep_value(window, state, samples[i].value, +1);
      }
    }
    state.begin = begin;
    state.end = end;
    if ((window.upkeep & kKeepSum) == 0) continue;
    state.sum = static_cast<Wide>(totals[state.end].sum - totals[state.begin].sum);
    state.squares = static_cast<Wide>(totals[state.end].squares - totals[state.begin].squares);
  }
  find_due(program, series);
}

void advance(const Program& program, Series& series, Instant t, Moved& moved) {
  moved.clear();
  for (std::size_t w = 0; w < series.states.size(); ++w) settle(program, series, w, t, moved);
  trim(program, series);
  find_due(program, series);
}

void insert(const Program& program, Series& series, const Sample& sample, std::uint32_t weight,
            Instant t, Moved& moved) {
  if (series.due <= t) {
    advance(program, series, t, moved);
  } else {
    moved.clear();
  }
  if (weight != kFullWeight) series.weights.emplace_back(sample.seq, weight);
  const std::size_t at = position(series, sample.time, sample.seq);
  series.samples.insert(series.samples.begin() + static_cast<std::ptrdiff_t>(at), sample);
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    const Window& window = program.windows[series.windows[w]];
    WindowState& state = series.states[w];
    const Bounds now = bounds_now(program, window.span, state, t);
    if (sample.time > now.high) continue;  // enters later, when its window gets there
    if (sample.time <= now.low) {          // too old for this window
      ++state.begin;
      ++state.end;
      continue;
    }
    note(moved, w, state);
    ++state.end;
    take(window, state, sample.value, weight, +1);
  }
  trim(program, series);
  find_due(program, series);
}

bool erase(const Program& program, Series& series, Instant time, Seq seq, Instant t, Moved& moved) {
  advance(program, series, t, moved);
  const std::size_t at = position(series, time, seq);
  if (at == series.samples.size() || series.samples[at].time != time ||
      series.samples[at].seq != seq) {
    return false;
  }
  const Cell value = series.samples[at].value;
  const std::uint32_t weight = series.weight_of(seq);
  std::erase_if(series.weights, [seq](const auto& entry) { return entry.first == seq; });
  series.samples.erase(series.samples.begin() + static_cast<std::ptrdiff_t>(at));
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    WindowState& state = series.states[w];
    if (at >= state.end) continue;
    if (at < state.begin) {
      --state.begin;
      --state.end;
      continue;
    }
    note(moved, w, state);
    --state.end;
    take(program.windows[series.windows[w]], state, value, weight, -1);
  }
  find_due(program, series);
  return true;
}

}  // namespace lianqing
