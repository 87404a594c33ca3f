#include "cli/import/draft_map.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "cli/import/cell_date.h"
#include "cli/import/cell_text.h"
#include "cli/import/cell_value.h"
#include "cli/import/header.h"

namespace lianqing {
namespace {

constexpr std::size_t kHeaderSearch = 30, kSample = 2000, kMaxCodes = 12;

// What a header's words say about a column. The first row with a word that it contains.
struct RoleRow {
  std::string_view role;  // of the map, or a field's name
  std::vector<std::string_view> words;
};
const std::vector<RoleRow>& roles() {
  static const std::vector<RoleRow> kRoles = {
      {"sensitive",
       {"姓名",     "诉求人",   "投诉人",   "举报人",   "反映人", "联系人", "来电人", "信访人",
        "当事人",   "电话",     "手机",     "身份证",   "地址",   "住址",   "邮箱",   "诉求内容",
        "投诉内容", "反映内容", "具体内容", "事项内容", "name",   "phone",  "address"}},
      {"level", {"管辖层级", "层级", "密级", "管理权限"}},
      {"id",
       {"工单编号", "工单号", "问题编号", "事项编号", "受理编号", "信访编号", "合同编号", "编号",
        "流水号", "id"}},
      {"unit",
       {"单位名称", "单位全称", "承办单位", "责任单位", "被投诉单位", "被检查单位", "主办单位",
        "牵头单位", "整改单位", "单位", "部门", "unit"}},
      {"due_date", {"整改时限", "办结时限", "办理时限", "完成时限", "时限", "期限", "截止", "due"}},
      {"closed", {"销号日期", "销号时间", "办结日期", "办结时间", "完成日期", "完成时间"}},
      {"recorded", {"登记日期", "登记时间", "录入日期", "录入时间"}},
      {"time",
       {"受理日期", "受理时间", "发生日期", "发生时间", "检查日期", "检查时间", "来电时间",
        "交办日期", "交办时间", "日期", "时间", "date", "time"}},
      {"category",
       {"问题类别", "问题类型", "诉求类别", "诉求类型", "事项类别", "类别", "类型", "category"}},
      {"severity", {"严重程度", "程度", "severity"}},
      {"amount_cny", {"金额", "amount"}},
      {"persons", {"涉及人数", "人数"}},
      {"named", {"是否实名", "实名"}},
      {"channel", {"诉求来源", "来源", "渠道", "channel"}},
      {"score", {"得分", "分数", "满意度", "score"}},
      {"round_no", {"轮次", "批次"}},
      {"domain", {"领域"}},
      {"verdict", {"是否属实", "核查结果", "办理结果", "属实"}},
  };
  return kRoles;
}

const std::map<std::string, std::string, std::less<>>& codes() {
  static const std::map<std::string, std::string, std::less<>> kCodes = {
      {"文山会海", "document_meeting_overload"},
      {"门难进", "hard_to_access"},
      {"脸难看", "cold_attitude"},
      {"态度冷漠", "cold_attitude"},
      {"事难办", "hard_to_process"},
      {"庸懒散", "lazy_lax"},
      {"半扇门", "half_open_door"},
      {"慢作为", "slow_action"},
      {"办事拖拉", "slow_action"},
      {"不作为", "inaction"},
      {"乱作为", "arbitrary_action"},
      {"推诿扯皮", "buck_passing"},
      {"吃拿卡要", "solicit_favors"},
      {"违规收费", "illegal_fee"},
      {"违规收礼", "gifts"},
      {"打击报复", "retaliation"},
      {"轻微", "minor"},
      {"一般", "general"},
      {"较重", "serious"},
      {"严重", "critical"},
      {"12345", "hotline_12345"},
      {"12345热线", "hotline_12345"},
      {"热线", "hotline_12345"},
      {"信访", "petition"},
      {"来信", "letter"},
      {"来访", "visit"},
      {"网络", "web"},
      {"媒体", "media"},
      {"属实", "substantiated"},
      {"部分属实", "partly"},
      {"不属实", "unfounded"},
      {"失实", "unfounded"}};
  return kCodes;
}

bool is_coded(std::string_view role) {
  return role == "category" || role == "severity" || role == "channel" || role == "verdict";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

struct DraftColumn {
  std::string header, role;
  std::vector<std::string> values;  // different ones, the first few
  std::size_t filled = 0, dates = 0, numbers = 0, yes_no = 0;
  bool many = false;
};

class Draft {
 public:
  explicit Draft(const std::string& path) : path_(path) {}

  TableResult<std::string> write(Table& table) {
    if (!read(table))
      return table_failure(ErrorCode::refused,
                           {path_ + "：找不到表头行", path_ + ": no header row found"});
    guess();
    return text();
  }

 private:
  bool read(Table& table) {
    std::vector<CsvRow> rows;
    CsvRow row;
    while (rows.size() < kSample && table.next(row)) rows.push_back(row);
    const auto filled = [](const CsvRow& r) {
      return static_cast<std::size_t>(std::count_if(
          r.fields.begin(), r.fields.end(), [](const auto& c) { return !tidy_text(c).empty(); }));
    };
    std::size_t widest = 0, at = rows.size();
    for (const CsvRow& one : rows) widest = std::max(widest, filled(one));
    const auto is_note = [&](const CsvRow& r) { return filled(r) * 3 < widest; };  // or a total
    for (std::size_t i = 0; i < std::min(rows.size(), kHeaderSearch) && at == rows.size(); ++i) {
      std::size_t named = filled(rows[i]);
      if (has_second_row(rows, i)) named += filled(rows[i + 1]);
      if (named * 5 >= widest * 3 && !rows[i].fault) at = i;
    }
    if (at == rows.size()) return false;
    header_row_ = rows[at].row;
    const std::size_t depth = has_second_row(rows, at) ? 2 : 1;
    const HeaderNames names = header_names(rows, at, depth);
    for (std::size_t i = 0; i < names.own.size(); ++i) {
      columns_.push_back({names.distinct(i), "", {}});
    }
    for (std::size_t i = at + depth; i < rows.size(); ++i) {
      if (!is_note(rows[i])) look_at(rows[i]);
    }
    return true;
  }

  void look_at(const CsvRow& row) {
    for (std::size_t i = 0; i < std::min(row.fields.size(), columns_.size()); ++i) {
      DraftColumn& column = columns_[i];
      const std::string text = tidy_text(row.fields[i]);
      if (text.empty()) continue;
      ++column.filled;
      column.dates += read_time(text, DaySystem::unstated).has_value();
      column.numbers += read_quantity(text, Number(1)).has_value();
      column.yes_no += read_yes_no(text).has_value();
      if (column.many ||
          std::find(column.values.begin(), column.values.end(), text) != column.values.end())
        continue;
      if (column.values.size() == kMaxCodes) {
        column.many = true;
      } else {
        column.values.push_back(text);
      }
    }
  }

  void guess() {
    std::set<std::string> taken;
    // Longer words of a row say more: rows in their order, words in theirs.
    for (const RoleRow& row : roles()) {
      const bool many = row.role == "sensitive";
      for (const std::string_view word : row.words) {
        for (DraftColumn& column : columns_) {
          const std::string key = key_text(column.header);
          if (!column.role.empty() || key.empty() ||
              (!many && taken.contains(std::string(row.role))))
            continue;
          const bool exact = word.size() <= 4 && word[0] < 0x7F && word[0] > 0;
          if (exact ? key != word : key.find(word) == std::string::npos) continue;
          column.role = row.role;
          taken.insert(std::string(row.role));
        }
      }
    }
  }

  const DraftColumn* with(std::string_view role) const {
    for (const DraftColumn& column : columns_)
      if (column.role == role) return &column;
    return nullptr;
  }

  std::string text() const {
    const std::string stem = std::filesystem::path(path_).stem().string();
    std::string out =
        "# 由表头草拟，请逐项核对 / drafted from the header: go over each line\nversion: 1\n";
    out += "source: " + quoted("/import/" + stem) + "\nfiles: [" + quoted(stem + "*") + "]\n";
    out += "timezone: Asia/Shanghai\nheader_row: " + std::to_string(header_row_) + "\n";
    out += merged_cells() + sensitive();
    if (const auto* level = with("level")) {
      out += "level: {column: " + quoted(level->header) +
             ", refuse: [省级, 中央]}   # 上级层级的不录入 / higher levels are refused\n";
    }
    const auto* id = with("id");
    out += id != nullptr ? "id: [" + quoted(id->header) + "]\n"
                         : "id: content   # 没有编号列 / there is no column of ids\n";
    const auto* unit = with("unit");
    out += unit != nullptr ? "unit: {column: " + quoted(unit->header) +
                                 "}   # 名称表 / table of names: names: units.csv\n"
                           : "unit: {value: \"?\"}   # 哪个单位 / which unit\n";
    out += "type: " + type() + "   # 事件类型 / type of event\n";
    const DraftColumn* time = time_column();
    out += time != nullptr ? "time: {column: " + quoted(time->header) + "}\n"
                           : "time: {column: \"?\"}   # 哪一列是时间 / which column is the time\n";
    if (const auto* recorded = with("recorded"); recorded != nullptr && recorded != time)
      out += "recorded: {column: " + quoted(recorded->header) + "}\n";
    return out + fields(time);
  }

  // Units that stand only in the first of their rows.
  std::string merged_cells() const {
    const DraftColumn* unit = with("unit");
    std::size_t most = 0;
    for (const DraftColumn& column : columns_) most = std::max(most, column.filled);
    if (unit == nullptr || unit->filled == 0 || unit->filled == most) return "";
    return "fill_down: [" + quoted(unit->header) +
           "]   # 空格取上一格 / a blank takes the cell above\n";
  }

  std::string sensitive() const {
    std::string out;
    for (const DraftColumn& column : columns_) {
      if (column.role == "sensitive") out += (out.empty() ? "" : ", ") + quoted(column.header);
    }
    return out.empty() ? "" : "sensitive: [" + out + "]   # 不取用 / never copied\n";
  }

  const DraftColumn* time_column() const {
    for (const std::string_view role : {"time", "recorded", "closed"})
      if (const auto* column = with(role)) return column;
    for (const DraftColumn& column : columns_)
      if (column.role.empty() && column.filled > 0 && column.dates * 2 > column.filled &&
          column.numbers == 0)
        return &column;
    return nullptr;
  }

  std::string type() const {
    std::string all = key_text(std::filesystem::path(path_).stem().string());
    for (const DraftColumn& column : columns_) all += " " + key_text(column.header);
    for (const auto& [word, type] :
         {std::pair{"投诉", "complaint_received"}, std::pair{"工单", "complaint_received"},
          std::pair{"诉求", "complaint_received"}, std::pair{"检查", "inspection_finding"},
          std::pair{"整改", "item_assigned"}, std::pair{"满意", "survey_result"},
          std::pair{"测评", "survey_result"}, std::pair{"合同", "contract_awarded"}})
      if (all.find(word) != std::string::npos) return type;
    return "event_type";
  }

  std::string fields(const DraftColumn* time) const {
    std::string out, unused;
    for (const DraftColumn& column : columns_) {
      const std::string& role = column.role;
      if (&column == time || role == "sensitive" || role == "id" || role == "unit" ||
          role == "level" || role == "recorded")
        continue;
      if (role.empty()) {
        if (!column.header.empty()) unused += "  # " + quoted(column.header) + "\n";
        continue;
      }
      out += "  " + field(column) + "\n";
    }
    if (out.empty() && unused.empty()) return "";
    return (out.empty() ? "# fields:\n" : "fields:\n" + out) +
           (unused.empty() ? "" : "  # 没有用到的列 / columns not used:\n" + unused);
  }

  static std::string field(const DraftColumn& column) {
    const std::string name = column.role == "closed" ? "closed_at" : column.role;
    std::string out = name + ": {column: " + quoted(column.header);
    if (is_coded(column.role)) return out + coded(column);
    if (column.role == "named") return out + ", type: bool}";
    if (column.role == "due_date" || column.role == "closed") return out + ", type: date}";
    if (column.role == "amount_cny") {
      const bool ten_thousands = column.header.find("万") != std::string::npos;
      return out + ", type: decimal, unit: " + (ten_thousands ? "万元" : "元") + "}";
    }
    if (column.role == "persons") return out + ", type: int}";
    if (column.role == "score") return out + ", type: decimal}";
    return out + "}";
  }

  // Known words with their codes; what nobody knows stands for itself.
  static std::string coded(const DraftColumn& column) {
    if (column.many || column.values.empty()) return "}";
    std::string out, unknown;
    for (const std::string& value : column.values) {
      const auto code = codes().find(key_text(value));
      if (code == codes().end()) unknown += (unknown.empty() ? "" : "、") + value;
      out += (out.empty() ? "" : ", ") + quoted(value) + ": " +
             (code == codes().end() ? quoted(value) : code->second);
    }
    return ", values: {" + out + "}}" +
           (unknown.empty() ? "" : "   # 待定代码 / codes to be chosen: " + unknown);
  }

  const std::string& path_;
  std::uint64_t header_row_ = 1;
  std::vector<DraftColumn> columns_;
};

}  // namespace

TableResult<std::string> draft_map(const std::string& path, Table& table) {
  return Draft(path).write(table);
}

}  // namespace lianqing
