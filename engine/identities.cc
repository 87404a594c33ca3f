#include "engine/identities.h"

#include <algorithm>
#include <cstring>

namespace lianqing {
namespace {

// Pages of a form that may stay empty: so many, and so many for each that is used.
constexpr std::uint32_t kEmptyPages = 64, kEmptyPerUsed = 16;

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t mixed(std::uint64_t seed, std::string_view text) {
  constexpr std::uint64_t kFactor = 0xE7037ED1A0B428DBU, kSalt = 0xA0761D6478BD642FU;
  std::uint64_t out = mixed(seed ^ text.size(), kFactor);
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left > 0; at += 8) {
    const std::size_t n = std::min<std::size_t>(left, 8);
    std::uint64_t word = 0;
    std::memcpy(&word, at, n);
    out = mixed(out ^ word ^ kSalt, kFactor);
    left -= n;
  }
  return out;
}

std::string key_of(std::string_view before, std::uint32_t digits) {
  std::string out(before);
  out += static_cast<char>(digits);
  return out;
}

}  // namespace

std::uint32_t Identities::bits_of(std::string_view source, std::string_view id) {
  return static_cast<std::uint32_t>(mixed(mixed(0, source), id) >> 32);
}

Identities::Id Identities::id_of_other(std::string_view id) const {
  const std::uint32_t digits = digits_of(id);
  if (digits == 0) return {};
  const std::size_t before = id.size() - digits;
  const auto at = form_of_.find(key_of(id.substr(0, before), digits));
  if (at == form_of_.end()) return {};
  last_form_ = at->second;
  return {at->second, number_of(id.substr(before))};
}

bool Identities::Form::put(std::uint32_t number, std::uint32_t row) {
  const std::uint32_t page = number / kPage;
  if (page < first || page - first >= last) return false;
  const std::uint32_t at = page - first;
  if (at > kEmptyPages + kEmptyPerUsed * used) {
    last = at;
    return false;
  }
  if (at >= pages.size()) pages.resize(at + 1);
  if (pages[at] == nullptr) {
    pages[at] = std::make_unique_for_overwrite<std::uint32_t[]>(kPage);
    std::fill_n(pages[at].get(), kPage, kNone);
    ++used;
  }
  pages[at][number % kPage] = row;
  return true;
}

std::uint32_t Identities::new_form(std::string_view id) {
  const std::uint32_t digits = digits_of(id);
  if (digits == 0 || forms_.size() == kMaxForms) return kNone;
  const std::string_view before = id.substr(0, id.size() - digits);
  const auto out = static_cast<std::uint32_t>(forms_.size());
  Form& form = forms_.emplace_back();
  form.before = before;
  form.digits = digits;
  form.first = number_of(id.substr(before.size())) / kPage;
  form_of_.emplace(key_of(before, digits), out);
  return out;
}

Identities::Id Identities::put(const Place& place, std::string_view source, std::string_view id,
                               std::uint32_t row) {
  Id out = place.id;
  bool in_form = place.at == kInForm;
  if (out.form == kNone) {
    if (const std::uint32_t form = new_form(id); form != kNone) {
      out = {form, number_of(id.substr(forms_[form].before.size()))};
      in_form = true;
    }
  }
  if (in_form && forms_[out.form].put(out.number, row)) return out;
  const std::uint32_t bits = in_form ? bits_of(source, id) : place.bits;
  std::size_t at = in_form ? start(bits) : place.at;
  while (places_[at].row != kNone) at = (at + 1) & (places_.size() - 1);
  places_[at] = {bits, row};
  if (++size_ * 4 > places_.size() * 3) grow();
  return out;
}

void Identities::grow() {
  std::vector<Slot> before(places_.size() * 2);
  before.swap(places_);
  --shift_;
  for (const Slot& slot : before) {
    if (slot.row == kNone) continue;
    std::size_t at = start(slot.bits);
    while (places_[at].row != kNone) at = (at + 1) & (places_.size() - 1);
    places_[at] = slot;
  }
}

void Identities::write(const Id& id, std::string& out) const {
  const Form& form = forms_[id.form];
  out += form.before;
  const std::size_t end = out.size() + form.digits;
  out.resize(end);
  std::uint32_t number = id.number;
  for (std::uint32_t i = 1; i <= form.digits; ++i, number /= 10) {
    out[end - i] = static_cast<char>('0' + number % 10);
  }
}

void Identities::close() {
  places_ = std::vector<Slot>(1);
  shift_ = 32;
  for (Form& form : forms_) decltype(form.pages)().swap(form.pages);
}

}  // namespace lianqing
