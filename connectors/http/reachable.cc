// Which addresses messages may go to.
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "connectors/http/outbound.h"

namespace lianqing::http {
namespace {

namespace ip = boost::asio::ip;

struct Range4 {
  std::array<std::uint8_t, 4> first;
  unsigned length;
};
// IANA's special-purpose registry: not reachable from everywhere.
constexpr Range4 kNotPublic4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15}, {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
};
constexpr std::string_view kNotPublic6[] = {"::/127",   "100::/64",  "2001::/23", "2001:db8::/32",
                                            "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"};

bool is_public(const ip::address_v4& address) {
  for (const Range4& range : kNotPublic4) {
    const std::uint32_t mask = 0xFFFFFFFFU << (32 - range.length);
    if ((address.to_uint() & mask) == ip::address_v4(range.first).to_uint()) return false;
  }
  return true;
}

bool within(const ip::address_v6& address, const ip::network_v6& network) {
  const auto a = address.to_bytes(), b = network.address().to_bytes();
  for (unsigned bit = 0; bit < network.prefix_length(); ++bit) {
    if (((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64, 6to4.
std::optional<ip::address_v4> inner(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  const auto four = [&bytes](std::size_t at) {
    return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
  };
  if (address.is_v4_mapped() || within(address, ip::make_network_v6("::/96")) ||
      within(address, ip::make_network_v6("64:ff9b::/96"))) {
    return four(12);
  }
  if (within(address, ip::make_network_v6("2002::/16"))) return four(2);
  return std::nullopt;
}

bool is_public(const ip::address& address) {
  if (address.is_v4()) return is_public(address.to_v4());
  const ip::address_v6 six = address.to_v6();
  for (const std::string_view range : kNotPublic6) {
    if (within(six, ip::make_network_v6(std::string(range)))) return false;
  }
  const auto four = inner(six);
  return !four || is_public(*four);
}

struct Network {
  ip::address address;
  unsigned length = 0;
};

std::optional<Network> parse_network(const std::string& text) {
  boost::system::error_code error;
  const std::size_t slash = text.find('/');
  Network out;
  out.address = ip::make_address(text.substr(0, slash), error);
  if (error) return std::nullopt;
  const unsigned most = out.address.is_v4() ? 32 : 128;
  out.length = most;
  if (slash == std::string::npos) return out;
  const std::string digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  out.length = 0;
  for (const char c : digits) out.length = 10 * out.length + static_cast<unsigned>(c - '0');
  return out.length > most ? std::nullopt : std::optional<Network>(out);
}

bool within(const ip::address& address, const Network& network) {
  if (address.is_v4() != network.address.is_v4()) {
    return address.is_v6() && address.to_v6().is_v4_mapped() &&
           within(ip::make_address_v4(ip::v4_mapped, address.to_v6()), network);
  }
  if (address.is_v6()) {
    return within(address.to_v6(), ip::network_v6(network.address.to_v6(),
                                                  static_cast<unsigned short>(network.length)));
  }
  const std::uint32_t mask = network.length == 0 ? 0 : 0xFFFFFFFFU << (32 - network.length);
  return (address.to_v4().to_uint() & mask) == (network.address.to_v4().to_uint() & mask);
}

}  // namespace

bool may_reach(const std::string& address, const std::vector<std::string>& networks) {
  boost::system::error_code error;
  const ip::address parsed = ip::make_address(address, error);
  if (error) return false;
  if (is_public(parsed)) return true;
  for (const std::string& text : networks) {
    const auto network = parse_network(text);
    if (network && within(parsed, *network)) return true;
  }
  return false;
}

Status check_network(const std::string& network) {
  if (parse_network(network)) return {};
  return failure(ErrorCode::usage,
                 "expected an address or a network such as 10.0.0.0/8, not '" + network + "'");
}

}  // namespace lianqing::http
