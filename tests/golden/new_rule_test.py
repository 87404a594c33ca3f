#!/usr/bin/python3
"""`lianqing new rule` writes rules that are clean, pass their tests, and whose tests notice every change.

Needs LIANQING_BINARY."""
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
END = ["Title", "Measures, article 3", "oversight-desk"]


def run(*args, stdin=""):
    return subprocess.run([BINARY, *args], input=stdin, capture_output=True, text=True, timeout=300)


class NewRule(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-new-")
        self.pack = os.path.join(self.folder, "ours")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def new(self, *answers, code=0, lang="en"):
        done = run("new", "rule", self.pack, "--lang", lang, stdin="".join(answer + "\n" for answer in answers))
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def text(self, name):
        with open(os.path.join(self.pack, name), encoding="utf-8") as file:
            return file.read()

    def check_pack(self):
        checked = run("check", self.pack, "--lang", "en")
        self.assertIn("0 errors, 0 warnings\n", checked.stdout)
        tested = run("test", self.pack, "--lang", "en")
        self.assertEqual(tested.returncode, 0, tested.stdout)
        self.assertNotIn("not covered", tested.stdout)
        hunted = run("test", self.pack, "--mutants", "--lang", "en")
        self.assertIn("(100 %)", hunted.stdout)

    def test_every_kind(self):
        # An empty answer takes what is offered; the first question is the id of the new pack.
        done = self.new("", "1", "complaint_received", "", "", "6", "surge", *END)
        self.assertEqual([os.path.basename(path) for path in done.stdout.split()], ["pack.yaml", "surge.yaml", "surge.test.yaml"])
        self.new("1", "letters", "2w", "1", "", "letters_any", *END)
        self.new("2", "duty_report", "45", "75", "silence", *END)
        self.new("2", "visit", "1", "", "unvisited", *END)
        self.new("3", "survey", "score", "75.5", "60", "low_score", *END)
        self.new("3", "rating", "value", "0.85", "", "low_rating", *END)
        self.new("1", "投诉", "30d", "3", "6", "投诉激增", "投诉激增", "《办法》第三条", "督查办", lang="zh")
        self.check_pack()
        self.assertIn("id: ours", self.text("pack.yaml"))
        self.assertIn("投诉激增_yellow: {value: 3", self.text("投诉激增.yaml"))

    def test_items(self):
        os.mkdir(self.pack)
        with open(os.path.join(self.pack, "pack.yaml"), "w", encoding="utf-8") as file:
            file.write("""version: 1
pack: {id: ours, calendar: cn}
events:
  assigned: {fields: {no: {type: string, required: true}, due: {type: date, required: true}, severity: {type: int, min: 1, required: true}}}
  closed: {fields: {no: {type: string, required: true}, by: {type: string, required: true}}}
  asked: {fields: {letter: {type: string, required: true}, until: {type: time, required: true}}}
  answered: {fields: {letter: {type: string, required: true}}}
items:
  task: {key: no, open: assigned, close: closed, due: due}
  letter: {key: letter, open: asked, close: answered, due: until}
  stay: {key: letter, open: asked, close: answered}
""")
        done = self.new("4", "", "2 workdays", "task_late", *END)
        self.assertIn("4 an item that is overdue", done.stderr)
        self.assertIn("which item (letter, task)", done.stderr)
        self.new("4", "letter", "3d", "letter_late", *END)
        self.new("4", "letter", "5 workdays", "letter_very_late", *END)
        again = self.new("4", "stay", "task", "2h", "100d", "", "task_overdue", *END)
        self.assertIn("the pack has no such item", again.stderr)
        self.assertEqual(again.stderr.count("write 2 workdays or 3d"), 2)
        tested = run("test", self.pack, "--lang", "en")
        self.assertEqual(tested.returncode, 0, tested.stdout)
        self.assertIn("(100 %)", run("test", self.pack, "--mutants", "--lang", "en").stdout)

    def test_declared_events_are_filled_in(self):
        os.mkdir(self.pack)
        with open(os.path.join(self.pack, "pack.yaml"), "w", encoding="utf-8") as file:
            file.write("""version: 1
pack: {id: ours}
events:
  finding:
    title: {zh: 问题, en: Finding}
    fields:
      id: {type: string, required: true}
      grade: {type: code, codes: [minor, serious], required: true}
      points: {type: int, min: 2, max: 9, required: true}
      on: {type: date, required: true}
      found_at: {type: time, required: true}
      open: {type: bool, required: true}
      place.district: {type: string, required: true}
      score: {type: decimal, min: 0, max: 100, required: true}
      note: {type: string}
""")
        done = self.new("1", "finding", "", "", "6", "findings", *END)
        self.assertIn("finding  Finding", done.stderr)
        self.new("3", "finding", "score", "60", "40", "low_score", *END)
        self.check_pack()

    def test_wrong_answers_are_asked_again(self):
        done = self.new("", "5", "1", "two words", "complaint", "3 months", "30d", "none", "0", "5", "4", "x", "9", "9 lives", "surge", *END)
        self.assertEqual(done.stderr.count("  1 to 3\n"), 1)
        for advice in ("one word, such as", "write 30d or 2w", "a whole number from 1 to 1000", "red lies beyond yellow", "a letter first"):
            self.assertIn(advice, done.stderr)
        self.check_pack()
        again = self.new("1", "complaint", "", "", "", "surge", "other", *END)
        self.assertIn("there is such a rule or file", again.stderr)

    def test_nothing_is_written_unless_all_is_answered(self):
        done = self.new("", "1", "complaint", code=2)
        self.assertIn("nothing is written", done.stderr)
        self.assertFalse(os.path.exists(self.pack))

    def test_nothing_is_written_that_does_not_fit(self):
        self.new("", "1", "complaint", "", "", "", "surge", *END)
        before = sorted(os.listdir(self.pack))
        # A measure of the pack has the name that the new param would have.
        with open(os.path.join(self.pack, "more.yaml"), "w", encoding="utf-8") as file:
            file.write("version: 1\nmeasures: {other_yellow: {count: letter}}\nrules: {letters: {yellow: other_yellow >= 2}}\n")
        self.new("1", "complaint", "", "", "", "other", *END, code=1)
        self.assertEqual(sorted(os.listdir(self.pack)), sorted(before + ["more.yaml"]))

    def test_wrong_calls(self):
        self.assertEqual(run("new").returncode, 2)
        self.assertEqual(run("new", "pack", "x").returncode, 2)
        self.assertEqual(run("new", "rule", os.path.abspath(__file__)).returncode, 2)


if __name__ == "__main__":
    unittest.main()
