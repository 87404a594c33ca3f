#include "cli/kept_packs.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <set>
#include <sstream>

#include "cli/output_file.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/serve/live_position.h"
#include "cli/told_warning.h"
#include "lianqing/assert.h"
#include "lianqing/ruleset.h"
#include "log/event_log.h"
#include "log/head_file.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kList = "kept.tsv";
constexpr std::string_view kHeader = "lianqing-pack/1";
constexpr std::size_t kLeastDigits = 8;

std::string folder_of(const std::string& data) { return data + "/rules"; }

// A name that is safe anywhere and still tells which file it was.
std::string stored_name(std::size_t number, const std::string& name) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 3 ? 3 - digits.size() : 0, '0');
  std::string out;
  for (const char c : fs::path(name).filename().string()) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    out += plain || c == '.' ? c : '_';
  }
  return digits + "-" + out;
}

std::string one_field(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '_');
  return text;
}

Status write_whole(const std::string& path, std::string_view bytes) {
  LQ_TRY(OutputFile file, OutputFile::open(path, 0));
  if (Status s = file.text(bytes); !s) return s;
  return file.finish();
}

// Of several calendars with one name the first counts.
std::vector<SourceText> first_of_each_name(const std::vector<SourceText>& calendars) {
  std::vector<SourceText> out;
  std::set<std::string> seen;
  for (const SourceText& text : calendars) {
    if (seen.insert(fs::path(text.name).filename().string()).second) out.push_back(text);
  }
  return out;
}

Status write_pack(const std::string& folder, const PackTexts& texts) {
  std::string list = std::string(kHeader) + "\n";
  std::size_t number = 0;
  const auto write = [&](std::string_view kind, const SourceText& text) -> Status {
    const std::string name = stored_name(number++, text.name);
    list.append(kind).append("\t").append(std::to_string(text.layer)).append("\t");
    list.append(name).append("\t").append(one_field(text.name)).append("\n");
    return write_whole(folder + "/" + name, text.bytes);
  };
  for (const SourceText& text : texts.files) {
    if (Status s = write("file", text); !s) return s;
  }
  for (const SourceText& text : first_of_each_name(texts.calendars)) {
    if (Status s = write("calendar", text); !s) return s;
  }
  return write_whole(folder + "/" + std::string(kList), list);
}

Unexpected<Error> malformed(const std::string& folder) {
  return failure(ErrorCode::corrupt, folder + ": " + std::string(kList) + " is malformed");
}

}  // namespace

std::vector<SourceText> PackTexts::all() const {
  std::vector<SourceText> out = files;
  out.insert(out.end(), calendars.begin(), calendars.end());
  return out;
}

std::string hash_text(const Program& program) { return hex(program.hash); }

Status keep_pack(const std::string& data, const Program& program, const PackTexts& texts) {
  const std::string hash = hash_text(program);
  const std::string folder = folder_of(data) + "/" + hash, fresh = folder + ".new";
  if (is_kept_pack(folder)) return {};
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::create_directories(fresh, error);
  if (error) return failure(ErrorCode::io, "cannot make " + fresh + ": " + error.message());
  if (Status s = write_pack(fresh, texts); !s) return s;
  if (Status s = sync_directory(fresh); !s) return s;
  LQ_TRY(const auto again, load_kept_pack(fresh));
  if (again->hash != program.hash) {
    return failure(ErrorCode::refused, fresh + ": the copy does not mean what the pack means");
  }
  fs::rename(fresh, folder, error);
  if (error) return failure(ErrorCode::io, "cannot make " + folder + ": " + error.message());
  if (Status s = sync_directory(folder_of(data)); !s) return s;
  return sync_directory(data);
}

std::optional<std::string> find_kept_pack(const std::string& data, std::string_view hash) {
  if (hash.size() < kLeastDigits) return std::nullopt;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_of(data), error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() == 64 && name.starts_with(hash) && is_kept_pack(entry.path().string())) {
      return entry.path().string();
    }
  }
  return std::nullopt;
}

Result<std::vector<std::string>> ruled_packs(const std::string& data) {
  LQ_TRY(const auto log, EventLog::open(data, OpenMode::read_only));
  LQ_TRY(const auto fact, log->meta(kGenerationKey));
  std::vector<std::string> out;
  if (!fact) return out;
  LQ_TRY(const Generation generation, Generation::decode(*fact));
  for (const Reign& reign : generation.reigns) {
    const auto folder = find_kept_pack(data, reign.pack);
    if (!folder) {
      return failure(ErrorCode::io, folder_of(data) + "/" + reign.pack +
                                        ": a rule pack that ruled is missing: put it back from the "
                                        "backup, or give the packs with --rules");
    }
    out.push_back(*folder);
  }
  return out;
}

Result<std::size_t> ruler_of(const std::string& data, const std::string& warning,
                             std::optional<Instant> at) {
  LQ_TRY(const auto log, EventLog::open(data, OpenMode::read_only));
  LQ_TRY(const auto fact, log->meta(kGenerationKey));
  LQ_TRY(const Generation generation, Generation::decode(fact.value_or("")));
  std::optional<ToldWarning> told;
  if (!warning.empty()) {
    LQ_TRY(told, told_warning(*log, warning));
  }
  std::size_t out = generation.reigns.size() - 1;
  const auto rules = [&](const Reign& reign) {
    return told ? reign.rules == told->rules : !at || reign.from <= *at;
  };
  while (out > 0 && !rules(generation.reigns[out])) --out;
  return out;
}

bool is_kept_pack(const std::string& folder) {
  std::error_code error;
  return fs::exists(fs::path(folder) / kList, error);
}

Result<PackTexts> read_kept_pack(const std::string& folder) {
  LQ_TRY(const std::string list, read_file(folder + "/" + std::string(kList)));
  std::istringstream in(list);
  std::string line;
  if (!std::getline(in, line) || line != kHeader) return malformed(folder);
  PackTexts out;
  while (std::getline(in, line)) {
    std::vector<std::string> parts;
    std::istringstream fields(line);
    for (std::string part; std::getline(fields, part, '\t');) parts.push_back(part);
    if (parts.size() != 4 || parts[2].find('/') != std::string::npos) return malformed(folder);
    SourceText text;
    const char* const end = parts[1].data() + parts[1].size();
    if (std::from_chars(parts[1].data(), end, text.layer).ptr != end) return malformed(folder);
    text.name = parts[3];
    LQ_TRY(text.bytes, read_file(folder + "/" + parts[2]));
    (parts[0] == "file" ? out.files : out.calendars).push_back(std::move(text));
  }
  return out;
}

Result<std::shared_ptr<const Program>> load_kept_pack(const std::string& folder) {
  LQ_TRY(const PackTexts texts, read_kept_pack(folder));
  auto program = compile_pack(texts.files, texts.calendars);
  if (program) return *std::move(program);
  return failure(ErrorCode::corrupt, folder + ": the kept pack does not compile any more:\n" +
                                         render_text(program.error(), texts.all(), false));
}

}  // namespace lianqing
