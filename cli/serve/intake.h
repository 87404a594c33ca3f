// All sources of the daemon, each read on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cli/serve/source_reader.h"

namespace lianqing {

class Intake {
 public:
  Intake(const std::vector<SourceSetup>& sources, Writer& writer, Logbook& logbook,
         const std::function<bool()>& has_room);

  void start();
  void end();  // when it returns nothing more is given to the writer
  std::vector<SourceStanding> standing() const;

 private:
  std::vector<std::unique_ptr<SourceReader>> readers_;
};

}  // namespace lianqing
