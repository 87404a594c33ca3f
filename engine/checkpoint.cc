#include "engine/checkpoint.h"

#include <algorithm>

#include "lianqing/assert.h"

namespace lianqing {

void Checkpoint::begin(std::string meta) {
  LQ_ASSERT(!under_way_);
  under_way_ = true;
  commit_ = {};
  commit_.meta = std::move(meta);
  identities_ = admission_.take_new_identities();
  roster_.begin_snapshot();
}

bool Checkpoint::write_down(std::size_t bytes) {
  LQ_ASSERT(under_way_);
  if (commit_.identities.size() == identities_.size()) return roster_.write_down(bytes);
  write_down_identities(bytes);
  return false;
}

void Checkpoint::write_down_identities(std::size_t bytes) {
  if (commit_.identities.empty()) commit_.identities.reserve(identities_.size());
  const std::size_t end =
      std::min(identities_.size(), commit_.identities.size() + bytes / sizeof(StoredIdentity) + 1);
  for (std::size_t i = commit_.identities.size(); i < end; ++i) {
    const auto& [identity, known] = identities_[i];
    commit_.identities.push_back(
        {identity, known, known.unit == kNone ? "" : roster_.slot(known.unit).name});
  }
}

Status Checkpoint::end(std::vector<StoredNote> notes) {
  LQ_ASSERT(under_way_ && commit_.identities.size() == identities_.size());
  under_way_ = false;
  commit_.notes = std::move(notes);
  commit_.units = roster_.take_snapshot();
  Status taken = store_->take(std::move(commit_));
  if (!taken) put_back();
  identities_ = {};
  return taken;
}

void Checkpoint::drop() {
  LQ_ASSERT(under_way_);
  under_way_ = false;
  (void)roster_.take_snapshot();
  put_back();
  commit_ = {};
}

void Checkpoint::put_back() {
  roster_.snapshot_not_kept();
  admission_.put_back_identities(std::exchange(identities_, {}));
}

}  // namespace lianqing
