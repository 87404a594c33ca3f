#include "cli/expanded.h"

#include <algorithm>

#include "connectors/json_writer.h"
#include "lianqing/number.h"

namespace lianqing {
namespace {

bool is_plain_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/' || (c & 0x80) != 0;
}

// Written plain it was read plain; inside [ ] some signs end it.
std::string scalar(const Node& node, bool in_list) {
  const bool breaks = node.text.find('\n') != std::string::npos ||
                      (in_list && node.text.find_first_of(",[]{}") != std::string::npos);
  return node.quoted || breaks ? json_string(node.text) : node.text;
}

std::string key_text(const std::string& key) {
  const bool plain =
      !key.empty() && key[0] != '-' && std::all_of(key.begin(), key.end(), is_plain_char);
  return plain ? key : json_string(key);
}

bool is_flat(const Node& node) {
  return node.is_scalar() ||
         (node.is_sequence() && std::all_of(node.items.begin(), node.items.end(),
                                            [](const Node& item) { return item.is_scalar(); }));
}

std::string flat_text(const Node& node) {
  if (node.is_scalar()) return scalar(node, false);
  std::string out = "[";
  for (const Node& item : node.items) out += (out.size() > 1 ? ", " : "") + scalar(item, true);
  return out + "]";
}

class YamlRendering {
 public:
  explicit YamlRendering(std::span<const SourceText> texts) : texts_(texts) {}

  std::string run(const Node& root) {
    map(root, 0, false);
    return std::move(out_);
  }

 private:
  void blanks(int depth) { out_.append(static_cast<std::size_t>(depth) * 2, ' '); }

  // `after_dash`: the first key goes on in the line of a list's dash.
  void map(const Node& node, int depth, bool after_dash) {
    if (node.entries.empty()) out_ += after_dash ? "{}\n" : "";
    for (const Entry& entry : node.entries) {
      if (!after_dash) blanks(depth);
      after_dash = false;
      out_ += key_text(entry.key) + ":";
      value(entry.value, depth);
    }
  }

  void value(const Node& node, int depth) {
    if (is_flat(node)) {
      out_ += ' ' + flat_text(node) + comment(node) + '\n';
    } else if (node.is_map()) {
      out_ += node.entries.empty() ? " {}\n" : "\n";
      map(node, depth + 1, false);
    } else {
      out_ += '\n';
      for (const Node& item : node.items) {
        blanks(depth + 1);
        out_ += "- ";
        element(item, depth + 2);
      }
    }
  }

  void element(const Node& item, int depth) {
    if (item.is_map()) return map(item, depth, true);
    if (is_flat(item)) {
      out_ += flat_text(item) + comment(item) + '\n';
      return;
    }
    out_ += '\n';
    for (const Node& inner : item.items) {
      blanks(depth);
      out_ += "- ";
      element(inner, depth + 1);
    }
  }

  std::string place(const SourceSpan& at) const {
    return texts_[at.file].name + ":" + std::to_string(at.line);
  }

  std::string comment(const Node& node) const {
    if (texts_[node.at.file].layer == 0 && node.replaced.empty()) return {};
    std::string out = "  # " + place(node.at);
    if (node.replaced.empty()) return out;
    const Node& before = node.replaced[0];
    const std::string was = is_flat(before) ? flat_text(before) + " " : "";
    return out + ", was " + was + "at " + place(before.at);
  }

  std::span<const SourceText> texts_;
  std::string out_;
};

// ~ and / have a meaning in a JSON pointer.
std::string pointer_step(std::string_view key) {
  std::string out = "/";
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

class JsonRendering {
 public:
  JsonRendering(std::span<const SourceText> texts, std::string& out) : texts_(texts), json_(out) {}

  void run(const Node& root) {
    json_.begin_object().key("pack");
    value(root);
    json_.key("from").begin_object();
    places(root, "");
    json_.end_object().end_object();
  }

 private:
  void value(const Node& node) {
    if (node.is_map()) {
      json_.begin_object();
      for (const Entry& entry : node.entries) {
        json_.key(entry.key);
        value(entry.value);
      }
      json_.end_object();
    } else if (node.is_sequence()) {
      json_.begin_array();
      for (const Node& item : node.items) value(item);
      json_.end_array();
    } else if (node.is_empty()) {
      json_.null();
    } else if (!node.quoted && (node.text == "true" || node.text == "false")) {
      json_.boolean(node.text == "true");
    } else if (const auto number = node.quoted ? std::nullopt : Number::parse(node.text)) {
      json_.raw(number->to_string());
    } else {
      json_.string(node.text);
    }
  }

  void place(const Node& node) {
    json_.begin_object().key("file").string(texts_[node.at.file].name);
    json_.key("line").unsigned_integer(node.at.line);
    if (!node.replaced.empty()) {
      const Node& before = node.replaced[0];
      json_.key("replaces").begin_object().key("value");
      value(before);
      json_.key("file").string(texts_[before.at.file].name);
      json_.key("line").unsigned_integer(before.at.line).end_object();
    }
    json_.end_object();
  }

  void places(const Node& node, const std::string& pointer) {
    if (is_flat(node)) {
      if (texts_[node.at.file].layer == 0 && node.replaced.empty()) return;
      json_.key(pointer);
      return place(node);
    }
    for (const Entry& entry : node.entries) places(entry.value, pointer + pointer_step(entry.key));
    for (std::size_t i = 0; i < node.items.size(); ++i)
      places(node.items[i], pointer + "/" + std::to_string(i));
  }

  std::span<const SourceText> texts_;
  JsonWriter json_;
};

}  // namespace

std::string render_expanded_yaml(const Node& root, std::span<const SourceText> texts) {
  return YamlRendering(texts).run(root);
}

std::string render_expanded_json(const Node& root, std::span<const SourceText> texts) {
  std::string out;
  JsonRendering(texts, out).run(root);
  return out + "\n";
}

}  // namespace lianqing
