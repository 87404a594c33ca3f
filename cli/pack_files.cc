#include "cli/pack_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "cli/kept_packs.h"
#include "cli/render_diagnostics.h"
#include "cli/replay_run.h"
#include "lianqing/assert.h"
#include "rules/layers.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFile = 8U << 20;  // the compiler's own limit is lower and says so

enum class Wanted : std::uint8_t { rules, tests };

bool is_wanted(const fs::path& path, Wanted wanted) {
  const std::string name = path.filename().string();
  const bool yaml = name.ends_with(".yaml") || name.ends_with(".yml");
  const bool test = name.ends_with(".test.yaml") || name.ends_with(".test.yml");
  return yaml && test == (wanted == Wanted::tests) && !name.starts_with(".");
}

Result<std::vector<SourceText>> read_folder(const fs::path& folder, Wanted wanted = Wanted::rules) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (is_wanted(entry.path(), wanted)) names.push_back(entry.path().string());
  }
  if (error)
    return failure(ErrorCode::io, "cannot read folder " + folder.string() + ": " + error.message());
  std::sort(names.begin(), names.end());
  std::vector<SourceText> out;
  for (const std::string& name : names) {
    LQ_TRY(std::string bytes, read_file(name));
    out.push_back({name, std::move(bytes)});
  }
  return out;
}

// What is shipped with the program: beside the installed one, else where this one was built.
fs::path shipped(const char* what, const char* built) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = self.parent_path().parent_path() / "share/lianqing" / what;
    if (fs::is_directory(installed, error)) return installed;
  }
  return built;
}
fs::path shipped_calendars() { return shipped("calendars", LIANQING_SOURCE_CALENDARS); }
fs::path shipped_packs() { return shipped("packs", LIANQING_SOURCE_PACKS); }

fs::path real_path(const fs::path& path) {
  std::error_code error;
  return fs::weakly_canonical(path, error);
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return failure(ErrorCode::io, path + " is a directory, expected a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return failure(ErrorCode::io, "cannot read " + path + ": " + std::strerror(errno));
  std::string bytes(kMaxFile + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad()) return failure(ErrorCode::io, "cannot read " + path);
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.size() > kMaxFile) return failure(ErrorCode::refused, path + " is larger than 8 MiB");
  return bytes;
}

namespace {

constexpr std::size_t kMostLayers = 16;

Result<std::vector<SourceText>> read_layer(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    LQ_TRY(std::vector<SourceText> texts, read_folder(path));
    if (texts.empty())
      return failure(ErrorCode::refused, path + ": no rule files (*.yaml) in this folder");
    return texts;
  }
  LQ_TRY(std::string bytes, read_file(path));
  return std::vector<SourceText>{{path, std::move(bytes)}};
}

struct PackFolder {
  std::string path;  // as given, or from the folder of the pack that extends it
  fs::path real;
  std::vector<SourceText> texts;
  std::vector<std::size_t> extends;
  std::uint32_t layer = 0;
};

// The pack that the one at `path` calls `other`: a path from its folder, else the shipped pack of
// that name.
std::string extended_path(const std::string& path, const std::string& other) {
  std::error_code error;
  const fs::path folder =
      fs::is_directory(path, error) ? fs::path(path) : fs::path(path).parent_path();
  std::string next = (folder / other).lexically_normal().string();
  if (next.size() > 1 && next.ends_with('/')) next.pop_back();
  if (other.find('/') != std::string::npos || fs::exists(next, error)) return next;
  const fs::path pack = shipped_packs() / other;
  return fs::is_directory(pack, error) ? pack.string() : next;
}

// A pack and all that it extends, directly or not; each is read once.
class PackReader {
 public:
  // The packs by layer, those of a layer in the order in which they were met. A pack lies in the
  // layer below the deepest of those that extend it.
  Result<std::vector<PackFolder>> read(const std::string& path) {
    LQ_TRY([[maybe_unused]] const std::size_t top, visit(path, ""));
    return in_layers();
  }
  // The same for a pack that is not on disk, as if it stood at `place`; `find` says where a pack
  // that it extends lies.
  using Find = std::function<Result<std::string>(const Text& extended)>;
  Result<std::vector<PackFolder>> read(std::vector<SourceText> texts, const std::string& place,
                                       const Find& find) {
    LQ_TRY([[maybe_unused]] const std::size_t top,
           enter({place, real_path(place), std::move(texts), {}, 0}, find));
    return in_layers();
  }

 private:
  Result<std::vector<PackFolder>> in_layers() {
    for (auto at = done_.rbegin(); at != done_.rend(); ++at) {
      for (const std::size_t below : packs_[*at].extends)
        packs_[below].layer = std::max(packs_[below].layer, packs_[*at].layer + 1);
    }
    std::stable_sort(packs_.begin(), packs_.end(),
                     [](const PackFolder& a, const PackFolder& b) { return a.layer < b.layer; });
    return std::move(packs_);
  }

  // `from` is the place that names it, for messages.
  Result<std::size_t> visit(const std::string& path, const std::string& from) {
    const fs::path real = real_path(path);
    const auto is_this = [&](const PackFolder& pack) { return pack.real == real; };
    const bool circle =
        std::any_of(open_.begin(), open_.end(), [&](std::size_t i) { return is_this(packs_[i]); });
    if (circle || open_.size() == kMostLayers) {
      std::string way;
      for (const std::size_t i : open_) way += packs_[i].path + " -> ";
      return failure(ErrorCode::refused,
                     from + "packs extend each other in a circle: " + way + path);
    }
    const auto known = std::find_if(packs_.begin(), packs_.end(), is_this);
    if (known != packs_.end()) return static_cast<std::size_t>(known - packs_.begin());

    auto texts = read_layer(path);
    if (!texts) return failure(texts.error().code, from + texts.error().what);
    return enter({path, real, *std::move(texts), {}, 0}, [&path](const Text& other) {
      return Result<std::string>(extended_path(path, other.text));
    });
  }

