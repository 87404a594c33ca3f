#include <map>

#include "engine/store/store.h"

namespace lianqing {
namespace {

class MemoryStore final : public Store {
 public:
  Status commit(const Commit& commit) override {
    for (const StoredUnit& unit : commit.units) units_[unit.name] = unit;
    for (const StoredIdentity& one : commit.identities) identities_[one.identity] = one;
    for (const StoredNote& note : commit.notes) notes_[note.key] = note.value;
    meta_ = commit.meta;
    return {};
  }
  Status park(const StoredUnit& unit) override {
    units_[unit.name] = unit;
    return {};
  }
  Result<std::string> unit(const std::string& name) override { return units_.at(name).bytes; }
  Result<std::optional<std::string>> meta() override { return meta_; }
  Status each_unit(
      const std::function<void(std::string_view, Instant, std::string_view)>& visit) override {
    for (const auto& [name, unit] : units_) visit(name, unit.due, unit.outline);
    return {};
  }
  Status each_note(const std::function<void(std::string_view, std::string_view)>& visit) override {
    for (const auto& [key, value] : notes_) visit(key, value);
    return {};
  }
  Status each_identity(const std::function<void(const StoredIdentity&)>& visit) override {
    for (const auto& [identity, one] : identities_) visit(one);
    return {};
  }

 private:
  std::map<std::string, StoredUnit> units_;
  std::map<ContentHash, StoredIdentity> identities_;
  std::map<std::string, std::string> notes_;
  std::optional<std::string> meta_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace lianqing
