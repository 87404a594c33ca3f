"""A complaint ledger as offices keep them, made at random with all the mistakes that people make, and what must become of each row."""
import collections
import datetime
import random

UNITS = {"市城市管理局": "u-urban", "市城管局": "u-urban", "市交通运输局": "u-traffic", "市交通局": "u-traffic", "市住房和城乡建设局": "u-housing",
         "市住建局": "u-housing"}
HEADER = ["序号", "工单编号", "受理日期", "承办单位", "问题类别", "严重程度", "是否实名", "涉及金额", "备注", "诉求人"]
CATEGORIES = {"态度冷漠": "cold_attitude", "推诿扯皮": "buck_passing", "办事拖拉": "slow_action"}
SEVERITIES = {"轻微": 1, "一般": 2, "较重": 3, "严重": 4}
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")

MAP = """version: 1
source: /ledger
columns: {受理时间: [受理日期]}
sensitive: [诉求人]
fill_down: [承办单位]
id: 工单编号
unit: {column: 承办单位, names: units.csv}
type: complaint_received
time: 受理时间
fields:
  category: {column: 问题类别, required: true, values: {态度冷漠: cold_attitude, 推诿扯皮: buck_passing, 办事拖拉: slow_action}}
  severity: {column: 严重程度, type: int, values: {轻微: 1, 一般: 2, 较重: 3, 严重: 4}}
  named: {column: 是否实名, type: bool}
  amount_cny: {column: 涉及金额, type: decimal}
  note: {column: 备注}
"""


def written_date(pick, day):
    serial = (day - datetime.date(1899, 12, 30)).days
    return pick.choice(["%d/%d/%d" % (day.year, day.month, day.day), day.isoformat(), "%d年%d月%d日" % (day.year, day.month, day.day),
                        "%d.%d.%d" % (day.year, day.month, day.day), day.strftime("%Y%m%d"), str(serial),
                        day.isoformat().replace("-", "/").translate(WIDE)])


def written_amount(pick, amount):
    return pick.choice(["%d" % amount, "{:,}".format(amount), "￥{:,}".format(amount), "%d元" % amount, ("%d" % amount).translate(WIDE),
                        "＋%d" % amount] + (["%d万元" % (amount // 10000)] if amount % 10000 == 0 else []))


MISTAKES = {"date": (2, ["2025/2/30", "3月5日", "25/3/5", "60", "昨天", ""]), "category": (4, ["态度冷淡", "", "—", "/"]),
            "amount": (7, ["1,23", "约三千", "12,3456", "1.2.3", "#REF!"]), "named": (6, ["不清楚", "2"])}


class Ledger:
    """`text`: the file, `cells` its rows; `verdicts`: of each row, as a spreadsheet counts, its verdict and the column to blame; `events` by
    id; `mistakes`: how often each was made."""

    def __init__(self, rows, seed):
        self.pick = random.Random(seed)
        self.lines, self.cells, self.verdicts, self.events, self.blank = [], [], {}, {}, 0
        self.mistakes = collections.Counter()
        self.above, self.good = None, []
        self.line([""] * 10)
        self.line(["12345热线投诉台账"] + [""] * 9)
        self.line(HEADER)
        for number in range(rows):
            self.row(number)
        self.line(["合计"] + [""] * 9, "skipped")
        self.text = "\r\n".join(self.lines) + "\r\n"

    def line(self, cells, verdict=None, column=""):
        self.cells.append(cells)
        self.lines.append(",".join('"%s"' % cell.replace('"', '""') if any(c in cell for c in ',"\n') else cell for cell in cells))
        if verdict:
            self.verdicts[len(self.lines)] = (verdict, column)

    def row(self, number):
        pick = self.pick
        mistake = None
        if pick.random() < 0.15:
            mistake = pick.choice([*MISTAKES, "unit", "total", "same", "conflict", "wide", "no unit", "more", "blank"])
            self.mistakes[mistake] += 1
        if mistake == "blank":
            self.blank += 1
            return self.line([""] * 10)
        if mistake == "total":
            return self.line(["", "", "", pick.choice(["合计", "小 计", "总计："]), "", "", "", "99", "", ""], "skipped")
        day = datetime.date(2025, 1, 1) + datetime.timedelta(days=pick.randrange(700))
        name, category, severity = pick.choice(sorted(UNITS)), pick.choice(sorted(CATEGORIES)), pick.choice(sorted(SEVERITIES))
        amount, named = pick.choice([0, 350, 12000, 30000, 1234567]), pick.choice(["是", "否"])
        note = pick.choice(["", "普通", "有,逗号", '有"引号"', "两\n行", "生僻字㐀𠮷"])
        id = "GD%07d" % number
        cells = [str(number + 1), id, written_date(pick, day), name, category, severity, named, written_amount(pick, amount), note, "王某"]
        if mistake == "same" and self.good:
            again = list(pick.choice(self.good))
            self.above = again[3]
            return self.line(again, "skipped")
        if mistake == "more":
            return self.line(cells + ["多出来"], "refused", "#11")
        if mistake == "conflict" and self.good:
            cells[1], cells[8] = pick.choice(self.good)[1], "别的内容"
            self.above = name
            return self.line(cells, "refused")
        if mistake == "unit":
            name = cells[3] = "市水务局"
        if mistake == "no unit" and self.above:
            name, cells[3] = self.above, ""
        self.above = name
        if mistake in MISTAKES:
            place, choices = MISTAKES[mistake]
            cells[place] = pick.choice(choices)
            return self.line(cells, "refused", HEADER[place])
        if name not in UNITS:
            return self.line(cells, "parked", "承办单位")
        if mistake == "wide":
            cells[1] = "".join(chr(ord(c) + 0xFEE0) for c in id)
        self.line(cells, "written")
        self.good.append(cells[:3] + [name] + cells[4:])
        data = {"category": CATEGORIES[category], "severity": SEVERITIES[severity], "named": named == "是", "amount_cny": amount}
        if note:
            data["note"] = note.replace("\n", " ")
        self.events[id] = {"unit": UNITS[name], "time": day.isoformat() + "T00:00:00+08:00", "data": data}

    def workbook_rows(self):
        """As a spreadsheet keeps them: serial dates and plain amounts as numbers, failed formulas as such."""
        def cell(text):
            if text == "#REF!":
                return ("e", text, 0)
            if len(text) == 5 and text.isascii() and text.isdigit():
                return ("n", text, 1 if text.startswith(("45", "46")) else 0)
            return text
        return [[cell(text) for text in cells] for cells in self.cells]
