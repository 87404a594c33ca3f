// The synthetic log. Every draw comes from one splitmix64 sequence, so that seed and shape give the
// same bytes everywhere; the order of the draws is part of the format.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "bench/w20.h"
#include "lianqing/number.h"
#include "lianqing/time.h"

namespace lianqing {
namespace {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint64_t word() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(word() >> 11) * 0x1.0p-53; }
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((static_cast<Wide>(word()) * n) >> 64);
  }

 private:
  std::uint64_t state_;
};

struct Arrival {
  std::int64_t arrives, time;  // seconds
  std::uint32_t unit, seed;
};

constexpr std::int64_t kStart = 1'640'995'200;  // 2022-01-01
constexpr std::int64_t kLength = 3 * 365 * std::int64_t{86'400};

std::vector<Arrival> arrivals(const LogShape& shape) {
  Draws draws(shape.seed);
  std::vector<double> upto(shape.units);
  double sum = 0;
  for (std::uint32_t i = 0; i < shape.units; ++i) {
    upto[i] = sum += std::pow(i + 1.0, -shape.zipf);
  }
  std::vector<std::uint32_t> named(shape.units);
  for (std::uint32_t i = 0; i < shape.units; ++i) named[i] = i;
  for (std::uint32_t i = shape.units - 1; i > 0; --i) {
    std::swap(named[i], named[draws.below(i + 1)]);
  }
  std::vector<Arrival> out(shape.events);
  const double step = static_cast<double>(kLength) / static_cast<double>(shape.events);
  for (std::uint64_t i = 0; i < shape.events; ++i) {
    const auto time =
        kStart + static_cast<std::int64_t>((static_cast<double>(i) + draws.unit()) * step);
    const auto rank = std::lower_bound(upto.begin(), upto.end(), draws.unit() * sum) - upto.begin();
    const auto last = static_cast<std::ptrdiff_t>(shape.units) - 1;
    const double lateness = draws.unit();
    const std::int64_t delay = lateness < 1 - shape.late       ? 0
                               : lateness < 1 - shape.late / 5 ? draws.below(3600)
                                                               : draws.below(172'800);
    const std::uint32_t unit = named[static_cast<std::size_t>(std::min(rank, last))];
    out[i] = {time + delay, time, unit, static_cast<std::uint32_t>(draws.word())};
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Arrival& a, const Arrival& b) { return a.arrives < b.arrives; });
  return out;
}

constexpr const char* kSources[] = {"inspection-app", "call-centre", "web-portal",
                                    "field-tablet",   "erp-bridge",  "survey-bot"};
constexpr const char* kTopics[] = {"fire_safety", "structure", "electrical",
                                   "hygiene",     "documents", "access"};
constexpr const char* kChannels[] = {"hotline", "web", "app", "mail", "media"};
constexpr const char* kPriorities[] = {"low", "normal", "high"};
constexpr const char* kResults[] = {"accepted", "partial", "rejected"};
constexpr const char* kWords[] = {"routine", "check",     "of",      "exit",   "signage",
                                  "near",    "stairwell", "pending", "second", "visit",
                                  "pump",    "room",      "valve",   "noted",  "by",
                                  "owner",   "reported",  "again",   "after",  "repair"};

// The first bound that x lies below; the number of bounds if none.
int step_of(double x, std::initializer_list<double> bounds) {
  int n = 0;
  for (const double bound : bounds) {
    if (x < bound) return n;
    ++n;
  }
  return n;
}

std::string time_text(std::int64_t seconds, bool east) {
  std::string out = format_rfc3339(instant((seconds + (east ? 7200 : 0)) * 1'000'000));
  if (east) out.replace(out.size() - 1, 1, "+02:00");
  return out;
}

std::string note_text(Draws& draws) {
  std::string out;
  const std::uint32_t words = 4 + draws.below(6);
  for (std::uint32_t i = 0; i < words; ++i) {
    if (i > 0) out += ' ';
    out += kWords[draws.below(20)];
  }
  if (draws.below(50) == 0) out += " \\\"caf\xc3\xa9\\\"";
  return out;
}

// Type, time, source and data. Fields are drawn from the last to the first.
std::string body(Draws& draws, std::int64_t time) {
  const std::string at = time_text(time, draws.below(10) == 0);
  const std::string note = note_text(draws);
  char data[512];
  const char* type = nullptr;
  const char* source = nullptr;
  switch (step_of(draws.unit(), {0.35, 0.65, 0.80, 0.92})) {
    case 0: {
      type = "inspection_finding";
      source = kSources[draws.below(2) != 0 ? 0 : 3];
      const int severity = 1 + step_of(draws.unit(), {.3, .6, .8, .93});
      const std::uint32_t inspector = draws.below(2000);
      const char* category = kTopics[draws.below(6)];
      std::snprintf(data, sizeof data,
                    R"("severity":%d,"category":"%s","inspector":"I-%05u","note":"%s")", severity,
                    category, inspector, note.c_str());
      break;
    }
    case 1: {
      type = "complaint";
      source = kSources[draws.below(2) != 0 ? 1 : 2];
      constexpr int kCounts[] = {1, 2, 3, 5};
      const int count = kCounts[step_of(draws.unit(), {.7, .9, .97})];
      const char* channel = kChannels[step_of(draws.unit(), {.3, .6, .85, .97})];
      const std::uint32_t district = draws.below(120);
      const char* topic = kTopics[draws.below(6)];
      std::snprintf(data, sizeof data,
                    R"("channel":"%s","count":%d,"topic":"%s","district":"D-%03u","note":"%s")",
                    channel, count, topic, district, note.c_str());
      break;
    }
    case 2: {
      type = "rectification_assigned";
      source = kSources[4];
      const std::int64_t due = time / 86'400 + 3 + draws.below(43);
      const char* priority = kPriorities[step_of(draws.unit(), {.3, .8})];
      const std::uint32_t owner = draws.below(3000), reference = draws.below(99'999'999);
      std::snprintf(data, sizeof data,
                    R"("ref":"RT-%08u","priority":"%s","due":"%s","owner":"T-%04u","note":"%s")",
                    reference, priority, format_date(Date{std::chrono::days{due}}).c_str(), owner,
                    note.c_str());
      break;
    }
    case 3: {
      type = "rectification_closed";
      source = kSources[4];
      const unsigned overdue = draws.unit() < .7 ? 0 : 1 + draws.below(30);
      const std::uint32_t owner = draws.below(3000);
      const char* result = kResults[draws.below(3)];
      const std::uint32_t reference = draws.below(99'999'999);
      std::snprintf(
          data, sizeof data,
          R"("ref":"RT-%08u","overdue_days":%u,"result":"%s","owner":"T-%04u","note":"%s")",
          reference, overdue, result, owner, note.c_str());
      break;
    }
    default: {
      type = "survey";
      source = kSources[5];
      const int score = static_cast<int>(100 * (1 - std::pow(draws.unit(), 1.6)));
      const std::uint32_t wave = draws.below(12), quarter = 1 + draws.below(4),
                          year = 2022 + draws.below(3), respondents = 5 + draws.below(200);
      std::snprintf(data, sizeof data,
                    R"("score":%d,"respondents":%u,"form":"F-%04uQ%u","wave":%u,"note":"%s")",
                    score, respondents, year, quarter, wave, note.c_str());
      break;
    }
  }
  return std::string(R"("type":")") + type + R"(","time":")" + at + R"(","source":")" + source +
         R"(","data":{)" + data + "}}\n";
}

}  // namespace

Status write_log(const LogShape& shape, const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                             std::fclose);
  if (!file) return failure(ErrorCode::io, "cannot write " + path);
  const std::vector<Arrival> all = arrivals(shape);
  for (std::uint64_t i = 0; i < all.size(); ++i) {
    Draws draws((std::uint64_t{all[i].seed} << 32) ^ (i * 0x9E37) ^ shape.seed);
    char head[64];
    const int size = std::snprintf(head, sizeof head, R"({"id":"ev-%010llu","unit":"U%07u",)",
                                   static_cast<unsigned long long>(i), all[i].unit);
    std::string rest = body(draws, all[i].time);
    if (shape.recorded) {
      rest.insert(0, "\"recordedtime\":\"" + time_text(all[i].arrives, false) + "\",");
    }
    if (std::fwrite(head, 1, static_cast<std::size_t>(size), file.get()) == 0 ||
        std::fwrite(rest.data(), 1, rest.size(), file.get()) != rest.size()) {
      return failure(ErrorCode::io, "cannot write " + path);
    }
  }
  return {};
}

}  // namespace lianqing
