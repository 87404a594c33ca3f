#include "engine/evidence.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "engine/items.h"

namespace lianqing {
namespace {

bool before(const Sample& a, const Sample& b) {
  return std::pair(a.time, a.seq) < std::pair(b.time, b.seq);
}

bool same(const Sample& a, const Sample& b) { return a.time == b.time && a.seq == b.seq; }

class Citation {
 public:
  Citation(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t,
           Evidence& out)
      : fold_(fold), program_(fold.program()), unit_(unit), instance_(instance), t_(t), out_(out) {}

  void run() {
    out_.events.clear();
    for (const std::uint32_t m : program_.rules[instance_.rule].measures) {
      const Measure& measure = program_.measures[m];
      if (measure.window != kNone) add_window(measure);
      if (measure.item != kNone) add_item(m, measure);
    }
    out_.windows.resize(windows_);
    if (!openings_.empty()) {
      std::sort(openings_.begin(), openings_.end(), before);
      openings_.erase(std::unique(openings_.begin(), openings_.end(), same), openings_.end());
      runs_.push_back({kNone, openings_.data(), 0, openings_.size()});
    }
    join();
    take();
  }

 private:
  // Samples [begin, end) of `all`, which are in (time, log order); `owner` tells whose they are.
  struct Run {
    std::uint32_t owner;
    const Sample* all;
    std::size_t begin, end;

    const Sample& newest() const { return all[end - 1]; }
  };

  EvidenceWindow& window(const Measure& measure) {
    if (windows_ == out_.windows.size()) out_.windows.emplace_back();
    EvidenceWindow& shown = out_.windows[windows_++];
    shown.measure = measure.name;
    shown.from.reset();
    shown.to = t_;
    shown.events = 0;
    return shown;
  }

  void add_window(const Measure& measure) {
    const Window& looked_at = program_.windows[measure.window];
    const Bounds at = bounds(program_, looked_at.span, t_);
    EvidenceWindow& shown = window(measure);
    shown.to = at.high;
    if (at.low != kBeforeAll) shown.from = at.low;
    const Series* series =
        unit_.find_series(looked_at.stream, measure.key == kNone ? Cell{} : instance_.key);
    if (series == nullptr) return;
    const auto w = std::find(series->windows.begin(), series->windows.end(), measure.window) -
                   series->windows.begin();
    const WindowState& state = series->states[static_cast<std::size_t>(w)];
    shown.events = state.end - state.begin;
    if (state.begin == state.end) return;
    const auto owner = static_cast<std::uint32_t>(series - unit_.series.data());
    runs_.push_back({owner, series->samples.data(), state.begin, state.end});
  }

  // The openings of the items that count now.
  void add_item(std::uint32_t index, const Measure& measure) {
    const auto& views = fold_.route().item_views[measure.item];
    const auto v = static_cast<std::size_t>(
        std::find_if(views.begin(), views.end(),
                     [&](const ItemView& x) { return x.measure == index; }) -
        views.begin());
    EvidenceWindow& shown = window(measure);
    auto at = unit_.items.lower_bound(KeyedIndex{measure.item, Cell{}});
    for (; at != unit_.items.end() && at->first.index == measure.item; ++at) {
      std::uint64_t ignored = 0;
      for (const Episode& episode : episodes(at->second, &ignored)) {
        const Cell& fact = episode.opening->facts[v];
        if (fact.tag == CellTag::null || (measure.key != kNone && fact != instance_.key)) continue;
        if (!counts_now(measure, episode)) continue;
        ++shown.events;
        openings_.push_back({episode.opening->time, episode.opening->seq, {}});
      }
    }
  }

  bool counts_now(const Measure& measure, const Episode& episode) const {
    if (episode.closed <= t_ || episode.opening->time > t_) return false;
    if (measure.aggregate == Aggregate::open) return true;
    if (measure.aggregate == Aggregate::overdue) {
      const auto edge = deadline_after(program_, episode.due, measure.margin);
      return edge.to <= t_;
    }
    const auto edge = warning_start(program_, episode.due, measure.margin);
    return edge.to <= t_ && t_ < episode.due;
  }

  // Windows over the same samples are one run where they meet.
  void join() {
    std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) {
      return std::pair(a.owner, a.begin) < std::pair(b.owner, b.begin);
    });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < runs_.size(); ++i) {
      Run& last = runs_[kept];
      if (runs_[i].owner == last.owner && runs_[i].begin <= last.end) {
        last.end = std::max(last.end, runs_[i].end);
      } else {
        runs_[++kept] = runs_[i];
      }
    }
    if (!runs_.empty()) runs_.resize(kept + 1);
  }

  // From the newest on. An event that lies in several runs is one.
  void take() {
    out_.total = 0;
    if (runs_.size() == 1) {
      Run& only = runs_.front();
      out_.total = only.end - only.begin;
      for (; only.begin != only.end && wants_more(); --only.end) name(only.newest());
      return;
    }
    while (!runs_.empty()) {
      const Sample* newest = &runs_.front().newest();
      for (const Run& run : runs_) {
        if (before(*newest, run.newest())) newest = &run.newest();
      }
      ++out_.total;
      if (wants_more()) name(*newest);
      bool ended = false;
      for (Run& run : runs_) {
        if (same(run.newest(), *newest)) ended = --run.end == run.begin || ended;
      }
      if (!ended) continue;
      runs_.erase(std::remove_if(runs_.begin(), runs_.end(),
                                 [](const Run& run) { return run.begin == run.end; }),
                  runs_.end());
    }
  }

  bool wants_more() const { return out_.events.size() < fold_.options().evidence; }
  void name(const Sample& sample) {
    const std::string_view id = unit_.rows.id_of(sample.seq);
    if (!id.empty()) out_.events.push_back(id);
  }

  const Fold& fold_;
  const Program& program_;
  const UnitState& unit_;
  const Instance& instance_;
  Instant t_;
  Evidence& out_;
  std::size_t windows_ = 0;
  boost::container::small_vector<Run, 8> runs_;
  std::vector<Sample> openings_;
};

}  // namespace

void cite(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t,
          Evidence& out) {
  Citation(fold, unit, instance, t, out).run();
}

}  // namespace lianqing
