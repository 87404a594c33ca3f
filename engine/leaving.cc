#include "engine/leaving.h"

#include <cstring>
#include <tuple>

#include "engine/sort_by_time.h"

namespace lianqing {
namespace {

constexpr std::size_t kBlock = 1U << 20;
constexpr std::size_t kLarge = kBlock / 8;

}  // namespace

std::string_view HeldWarnings::keep(std::string_view text) {
  if (text.size() > left_) {
    if (text.size() > kLarge) {
      large_.push_back(std::make_unique_for_overwrite<char[]>(text.size()));
      std::memcpy(large_.back().get(), text.data(), text.size());
      return {large_.back().get(), text.size()};
    }
    if (used_ == blocks_.size()) blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
    at_ = blocks_[used_++].get();
    left_ = kBlock;
  }
  if (!text.empty()) std::memcpy(at_, text.data(), text.size());
  const std::string_view out(at_, text.size());
  at_ += text.size();
  left_ -= text.size();
  return out;
}

void HeldWarnings::add(const Warning& warning, const Render& render) {
  line_.clear();
  render(warning, line_);
  Held& held = held_.emplace_back();
  held.time = warning.time;
  held.seq = warning.seq;
  held.unit = keep(warning.unit);
  held.rule = keep(warning.rule);
  if (warning.key) held.key = keep(*warning.key);
  held.id = keep(warning.id);
  held.text = keep(line_);
  held.from = warning.from;
  held.to = warning.to;
  held.cause = warning.cause;
  held.keyed = warning.key.has_value();
  held.shadow = warning.shadow;
  held.revoked = warning.revoked;
}

void HeldWarnings::clear() {
  held_.clear();
  large_.clear();
  blocks_.resize(used_);
  used_ = left_ = 0;
}

Status give_out(std::span<HeldWarnings* const> all,
                const std::function<Status(const Leaving&)>& out) {
  using Held = HeldWarnings::Held;
  struct Place {
    Instant time;
    const Held* held;
  };
  std::vector<Place> order;
  std::size_t size = 0;
  for (const HeldWarnings* one : all) size += one->size();
  order.reserve(size);
  for (const HeldWarnings* one : all) {
    for (const Held& held : one->held_) order.push_back({held.time, &held});
  }
  sort_by_time(order, [](const Place& x, const Place& y) {
    const Held &a = *x.held, &b = *y.held;
    return std::tie(a.unit, a.rule, a.key) < std::tie(b.unit, b.rule, b.key);
  });
  Leaving leaving;
  for (const auto& [time, held] : order) {
    leaving.time = time;
    leaving.unit = held->unit;
    leaving.rule = held->rule;
    leaving.key = held->key;
    leaving.keyed = held->keyed;
    leaving.from = held->from;
    leaving.to = held->to;
    leaving.shadow = held->shadow;
    leaving.id = held->id;
    leaving.cause = held->cause;
    leaving.revoked = held->revoked;
    leaving.seq = held->seq;
    leaving.text = held->text;
    if (Status s = out(leaving); !s) return s;
  }
  return {};
}

}  // namespace lianqing