  Result<std::size_t> enter(PackFolder pack, const Find& find) {
    const std::vector<Text> below = extended_packs(pack.texts);
    const std::size_t self = packs_.size();
    packs_.push_back(std::move(pack));
    open_.push_back(self);
    for (const Text& other : below) {
      const std::string place = packs_[self].texts[other.at.file].name + ":" +
                                std::to_string(other.at.line) + ": extends: ";
      const auto path = find(other);
      if (!path) return failure(path.error().code, place + path.error().what);
      LQ_TRY(const std::size_t index, visit(*path, place));
      packs_[self].extends.push_back(index);
    }
    open_.pop_back();
    done_.push_back(self);
    return self;
  }

  std::vector<PackFolder> packs_;
  std::vector<std::size_t> open_;  // on the way from the top to where we are
  std::vector<std::size_t> done_;  // what a pack extends stands before it
};

std::vector<SourceText> texts_of(std::vector<PackFolder> packs) {
  std::vector<SourceText> out;
  for (PackFolder& pack : packs) {
    for (SourceText& text : pack.texts) {
      text.layer = pack.layer;
      out.push_back(std::move(text));
    }
  }
  return out;
}

Result<std::vector<SourceText>> calendars_of(const std::vector<PackFolder>& packs) {
  std::vector<fs::path> folders;
  for (const PackFolder& pack : packs) folders.push_back(fs::path(pack.path) / "calendars");
  folders.push_back(shipped_calendars());
  std::vector<SourceText> out;
  std::error_code error;
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder, error)) continue;
    LQ_TRY(std::vector<SourceText> texts, read_folder(folder));
    std::move(texts.begin(), texts.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace

Result<std::vector<SourceText>> read_pack(const std::string& path) {
  if (is_kept_pack(path)) {
    LQ_TRY(PackTexts kept, read_kept_pack(path));
    return std::move(kept.files);
  }
  LQ_TRY(std::vector<PackFolder> packs, PackReader().read(path));
  return texts_of(std::move(packs));
}

Result<PackTexts> read_pack_texts(const std::string& path) {
  PackTexts out;
  LQ_TRY(out.files, read_pack(path));
  LQ_TRY(out.calendars, read_calendars(path));
  return out;
}

Result<PackTexts> complete_pack(std::vector<SourceText> files, const std::string& place) {
  // Whoever sends a pack does not name any file of this machine with it.
  std::vector<PackFolder> on_disk;
  if (!is_kept_pack(place)) {
    LQ_TRY(on_disk, PackReader().read(place));
  }
  const auto find = [&](const Text& extended) -> Result<std::string> {
    const fs::path meant = real_path(extended_path(place, extended.text));
    for (const PackFolder& pack : on_disk) {
      if (pack.layer > 0 && pack.real == meant) return pack.path;
    }
    const std::string name = fs::path(extended.text).filename().string();
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(shipped_packs(), error)) {
      if (entry.is_directory()) names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return (shipped_packs() / name).string();
    }
    std::string known;
    for (const std::string& other : names) known += (known.empty() ? "" : ", ") + other;
    return failure(ErrorCode::refused,
                   "'" + extended.text +
                       "' is neither extended by the pack on disk nor a shipped pack (" + known +
                       ")");
  };
  LQ_TRY(std::vector<PackFolder> packs, PackReader().read(std::move(files), place, find));
  PackTexts out;
  if (is_kept_pack(place)) {
    LQ_TRY(out.calendars, read_calendars(place));
  } else {
    LQ_TRY(out.calendars, calendars_of(packs));
  }
  out.files = texts_of(std::move(packs));
  return out;
}

Result<std::vector<SourceText>> read_pack_tests(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return read_folder(path, Wanted::tests);
  const fs::path beside = fs::path(path).replace_extension(".test.yaml");
  if (!fs::exists(beside, error)) return std::vector<SourceText>{};
  LQ_TRY(std::string bytes, read_file(beside.string()));
  return std::vector<SourceText>{{beside.string(), std::move(bytes)}};
}

Result<std::vector<SourceText>> read_calendars(const std::string& path) {
  if (is_kept_pack(path)) {
    LQ_TRY(PackTexts kept, read_kept_pack(path));
    return std::move(kept.calendars);
  }
  LQ_TRY(const std::vector<PackFolder> packs, PackReader().read(path));
  return calendars_of(packs);
}

std::shared_ptr<const Program> load_pack(const std::string& path, bool chinese, int& code) {
  auto files = read_pack(path);
  const auto calendars = read_calendars(path);
  if (!files || !calendars) {
    code = report(files ? calendars.error() : files.error(), chinese);
    return nullptr;
  }
  auto compiled = compile_pack(*files, *calendars);
  if (compiled) return *compiled;
  std::vector<SourceText> texts = *std::move(files);
  texts.insert(texts.end(), calendars->begin(), calendars->end());
  Diagnostics errors = compiled.error();
  std::erase_if(errors, [](const Diagnostic& d) { return d.severity != Severity::error; });
  std::fputs(render_text(errors, texts, chinese).c_str(), stderr);
  code = 1;
  return nullptr;
}

}  // namespace lianqing
