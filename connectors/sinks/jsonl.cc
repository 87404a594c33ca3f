#include "connectors/sinks/jsonl.h"

#include "connectors/sinks/grown_file.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

class JsonlSink final : public Sink {
 public:
  explicit JsonlSink(std::string path) : path_(std::move(path)) {}

  Delivery deliver(std::span<const Notice> notices, Instant, const std::stop_token&) override {
    std::string text;
    for (const Notice& notice : notices) {
      for (const NoticeEdge& edge : notice.edges) text += edge.text + "\n";
    }
    return deliver_lines(path_, {}, text);
  }

 private:
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_jsonl(const SinkSettings& settings) {
  if (const auto able = append_lines(settings.path, {}, {}); !able) {
    return Unexpected<Error>(able.error());
  }
  return std::make_unique<JsonlSink>(settings.path);
}

}  // namespace lianqing
