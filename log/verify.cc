#include "log/verify.h"

#include <map>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kTellEvery = 4096;

class Verification {
 public:
  Verification(const DurableLog& log, const VerifyQuestions& questions)
      : log_(log), store_(log.store()), questions_(questions) {}

  Result<VerifyReport> run() {
    // The database's own checksums first: they name the file.
    if (Status s = store_.check_blocks(); !s) report(s.error().what);
    for (Status (Verification::*step)() :
         {&Verification::check_records, &Verification::check_tiles, &Verification::check_ids,
          &Verification::check_cursors, &Verification::check_quarantine}) {
      if (Status s = (this->*step)(); !s) report(s.error().what);
    }
    out_.head = log_.tree_head();
    if (bytes_of(tree_.root()) != out_.head.root) {
      report("the root over the stored leaves is not that of the edge");
    }
    return std::move(out_);
  }

 private:
  void report(std::string finding) {
    if (out_.findings.size() < kMaxFindings) out_.findings.push_back(std::move(finding));
  }
  void report(Seq seq, const char* what) { report("record " + std::to_string(seq) + ": " + what); }

  Status check_records() {
    Instant last = kBeforeAll;
    std::optional<Error> trouble;
    const Status read =
        store_.scan(Family::entries, {}, [&](std::string_view key, std::string_view bytes) {
          const Seq seq = out_.records++;
          if (seq % kTellEvery == 0) questions_.progress(seq);
          if (key != be64(seq)) {
            report(seq, "its key is missing, or another one stands in its place");
          }
          tree_.add(leaf_hash(bytes), tiles_);
          const auto leaf = parse_leaf(bytes);
          if (!leaf || leaf->seq != seq) {
            report(seq, "the leaf is not written as it must be");
            return true;
          }
          if (leaf->at < last) report(seq, "its recorded time lies before that of an earlier one");
          last = leaf->at;
          if (Status s = check_record(*leaf); !s) {
            trouble = s.error();
            return false;
          }
          return true;
        });
    if (!read) return read;
    if (trouble) return Unexpected<Error>(*std::move(trouble));
    if (out_.records != log_.next_seq()) {
      report(std::to_string(out_.records) + " leaves are stored, " +
             std::to_string(log_.next_seq()) + " belong to the tree");
    }
    if (out_.records != 0 && last != log_.last_recorded()) {
      report("the edge names another time than the last record");
    }
    return {};
  }

  Status check_record(const Leaf& leaf) {
    if (leaf.kind == kEraseKind) ++out_.notes;
    if (leaf.kind != kEraseKind && leaf.kind != kEventKind) report(leaf.seq, "of unknown kind");
    if (!leaf.cursor.empty()) cursors_[leaf.source] = {leaf.seq, leaf.cursor};
    LQ_TRY(const auto payload, store_.get(Family::payload, be64(leaf.seq)));
    LQ_TRY(const auto stored,
           store_.get(Family::ids, hash_bytes(questions_.identity(leaf.source, leaf.id))));
    const auto known = stored ? known_id(*stored) : std::nullopt;
    if (!known || known->seq != leaf.seq) {
      report(leaf.seq, "its identity is not in the index, or leads to another record");
    }
    if (!payload || (payload->size() < kSaltBytes && payload->size() != 8)) {
      report(leaf.seq, "its content is missing");
      return {};
    }
    if (payload->size() == 8) {
      ++out_.erased;
      if (known && known->content) report(leaf.seq, "erased, but the hash of its content is there");
      LQ_TRY(const auto note, store_.get(Family::entries, *payload));
      const auto said = note ? parse_leaf(*note) : std::nullopt;
      if (!said || said->kind != kEraseKind) {
        report(leaf.seq, "its content is gone without a note that says why");
      }
      return {};
    }
    const std::string_view salt = std::string_view(*payload).substr(0, kSaltBytes),
                           bytes = std::string_view(*payload).substr(kSaltBytes);
    if (bytes.size() != leaf.payload_bytes || commitment(salt, bytes) != leaf.commitment) {
      report(leaf.seq, "its content is not what the leaf is bound to");
    }
    const auto content = questions_.content(bytes);
    if (!content || (known && known->content != content)) {
      report(leaf.seq, "its content is no event, or not the one in the index");
    }
    return {};
  }

