#include "cli/serve/store_behind.h"

#include "lianqing/assert.h"

namespace lianqing {

Status StoreBehind::settle() {
  helper_.wait();
  if (!waiting_ || written_.error().code != ErrorCode::full) return written_;
  // There may be room by now. Nothing else is asked of the store before: what is parked would go
  // with this commit, and what is read would be older than it.
  written_ = store_->commit(*waiting_);
  if (written_) waiting_.reset();
  return written_;
}

Status StoreBehind::take(Commit commit) {
  if (Status s = settle(); !s) return s;
  waiting_ = std::move(commit);
  helper_.begin([this] {
    written_ = store_->commit(*waiting_);
    if (written_) waiting_.reset();
  });
  return {};
}

Status StoreBehind::park(const StoredUnit& unit) {
  Status settled = settle();
  return settled ? store_->park(unit) : settled;
}

Result<std::string> StoreBehind::unit(const std::string& name) {
  if (Status s = settle(); !s) return Unexpected<Error>(s.error());
  return store_->unit(name);
}

Result<std::optional<std::string>> StoreBehind::meta() {
  if (Status s = settle(); !s) return Unexpected<Error>(s.error());
  return store_->meta();
}

Status StoreBehind::each_unit(
    const std::function<void(std::string_view, Instant, std::string_view)>& visit) {
  Status settled = settle();
  return settled ? store_->each_unit(visit) : settled;
}

Status StoreBehind::each_note(
    const std::function<void(std::string_view, std::string_view)>& visit) {
  Status settled = settle();
  return settled ? store_->each_note(visit) : settled;
}

Status StoreBehind::each_identity(const std::function<void(const StoredIdentity&)>& visit) {
  Status settled = settle();
  return settled ? store_->each_identity(visit) : settled;
}

}  // namespace lianqing
