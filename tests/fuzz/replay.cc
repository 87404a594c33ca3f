// Runs a fuzz target over files, and over each of them cut short and with bytes changed: the corpus
// is part of ctest, also where there is no libFuzzer. Arguments: files and folders.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"
#include "tests/support/random.h"

namespace {

void run(const std::string& bytes) {
  (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void run_mutants(const std::string& seed, lianqing::Random& random) {
  constexpr int kMutants = 200;
  for (int i = 0; i < kMutants && !seed.empty(); ++i) {
    std::string bytes = seed;
    for (std::int64_t n = random.below(4); n > 0 && !bytes.empty(); --n) {
      const std::size_t at = random.index(bytes.size());
      const auto value = static_cast<char>(random.below(256));
      switch (random.below(4)) {
        case 0: bytes[at] = value; break;
        case 1: bytes.insert(at, 1, value); break;
        case 2: bytes.erase(at, 1 + random.index(8)); break;
        default: bytes.insert(at, bytes.substr(at / 2, 16)); break;
      }
    }
    if (random.one_in(4)) bytes.resize(random.index(bytes.size() + 1));
    run(bytes);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string> paths;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(arguments[i])) {
      paths.emplace_back(arguments[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  lianqing::Random random(20261123);
  run({});
  for (const std::string& path : paths) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    run(bytes);
    run_mutants(bytes, random);
  }
  std::printf("%zu files\n", paths.size());
  return paths.empty() ? 1 : 0;
}
