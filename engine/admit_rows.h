// Admission of rows: the common case and nothing else. A record of which anything is to be said
// (known already, at fault) is asked for whole and goes the general way, which says it.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "engine/admit.h"
#include "engine/whole_rows.h"
#include "lianqing/row_batch.h"

namespace lianqing {

class RowAdmission {
 public:
  // Both must outlive it. The admission gathers into `rows` from now on.
  RowAdmission(Admission& general, WholeRows& rows);

  // What a reader must tell of records.
  const RowQuery& query() const { return query_; }
  // As Admission::admit, one record after the other.
  Status admit(const RowRun& run, const WholeRecord& whole, AdmittedBatch& batch);

 private:
  // A type of rows: what becomes of its records.
  struct Type {
    std::uint32_t type = kNone;
    Symbol name = kNone;  // of a type the program does not name
    bool declared = false;
    std::uint32_t complaint = kNone;                                   // field
    std::vector<Admission::Placed> fields;                             // of the query
    std::vector<std::pair<std::uint32_t, const FieldCheck*>> checked;  // field of the query
  };
  // What a dictionary's texts are to the program, looked up when first needed.
  struct Texts {
    std::uint64_t dictionary = 0;
    std::vector<std::string_view> texts;
    std::vector<std::uint32_t> units, symbols, types;  // kNone: not yet; types: of types_
  };

  // Makes the content of the row that has this identity known: it is compared with another's.
  Status read_again(const Identities::Place& place, std::string_view source, std::string_view id,
                    const WholeRecord& whole);
  Status admit(const std::variant<Event, Rejection>& record, AdmittedBatch& batch);
  // kNone: not known yet, or none.
  static std::uint32_t unit_of(const EventRow& row, const Texts& texts);
  Texts& texts_of(const RowRun& run);
  Type type_of(std::string_view name) const;
  bool fits(const EventRow& row, const RowBatch& batch, const Type& type, const Texts& texts) const;
  void add(const RowRun& run, std::size_t at, const Type& type, Texts& texts,
           const Identities::Place& place);
  Cell cell_of(const RowValue& value, FieldType as, Texts& texts);
  Symbol symbol_of(std::uint32_t text, Texts& texts);

  Admission& general_;
  WholeRows& rows_;
  RowQuery query_;
  std::vector<Type> types_;
  std::vector<Texts> texts_;  // by source
};

}  // namespace lianqing