  Status check_tiles() {
    for (const Tile& tile : tiles_) {
      LQ_TRY(const auto stored, store_.get(Family::tiles, tile_key(tile.level, tile.index)));
      if (!stored || *stored != tile.hashes) {
        report("tile " + std::to_string(tile.level) + "/" + std::to_string(tile.index) +
               " is missing or not over the stored leaves");
      }
    }
    const Status read = store_.scan(Family::tiles, {}, [&](std::string_view, std::string_view) {
      ++out_.tiles;
      return true;
    });
    if (out_.tiles != tiles_.size()) {
      report(std::to_string(out_.tiles) + " tiles are stored, " + std::to_string(tiles_.size()) +
             " are full");
    }
    return read;
  }

  // Each record's identity was looked up; none may be left over.
  Status check_ids() {
    std::uint64_t count = 0;
    const Status read = store_.scan(Family::ids, {}, [&](std::string_view, std::string_view) {
      ++count;
      return true;
    });
    if (count != out_.records) {
      report(std::to_string(count) + " identities are indexed for " + std::to_string(out_.records) +
             " records");
    }
    return read;
  }

  Status check_cursors() {
    const Status read =
        store_.scan(Family::cursor, {}, [&](std::string_view source, std::string_view value) {
          ++out_.sources;
          const auto newest = cursors_.find(std::string(source));
          const bool readable = value.size() >= 9 && (value[0] == 0 || value[0] == 1);
          const Seq seq = readable ? number_of(value.substr(1)) : 0;
          const bool of_leaf = readable && value[0] == 0;
          if (!readable || seq >= out_.records ||
              (of_leaf && (newest == cursors_.end() || newest->second.seq != seq ||
                           newest->second.text != value.substr(9)))) {
            report("the cursor of source '" + std::string(source) +
                   "' is not that of its newest record");
          }
          if (newest != cursors_.end()) cursors_.erase(newest);
          return true;
        });
    for (const auto& [source, newest] : cursors_) {
      report("the cursor of source '" + source + "' is missing");
    }
    return read;
  }

  Status check_quarantine() {
    std::uint64_t keys = 0;
    Status read =
        store_.scan(Family::quarantine, {}, [&](std::string_view key, std::string_view value) {
          const std::uint64_t number = out_.quarantined++;
          const auto refused = refused_from(value);
          if (key != be64(number) || !refused) {
            report("quarantined record " + std::to_string(number) + " is damaged or missing");
            return true;
          }
          const auto known = store_.get(Family::refused, refused_key(refused->second));
          if (!known || *known != std::optional<std::string>(key)) {
            report("quarantined record " + std::to_string(number) + " is not the one refused");
          }
          return true;
        });
    if (!read) return read;
    read = store_.scan(Family::refused, {}, [&](std::string_view, std::string_view) {
      ++keys;
      return true;
    });
    if (keys != out_.quarantined) {
      report("quarantine holds " + std::to_string(out_.quarantined) + " records, its index " +
             std::to_string(keys));
    }
    return read;
  }

  struct Newest {
    Seq seq;
    std::string text;
  };
  const DurableLog& log_;
  const LogStore& store_;
  const VerifyQuestions& questions_;
  VerifyReport out_;
  Tree tree_;
  std::vector<Tile> tiles_;
  std::map<std::string, Newest> cursors_;
};

}  // namespace

Result<VerifyReport> verify(const DurableLog& log, const VerifyQuestions& questions) {
  return Verification(log, questions).run();
}

}  // namespace lianqing
