#include "log/verify.h"

#include <map>
#include <set>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kTellEvery = 4096;

class Verification {
 public:
  Verification(const DurableLog& log, const VerifyQuestions& questions)
      : log_(log), store_(log.store()), questions_(questions) {}

  Result<VerifyReport> run() {
    log_.settle();
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
        store_.scan(Family::pages, {}, [&](std::string_view key, std::string_view page) {
          if (key != be64(out_.records)) {
            report(out_.records, "its page is missing, or another one stands in its place");
          }
          PageReader in(out_.records, page);
          while (const auto record = in.next()) {
            if (out_.records++ % kTellEvery == 0) questions_.progress(record->seq);
            tree_.add(leaf_hash(encode(leaf_of(*record))), tiles_);
            if (record->at < last) {
              report(record->seq, "its recorded time lies before that of an earlier one");
            }
            last = record->at;
            if (Status s = check_record(*record); !s) {
              trouble = s.error();
              return false;
            }
          }
          if (!in.ended()) report(in.at(), "its page is not written as it must be from here on");
          return true;
        });
    if (!read) return read;
    if (trouble) return Unexpected<Error>(*std::move(trouble));
    if (out_.records != log_.next_seq()) {
      report(std::to_string(out_.records) + " records are stored, " +
             std::to_string(log_.next_seq()) + " belong to the tree");
    }
    if (out_.records != 0 && last != log_.last_recorded()) {
      report("the edge names another time than the last record");
    }
    return {};
  }

  Status check_record(const PagedRecord& record) {
    if (record.is_note) ++out_.notes;
    if (!record.cursor.empty()) note_cursor(record);
    if (record.identity != questions_.identity(record.source, record.id)) {
      report(record.seq, "its identity is not that of its source and id");
    }
    LQ_TRY(const auto known, log_.known(record.identity));
    if (!known || known->seq != record.seq) {
      report(record.seq, "its identity is not in the index, or leads to another record");
    } else if (known->content !=
               (record.is_erased ? std::nullopt : std::optional(record.content))) {
      report(record.seq, "its content is not the one in the index");
    }
    if (record.is_erased) {
      ++out_.erased;
      LQ_TRY(const auto note, log_.record(record.note));
      if (!note || !note->is_note) {
        report(record.seq, "its content is gone without a note that says why");
      }
    } else if (questions_.content(record.bytes) != record.content) {
      report(record.seq, "its content is no event, or not the one it is stored for");
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
    LQ_TRY(const auto covered, store_.get(Family::ids, kCoveredKey));
    const std::uint64_t indexed = covered ? number_of(*covered) : 0;
    std::uint64_t count = log_.recent();
    const Status read =
        store_.scan(Family::ids, {}, [&](std::string_view key, std::string_view value) {
          // Of an erased record the index may know before all others.
          const auto known = known_id(value);
          if (key != kCoveredKey && known && known->seq < indexed) ++count;
          return true;
        });
    if (count != out_.records) {
      report(std::to_string(count) + " identities are indexed for " + std::to_string(out_.records) +
             " records");
    }
    return read;
  }

  static std::string reader_of(const std::string& cursor) {
    const std::size_t colon = cursor.find(':');
    return colon == std::string::npos ? std::string() : cursor.substr(0, colon);
  }

  // A leaf does not say whether its cursor is kept for a reader, which stands before it then, or
  // for its source.
  void note_cursor(const PagedRecord& record) {
    const std::string cursor(record.cursor);
    of_sources_[std::string(record.source)] = {record.seq, cursor};
    if (const std::string reader = reader_of(cursor); !reader.empty()) {
      of_readers_[reader] = {record.seq, cursor.substr(reader.size() + 1)};
    }
  }

  Status check_cursors() {
    std::set<std::string, std::less<>> known;
    const Status read =
        store_.scan(Family::cursor, {}, [&](std::string_view source, std::string_view value) {
          ++out_.sources;
          const bool readable = value.size() >= 9 && value[0] >= 0 && value[0] <= 2;
          const Seq seq = readable ? number_of(value.substr(1)) : 0;
          const auto of = readable ? static_cast<CursorOf>(value[0]) : CursorOf::known;
          const bool of_record = of != CursorOf::refused;
          const auto newest = [&](const std::map<std::string, Newest>& cursors) {
            const auto at = cursors.find(std::string(source));
            return at != cursors.end() && at->second.seq == seq &&
                   at->second.text == value.substr(9);
          };
          if (!readable || seq > out_.records || (of_record && seq == out_.records) ||
              (of == CursorOf::leaf && !newest(of_sources_) && !newest(of_readers_))) {
            report("the cursor of source '" + std::string(source) +
                   "' is not that of its newest record");
          }
          known.emplace(source);
          return true;
        });
    for (const auto& [source, cursor] : of_sources_) {
      if (!known.contains(source) && !known.contains(reader_of(cursor.text))) {
        report("the cursor of source '" + source + "' is missing");
      }
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
  std::map<std::string, Newest> of_sources_, of_readers_;
};

}  // namespace

Result<VerifyReport> verify(const DurableLog& log, const VerifyQuestions& questions) {
  return Verification(log, questions).run();
}

}  // namespace lianqing
