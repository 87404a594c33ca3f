#include "connectors/sinks/answer_verdict.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lianqing {
namespace {

constexpr std::array kAboutTheMessage = {400, 405, 409, 411, 413, 415, 422};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kMostSeconds = 366LL * 24 * 3600;

}  // namespace

std::optional<Duration> retry_after(std::string_view header, Instant now) {
  std::int64_t seconds = 0;
  const auto end = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (end.ec == std::errc{} && end.ptr == header.data() + header.size() && seconds >= 0) {
    return std::chrono::seconds(std::min(seconds, kMostSeconds));
  }
  // Wed, 21 Oct 2015 07:28:00 GMT
  if (header.size() != 29 || !header.ends_with(" GMT")) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), header.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto number = std::to_string(month - kMonths.begin() + 1);
  const std::string text =
      std::string(header.substr(12, 4)) + "-" + (number.size() == 1 ? "0" : "") + number + "-" +
      std::string(header.substr(5, 2)) + "T" + std::string(header.substr(17, 8)) + "Z";
  const auto at = parse_rfc3339(text);
  if (!at) return std::nullopt;
  return std::max(Duration{}, *at - now);
}

Delivery verdict(const Result<http::OutboundAnswer>& answer, Instant now) {
  DeliveryFailure out;
  if (!answer) {
    out.what = answer.error().what;
    return Unexpected<DeliveryFailure>(std::move(out));
  }
  const int status = answer->status;
  out.what = "HTTP " + std::to_string(status);
  if (status >= 200 && status < 300) return Receipt{out.what};
  if (status == 410) out.kind = DeliveryFailure::Kind::gone;
  if (status >= 300 && status < 400) out.what += ": redirects are not followed";
  if (status == 429 || status == 503) out.retry_after = retry_after(answer->retry_after, now);
  if (std::find(kAboutTheMessage.begin(), kAboutTheMessage.end(), status) !=
      kAboutTheMessage.end()) {
    out.kind = DeliveryFailure::Kind::refused;
  }
  return Unexpected<DeliveryFailure>(std::move(out));
}

}  // namespace lianqing
