// A folder that people drop files into, and a source made of it. A file is taken when it has not
// changed for a while, read whole as a table (dropped_table.h), and when all that is in it is kept
// it moves to done/ or, if something in it needs a person, to failed/, with a report beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/settings.h"
#include "lianqing/source.h"
#include "lianqing/time.h"

namespace lianqing {

struct DroppedFile {
  std::string name, path;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;  // of its inode: nobody can set that back
  bool settled = false;         // unchanged for the time given
};

class DropDirectory {
 public:
  DropDirectory(std::string path, Duration settle) : path_(std::move(path)), settle_(settle) {}

  // Makes done/ and failed/.
  [[nodiscard]] Status prepare() const;
  // By name. Hidden files, those of editors (~$, .tmp, .part, .partial, .crdownload) and folders
  // are no dropped files.
  [[nodiscard]] Result<std::vector<DroppedFile>> files() const;
  // Still the same as when files() saw it.
  bool is_unchanged(const DroppedFile& file) const;
  // To done/ or failed/, under its name or, if that is taken, with a number. The report comes
  // first: a crash in between leaves the file where it was. Gives the new path.
  [[nodiscard]] Result<std::string> put_away(const DroppedFile& file, bool clean,
                                             const std::string& report) const;

 private:
  std::string path_;
  Duration settle_;
};

std::span<const SettingRow> drop_directory_keys();
std::vector<SettingFault> check_drop_directory(const Settings& settings);
// set_dropped_table_reader() has been called.
[[nodiscard]] Result<std::unique_ptr<Source>> open_drop_directory(const std::string& name,
                                                                  const Settings& settings,
                                                                  const std::string& cursor);

}  // namespace lianqing
