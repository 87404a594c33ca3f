#!/usr/bin/python3
"""Ten mistakes that people make who have never written YAML: each is understood, or gets the right advice in both
languages. UPDATE_GOLDEN=1 writes typical/*.txt anew: review the diff.

Needs LIANQING_BINARY."""
import os
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))

PACK = """\
version: 1
pack: {id: demo}
params:
  surge_red: {value: 6, min: 2, max: 40}
lists:
  hot: [hotline, letter]
events:
  complaint:
    fields:
      channel: {type: code, codes: hot, required: true}
      due: {type: date, required: true}
measures:
  complaints_30d: {count: complaint, where: "channel in hot", over: 30d}
  late_30d: {count: complaint, where: "due < '2026-03-05'", over: 30d}
  share: {value: "late_30d / max(complaints_30d, 1)"}
rules:
  surge:
    title: {zh: 投诉激增, en: Complaint surge}
    owner: desk
    basis: {zh: 办法第三条, en: Article 3}
    yellow: "complaints_30d >= 3 and share >= 0.15"
    red: "complaints_30d >= surge_red"
    from: 2026-03-01
"""

# Name, what stands there, what is written instead, whether it is simply understood.
MISTAKES = [
    ("01_no_blank_after_colon", "    owner: desk", "    owner:desk", False),
    ("02_full_width_colon", "    owner: desk", "    owner：desk", False),
    ("02_full_width_in_expression", '"channel in hot"', '"channel == “hotline”　and　（channel in hot）"', True),
    ("02_full_width_quotes_around", '"complaints_30d >= surge_red"', "“complaints_30d >= surge_red”", False),
    ("03_tab", "    owner: desk", "\towner: desk", False),
    ("04_wrong_indent", "    owner: desk", "   owner: desk", False),
    ("04_wrong_indent_deeper", "    owner: desk", "      owner: desk", False),
    ("05_misspelt_measure", "complaints_30d >= surge_red", "complaint_30d >= surge_red", False),
    ("05_misspelt_measure_zh", "complaints_30d >= surge_red", "complaints_30天 >= surge_red", False),
    ("06_quote_not_closed", '"complaints_30d >= surge_red"', '"complaints_30d >= surge_red', False),
    ("06_quotes_missing_in_condition", "due < '2026-03-05'", "channel == hotline", False),
    ("06_same_quotes_inside", "\"due < '2026-03-05'\"", '"due < "2026-03-05""', False),
    ("07_chinese_comma_in_list", "[hotline, letter]", "[hotline，letter]", False),
    ("07_chinese_enumeration_comma", "[hotline, letter]", "[hotline、letter]", False),
    ("08_greater_or_equal", "complaints_30d >= surge_red", "complaints_30d ≥ surge_red", True),
    ("08_greater_or_equal_full_width", "complaints_30d >= surge_red", "complaints_30d ＞＝ surge_red", True),
    ("08_equal_or_greater", "complaints_30d >= surge_red", "complaints_30d => surge_red", False),
    ("09_percent", "share >= 0.15", "share >= 15%", False),
    ("09_percent_full_width", "share >= 0.15", "share >= 15％", False),
    ("09_percent_in_param", "{value: 6, min: 2, max: 40}", "{value: 15%, min: 2, max: 40}", False),
    ("10_date_as_text", "from: 2026-03-01", "from: 2026年3月1日", False),
    ("10_date_with_slashes", "from: 2026-03-01", "from: 2026/3/1", False),
    ("10_date_in_condition", "'2026-03-05'", "'2026年3月5日'", False),
    ("10_date_without_quotes", "'2026-03-05'", "2026-03-05", False),
]


def check(text, lang):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "pack.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        environment = dict(os.environ, LANG=lang)
        environment.pop("LC_ALL", None)
        done = subprocess.run([BINARY, "check", "pack.yaml"], cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=60)
        return done.returncode, done.stdout + done.stderr


class Typical(unittest.TestCase):
    def test_the_pack_is_right(self):
        self.assertEqual(check(PACK, "C"), (0, "pack.yaml: 0 errors, 0 warnings\n"))

    def test_mistakes(self):
        for name, right, wrong, understood in MISTAKES:
            self.assertEqual(PACK.count(right), 1, name)
            text = PACK.replace(right, wrong)
            for lang, ending in (("en_US.UTF-8", "en"), ("zh_CN.UTF-8", "zh")):
                with self.subTest(name=name, lang=ending):
                    code, found = check(text, lang)
                    self.assertEqual(code, 0 if understood else 1, found)
                    if understood:
                        self.assertNotIn("错误 R" if ending == "zh" else "error R", found)
                        continue
                    path = os.path.join(HERE, "typical", f"{name}.{ending}.txt")
                    if os.environ.get("UPDATE_GOLDEN"):
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        with open(path, "w", encoding="utf-8") as file:
                            file.write(found)
                    with open(path, encoding="utf-8") as file:
                        self.assertEqual(file.read(), found)


if __name__ == "__main__":
    unittest.main()
