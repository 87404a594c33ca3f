#include "cli/pack_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

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

// Beside the installed program, else where this one was built.
fs::path shipped_calendars() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path installed = self.parent_path().parent_path() / "share/lianqing/calendars";
    if (fs::is_directory(installed, error)) return installed;
  }
  return LIANQING_SOURCE_CALENDARS;
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

struct Layers {
  std::vector<std::string> paths;  // as given, then each of what the one before extends
  std::vector<SourceText> texts;
};

// The pack and what it extends, one after the other.
Result<Layers> read_layers(const std::string& path) {
  Layers out;
  std::vector<fs::path> seen;
  std::string next = path, from;
  while (true) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(next, error);
    if (std::find(seen.begin(), seen.end(), real) != seen.end() || seen.size() == kMostLayers) {
      std::string circle;
      for (const std::string& layer : out.paths) circle += layer + " -> ";
      return failure(ErrorCode::refused,
                     from + "packs extend each other in a circle: " + circle + next);
    }
    seen.push_back(real);
    auto texts = read_layer(next);
    if (!texts) return failure(texts.error().code, from + texts.error().what);
    const Text extends = extended_pack(*texts);
    from = extends.present ? (*texts)[extends.at.file].name + ":" +
                                 std::to_string(extends.at.line) + ": extends: "
                           : "";
    for (SourceText& text : *texts) {
      text.layer = static_cast<std::uint32_t>(out.paths.size());
      out.texts.push_back(std::move(text));
    }
    out.paths.push_back(next);
    if (!extends.present) return out;
    const fs::path folder =
        fs::is_directory(next, error) ? fs::path(next) : fs::path(next).parent_path();
    next = (folder / extends.text).lexically_normal().string();
    if (next.size() > 1 && next.ends_with('/')) next.pop_back();
  }
}

}  // namespace

Result<std::vector<SourceText>> read_pack(const std::string& path) {
  LQ_TRY(Layers layers, read_layers(path));
  return std::move(layers.texts);
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
  LQ_TRY(const Layers layers, read_layers(path));
  std::vector<fs::path> folders;
  for (const std::string& layer : layers.paths) folders.push_back(fs::path(layer) / "calendars");
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
