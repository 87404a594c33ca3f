// Why a table cannot be read, in both languages: staff who import tables read it.
#pragma once

#include "lianqing/diagnostic.h"
#include "lianqing/result.h"

namespace lianqing {

struct TableError {
  ErrorCode code = ErrorCode::refused;
  Bilingual what;
};

template <class T>
using TableResult = Outcome<T, TableError>;

inline Unexpected<TableError> table_failure(ErrorCode code, Bilingual what) {
  return Unexpected<TableError>(TableError{code, std::move(what)});
}

}  // namespace lianqing
