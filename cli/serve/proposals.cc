#include "cli/serve/proposals.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::string_view kKey = "rules/proposals";

std::string one_field(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

std::string encode(const std::vector<RuleProposal>& proposals) {
  std::string out;
  for (const RuleProposal& one : proposals) {
    out += one.hash + "\t" + format_rfc3339(one.at) + "\t" + one_field(one.by) + "\t" +
           one_field(one.reason) + "\n";
  }
  return out;
}

}  // namespace

std::vector<RuleProposal> Proposals::read() const {
  std::vector<RuleProposal> out;
  const auto kept = log_.meta(kKey);
  if (!kept || !*kept) return out;
  std::istringstream in(**kept);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string at;
    RuleProposal one;
    std::getline(fields, one.hash, '\t');
    std::getline(fields, at, '\t');
    std::getline(fields, one.by, '\t');
    std::getline(fields, one.reason, '\t');
    const auto when = parse_rfc3339(at);
    // A restored log may name packs that were not restored with it.
    if (!when || !find_kept_pack(folder(), one.hash)) continue;
    one.at = *when;
    out.push_back(std::move(one));
  }
  return out;
}

// What is over is forgotten, its texts too.
std::vector<RuleProposal> Proposals::tidy(const RulingNow& ruling) {
  std::vector<RuleProposal> all = read();
  const auto over = [&](const RuleProposal& one) {
    return one.hash == ruling.hash || ruling.now - one.at > kKept;
  };
  if (std::none_of(all.begin(), all.end(), over)) return all;
  for (const RuleProposal& one : all) {
    std::error_code ignored;
    if (over(one)) std::filesystem::remove_all(folder() + "/rules/" + one.hash, ignored);
  }
  std::erase_if(all, over);
  (void)log_.put_meta(kKey, encode(all));  // else they are forgotten the next time
  return all;
}

std::vector<RuleProposal> Proposals::open(const RulingNow& ruling) {
  const std::lock_guard hold(lock_);
  return tidy(ruling);
}

std::optional<RuleProposal> Proposals::find(const std::string& hash, const RulingNow& ruling) {
  for (RuleProposal& one : open(ruling)) {
    if (one.hash == hash) return std::move(one);
  }
  return std::nullopt;
}

Status Proposals::add(const RuleProposal& proposal, const Program& program, const PackTexts& texts,
                      const RulingNow& ruling) {
  const std::lock_guard hold(lock_);
  std::vector<RuleProposal> all = tidy(ruling);
  for (const RuleProposal& one : all) {
    if (one.hash == proposal.hash) return {};
  }
  if (all.size() >= kMost) {
    return failure(ErrorCode::refused,
                   "32 proposals are open: let one of them rule, or wait until one is 30 days old");
  }
  if (Status s = keep_pack(folder(), program, texts); !s) return s;
  all.push_back(proposal);
  return log_.put_meta(kKey, encode(all));
}

Result<PackTexts> Proposals::texts(const std::string& hash) const {
  return read_kept_pack(find_kept_pack(folder(), hash).value_or(folder() + "/rules/" + hash));
}

}  // namespace lianqing
