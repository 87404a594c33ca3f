#!/usr/bin/python3
"""`lianqing fmt`: the layout of one untidy file; every example, shipped pack and calendar is laid out already; whatever
can be read keeps its content and is laid out for good at the first time.

Needs LIANQING_BINARY."""
import glob
import os
import re
import subprocess
import tempfile
import unittest

import yaml

Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))

UNTIDY = """\
# head\r
version:   1


pack:   {id: p ,title: {zh:  甲, en: "A  b" },calendar: cn}   # end
lists:
    hot: [ a,b ,  "c, d" ]
    more:
    - x      # one
    -   y
params:
      # what it is
      limit: {value: 3,min: 1}
      # after it
measures:
   n:
      count:   complaint
      where:  "a  ==  'x'"   # kept
      over: 30d
   s: {sequence: [a,
          b], within: 30d,
       on: k
       }
rules:
   r:
      title: >-
         many
           words

         here
      because: plain text
         goes on
      except:
       - {unit: u1, reason: x,by: y}
       -   unit: u2
           reason: "two
              lines"

           by: z
      # before yellow
      yellow:
         "n + s >= limit"



# the end
"""

TIDY = """\
# head
version: 1

pack: {id: p, title: {zh: 甲, en: "A  b"}, calendar: cn}   # end

lists:
  hot: [a, b, "c, d"]
  more:
    - x      # one
    - y

params:
  # what it is
  limit: {value: 3, min: 1}
  # after it

measures:
  n:
    count: complaint
    where: "a  ==  'x'"   # kept
    over: 30d
  s: {sequence: [a,
      b], within: 30d,
    on: k
  }

rules:
  r:
    title: >-
       many
         words

       here
    because: plain text
      goes on
    except:
      - {unit: u1, reason: x, by: y}
      - unit: u2
        reason: "two
          lines"

        by: z
    # before yellow
    yellow:
      "n + s >= limit"

# the end
"""


def fmt(*arguments):
    done = subprocess.run([BINARY, "fmt", *arguments, "--lang", "en"], capture_output=True, cwd=ROOT, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def yaml_files(*folders):
    found = []
    for folder in folders:
        for ending in ("yaml", "yml"):
            found += glob.glob(os.path.join(ROOT, folder, "**", "*." + ending), recursive=True)
    return sorted(found)


def rules_hash(pack):
    """What the warnings of a replay say of the rules."""
    with tempfile.TemporaryDirectory() as folder:
        events = os.path.join(folder, "e.jsonl")
        with open(events, "w", encoding="utf-8") as file:
            for i in range(9):
                file.write('{"id":"%d","source":"/t","type":"complaint","time":"2026-03-0%dT10:00:00Z","unit":"u",'
                           '"data":{"a":"x"}}\n' % (i, i + 1))
        done = subprocess.run([BINARY, "replay", "--rules", pack, "--events", events, "--quiet"], capture_output=True,
                              text=True, timeout=60)
        return set(re.findall(r'"rules":"([0-9a-f]+)"', done.stdout)), done.stderr


class Fmt(unittest.TestCase):
    def file(self, folder, text):
        path = os.path.join(folder, "p.yaml")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def read(self, path):
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()

    def test_layout(self):
        with tempfile.TemporaryDirectory() as folder:
            path = self.file(folder, UNTIDY)
            self.assertEqual(fmt(path, "--check"), (1, path + "\n", ""))
            self.assertEqual(fmt(path, "--stdout"), (0, TIDY, ""))
            self.assertEqual(self.read(path), UNTIDY)
            before = rules_hash(path)
            self.assertEqual(len(before[0]), 1, before)
            self.assertEqual(fmt(path), (0, f"laid out {path}\n", ""))
            self.assertEqual(self.read(path), TIDY)
            self.assertEqual(rules_hash(path)[0], before[0])
            self.assertEqual(fmt(path, "--check"), (0, "", ""))
            self.assertEqual(fmt(folder), (0, "", ""))

    def test_what_cannot_be_read_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = self.file(folder, "rules:\n\tr: 1\n")
            code, out, err = fmt(path)
            self.assertEqual((code, out), (1, ""))
            self.assertIn("R009", err)
            self.assertEqual(self.read(path), "rules:\n\tr: 1\n")

    def test_what_is_shipped_is_laid_out(self):
        files = [path for path in yaml_files("examples", "rules", "calendars") if not path.endswith(".map.yaml")]
        self.assertGreater(len(files), 4)
        self.assertEqual(fmt(*files, "--check"), (0, "", ""))

    def test_keeps_what_is_said_and_rests(self):
        read = 0
        for path in yaml_files("tests/golden", "examples", "calendars"):
            code, text, _ = fmt(path, "--stdout")
            if code != 0:
                continue
            with open(path, encoding="utf-8") as file:
                was = file.read()
            try:
                content = yaml.load(was, Loader)
            except yaml.YAMLError:
                continue
            read += 1
            self.assertEqual(yaml.load(text, Loader), content, path)
            comments = [line.strip() for line in was.splitlines() if line.strip().startswith("#")]
            self.assertEqual([line.strip() for line in text.splitlines() if line.strip().startswith("#")], comments)
            with tempfile.TemporaryDirectory() as folder:
                self.assertEqual(fmt(self.file(folder, text), "--stdout"), (0, text, ""), path)
        self.assertGreater(read, 100)


if __name__ == "__main__":
    unittest.main()
