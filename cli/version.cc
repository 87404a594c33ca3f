#include <cstdio>

#include "cli/commands.h"

namespace lianqing {

int version_command(const std::vector<std::string>&) {
  std::puts("lianqing " LIANQING_VERSION);
  return 0;
}

}  // namespace lianqing
