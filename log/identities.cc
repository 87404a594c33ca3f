// Which identities the log holds: the newest are in memory, the others in an index that is made of
// them beside the commits. The index is derived: after a crash what it lacks is read again.
#include <algorithm>

#include "lianqing/assert.h"
#include "log/durable_log.h"

namespace lianqing {
namespace {

// So many wait in memory to be indexed together, and at most so many.
constexpr std::size_t kIndexRecords = 4096, kIndexMost = 16 * kIndexRecords;
// So many are written at a time: a commit waits for no more than these.
constexpr std::size_t kIndexPiece = 512;

}  // namespace

// In pieces of consecutive records; each says how far the index reaches with it.
Status DurableLog::index_waiting() {
  const std::span<const IdentityTable::Row> rows = indexing_.rows();
  for (std::size_t from = 0; from < rows.size(); from += kIndexPiece) {
    const auto some = rows.subspan(from, std::min(kIndexPiece, rows.size() - from));
    std::vector<IdentityTable::Row> sorted(some.begin(), some.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.identity < b.identity; });
    const auto batch = store_->batch();
    for (const auto& [identity, known] : sorted) {
      batch->put(Family::ids, HashKey(identity).view(),
                 known.content ? id_value(known.seq, *known.content) : be64(known.seq));
    }
    batch->put(Family::ids, kCoveredKey, be64(some.back().known.seq + 1));
    if (Status s = store_->write_derived(*batch); !s) return s;
  }
  const std::lock_guard lock(position_mutex_);
  indexing_.clear();
  return {};
}

// The head and the index are made beside the next commits. Of a full disk nothing is said here: the
// old head stays right for a while longer, and identities wait in memory.
Status DurableLog::tend() {
  if (!helper_->is_idle() && recent_.size() < kIndexMost) return {};
  if (Status s = end_chore(); !s) return s;
  const bool index = recent_.size() >= kIndexRecords || !indexing_.empty(), seal = seal_is_due();
  if (!index && !seal) return {};
  if (index && indexing_.empty()) {
    const std::lock_guard lock(position_mutex_);
    std::swap(indexing_, recent_);
  }
  chore_ = Chore{};
  if (seal) chore_->head = Head{position_.name, position_.tree.size(), position_.tree.root()};
  chore_->at = position_.last;
  helper_->begin([this, index] {
    if (chore_->head) chore_->sealed = write_head(places_.head, *chore_->head);
    if (index) chore_->indexed = index_waiting();
  });
  return {};
}

// Waits for what tend() began, and says what came of it.
Status DurableLog::end_chore() {
  if (helper_) helper_->wait();
  const std::optional<Chore> done = std::exchange(chore_, std::nullopt);
  if (!done) return {};
  if (done->head && done->sealed) {
    sealed_ = done->head->size;
    sealed_at_ = done->at;
  }
  for (const Status& status : {done->sealed, done->indexed}) {
    if (!status && status.error().code != ErrorCode::full) return fail(status.error());
  }
  return {};
}

void DurableLog::settle() const {
  const std::lock_guard lock(writing_mutex_);
  if (helper_) helper_->wait();
}

Status DurableLog::load_recent() {
  const std::uint64_t size = size_;
  LQ_TRY(const auto stored, store_->get(Family::ids, kCoveredKey));
  const std::uint64_t covered = stored ? number_of(*stored) : 0;
  if (covered > size && writing_) {
    // The tail was mended: what was behind it is no more.
    const auto batch = store_->batch();
    const Status read =
        store_->scan(Family::ids, {}, [&](std::string_view key, std::string_view value) {
          const auto known = known_id(value);
          if (key != kCoveredKey && known && known->seq >= size) batch->remove(Family::ids, key);
          return true;
        });
    if (!read) return read;
    batch->put(Family::ids, kCoveredKey, be64(size));
    if (Status s = store_->write(*batch, true); !s) return s;
  }
  return read_identities(*store_, recent_);
}

// Those of the records that the index of `store` does not have.
Status DurableLog::read_identities(const LogStore& store, IdentityTable& out) const {
  const std::uint64_t size = size_;
  LQ_TRY(const auto stored, store.get(Family::ids, kCoveredKey));
  const std::uint64_t covered = stored ? number_of(*stored) : 0;
  if (covered >= size) return {};
  return scan_records(store, directory_, covered, [&](const PagedRecord& record) {
    if (record.seq >= size) return false;
    KnownId known{record.seq, record.content};
    if (record.is_erased) known.content.reset();
    out.add(record.identity, known);
    return true;
  });
}

Result<std::optional<KnownId>> DurableLog::known(const ContentHash& identity) const {
  const unsigned reopened = reopened_;
  {
    const std::lock_guard lock(position_mutex_);
    for (const IdentityTable* table : {&recent_, &indexing_}) {
      const KnownId* here = table->find(identity);
      if (here != nullptr) return std::optional(*here);
    }
  }
  LQ_TRY(const auto stored, store_->get(Family::ids, HashKey(identity).view()));
  if (!stored) return reopened == reopened_ ? std::optional<KnownId>{} : known(identity);
  const auto out = known_id(*stored);
  if (!out) {
    return failure(ErrorCode::corrupt,
                   directory_.string() + ": an identity is damaged; run lianqing log verify");
  }
  return out;
}

std::size_t DurableLog::recent() const {
  const std::lock_guard lock(position_mutex_);
  return recent_.size() + indexing_.size();
}

// The hash of a content would let it be guessed: it is forgotten with it.
void DurableLog::forget_contents(std::span<const ContentHash> identities) {
  const std::lock_guard guard(position_mutex_);
  for (const ContentHash& identity : identities) {
    for (IdentityTable* table : {&recent_, &indexing_}) {
      if (KnownId* here = table->find(identity); here != nullptr) here->content.reset();
    }
  }
}

}  // namespace lianqing
