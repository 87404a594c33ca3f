#include "cli/expanded.h"

#include <gtest/gtest.h>

#include "rules/layers.h"

namespace lianqing {
namespace {

const std::vector<SourceText> kLayers = {
    {"local.yaml",
     "version: 1\npack: {id: local, extends: ../base}\nparams: {x: 5}\n"
     "rules:\n  r: {title: {en: \"R: two\"}, yellow: \"n > 9\"}\n",
     0},
    {"base.yaml",
     "version: 1\npack: {id: base}\nlists: {l: [a, \"b, c\"]}\n"
     "params: {x: {value: 3, max: 9}}\n"
     "rules:\n  r: {title: R, yellow: \"n > x\", except: [{unit: u, reason: q}]}\n",
     1}};

Node joined(std::span<const SourceText> texts) {
  Diagnostics none;
  return join_pack(texts, none).root;
}

TEST(Expanded, EveryForeignValueHasItsPlace) {
  EXPECT_EQ(render_expanded_yaml(joined(kLayers), kLayers),
            "version: 1\n"
            "pack:\n"
            "  id: local  # local.yaml:2, was base at base.yaml:2\n"
            "lists:\n"
            "  l: [a, \"b, c\"]  # base.yaml:3\n"
            "params:\n"
            "  x:\n"
            "    value: 5  # local.yaml:3, was 3 at base.yaml:4\n"
            "    max: 9  # base.yaml:4\n"
            "rules:\n"
            "  r:\n"
            "    title:\n"
            "      zh: R  # base.yaml:6\n"
            "      en: \"R: two\"  # local.yaml:5, was R at base.yaml:6\n"
            "    yellow: \"n > 9\"  # local.yaml:5, was \"n > x\" at base.yaml:6\n"
            "    except:\n"
            "      - unit: u  # base.yaml:6\n"
            "        reason: q  # base.yaml:6\n");
}

TEST(Expanded, ReadsAsThePackItShows) {
  const std::string text = render_expanded_yaml(joined(kLayers), kLayers);
  const SourceText again{"expanded.yaml", text, 0};
  const Node node = joined({&again, 1});
  // A pack of one layer has no comments; its values are the same.
  std::string plain = render_expanded_yaml(node, {&again, 1});
  std::string stripped;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    stripped += line.substr(0, line.find("  # ")) + "\n";
    at = end + 1;
  }
  EXPECT_EQ(plain, stripped);
}

TEST(Expanded, AsJson) {
  const SourceText base{"b.yaml", "version: 1\nparams: {x: 3, \"a/b\": \"3\"}\n", 1};
  const SourceText local{"l.yaml", "params: {x: 0.5}\n", 0};
  const std::vector<SourceText> texts = {base, local};
  EXPECT_EQ(render_expanded_json(joined(texts), texts),
            "{\"pack\":{\"version\":1,\"params\":{\"x\":0.5,\"a/b\":\"3\"}},"
            "\"from\":{\"/version\":{\"file\":\"b.yaml\",\"line\":1},"
            "\"/params/x\":{\"file\":\"l.yaml\",\"line\":1,\"replaces\":{\"value\":3,\"file\":"
            "\"b.yaml\",\"line\":2}},"
            "\"/params/a~1b\":{\"file\":\"b.yaml\",\"line\":2}}}\n");
}

}  // namespace
}  // namespace lianqing
