#include "cli/serve/intake.h"

namespace lianqing {

Intake::Intake(const std::vector<SourceSetup>& sources, Writer& writer, Logbook& logbook,
               const std::function<bool()>& has_room) {
  for (const SourceSetup& setup : sources) {
    readers_.push_back(std::make_unique<SourceReader>(setup, writer, logbook, has_room));
  }
}

void Intake::start() {
  for (const auto& reader : readers_) reader->start();
}

void Intake::end() {
  for (const auto& reader : readers_) reader->request_stop();
  for (const auto& reader : readers_) reader->join();
}

std::vector<SourceStanding> Intake::standing() const {
  std::vector<SourceStanding> out;
  for (const auto& reader : readers_) out.push_back(reader->standing());
  return out;
}

}  // namespace lianqing
