#!/usr/bin/python3
"""Plays a story of this folder and tells it as a chronicle: what was recorded, which warnings rose and fell, what became of them.

    python3 examples/scenarios/story.py joint-inspection --lang zh

A story is a folder with pack.yaml and story.yaml. In its events "{warning RULE}" or "{warning RULE KEY}" stands for the id of the unit's newest
warning of that rule, as the staff who answer it would copy it from the screen. Needs lianqing: LIANQING_BINARY, or build/release, or build/dev.
"""
import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ZONE = datetime.timezone(datetime.timedelta(hours=8))
SLOT = re.compile(r"\{warning (\w+)(?: ([^}]+))?\}")
WORDS = {
    "zh": {"table": "| 时间 | 发生了什么 |", "event": "记录", "warning": "规则", "step": "流程", "colour": "单位颜色", "made": "由 `story.py` 写成，不要手改。",
           "units": "单位", "rules": "规则包", "levels": {"green": "绿", "yellow": "黄", "red": "红"}, "ended": {"cleared": "解除", "revoked": "撤销"}},
    "en": {"table": "| time | what happened |", "event": "record", "warning": "rule", "step": "case", "colour": "unit's colour", "made": "Written by `story.py`; not to be changed by hand.",
           "units": "Units", "rules": "Packs", "levels": {"green": "green", "yellow": "yellow", "red": "red"}, "ended": {"cleared": "cleared", "revoked": "revoked"}},
}
SYMBOL = {"green": "●", "yellow": "◆", "red": "▲"}


class Loader(yaml.SafeLoader):
    """Dates stay the text they are."""


Loader.yaml_implicit_resolvers = {first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
                                  for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def binary():
    known = [os.environ.get("LIANQING_BINARY", "")] + [os.path.join(ROOT, "build", kind, "lianqing") for kind in ("release", "dev")]
    for path in known:
        if path and os.path.exists(path):
            return path
    sys.exit("lianqing is not built: see README.md, or set LIANQING_BINARY")


def instant(text):
    return datetime.datetime.fromisoformat(str(text)).replace(tzinfo=ZONE)


def read_story(name):
    with open(os.path.join(HERE, name, "story.yaml"), encoding="utf-8") as file:
        return yaml.load(file, Loader)


def as_record(number, event):
    at = instant(event["at"])
    record = {"id": event.get("id", "e%d" % number), "source": "/" + event.get("from", "desk"), "type": event["type"], "time": at.isoformat(),
              "recordedtime": instant(event.get("recorded", event["at"])).isoformat(), "unit": event["unit"], "data": event.get("data", {})}
    return record


def play(name, story, records, until):
    """Warnings, steps and changes of colour of these records."""
    with tempfile.TemporaryDirectory() as folder:
        def path(file):
            return os.path.join(folder, file)
        with open(path("events.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        with open(path("units.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(story["units"], file, allow_unicode=True)
        done = subprocess.run([binary(), "replay", "--rules", os.path.join(HERE, name, "pack.yaml"), "--events", path("events.jsonl"), "--units", path("units.yaml"),
                               "--until", until.isoformat(), "--out", path("warnings"), "--cases", path("steps"), "--colours", path("colours"),
                               "--quarantine", path("quarantine"), "--quiet"], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        out = {}
        for kind in ("warnings", "steps", "colours", "quarantine"):
            with open(path(kind), encoding="utf-8") as file:
                out[kind] = [json.loads(line) for line in file]
    if out["quarantine"]:
        sys.exit("quarantined: " + json.dumps(out["quarantine"], ensure_ascii=False))
    return out


def warning_id(name, story, records, record, match):
    """The case of the unit's newest warning of the rule named, as it stands just before the record."""
    steps = play(name, story, records, datetime.datetime.fromisoformat(record["recordedtime"]))["steps"]
    for step in reversed(steps):
        if step["rule"] == match[1] and step["unit"] == record["unit"] and (match[2] is None or step["key"] == match[2]):
            return step["case"]
    sys.exit("%s: no warning of %s at %s" % (record["id"], match[1], record["time"]))


def resolve(name, story):
    records = []
    for number, event in enumerate(story["events"], 1):
        record = as_record(number, event)
        text = json.dumps(record["data"], ensure_ascii=False)
        text = SLOT.sub(lambda match: warning_id(name, story, records, record, match), text)
        record["data"] = json.loads(text)
        records.append(record)
    return records


def chronicle(story, records, told, lang):
    words = WORDS[lang]
    units = {unit["id"]: unit["name"][lang] for unit in story["units"]}
    lines = []  # (instant, order, text)
    for event, record in zip(story["events"], records):
        lines.append((datetime.datetime.fromisoformat(record["recordedtime"]), 0, "%s · `%s`：%s" % (units[record["unit"]], record["type"], event["note"][lang])))
    for w in told["warnings"]:
        level = SYMBOL[w["to"]] + words["levels"][w["to"]]
        if w.get("ended"):
            level += "（%s）" % words["ended"][w["ended"]]
        rule = "%s `%s%s`" % (w["title"][lang], w["rule"], "[%s]" % w["key"] if w["key"] else "")
        lines.append((instant_of(w["time"]), 1, "**%s** · %s → **%s**：%s" % (units[w["unit"]], rule, level, w["because"][lang])))
    titles = {w["rule"]: w["title"][lang] for w in told["warnings"]}
    cases = {s["case"]: "“%s”" % titles[s["rule"]] for s in told["steps"] if s["rule"] in titles}
    for s in told["steps"]:
        about = " · ".join(filter(None, (units.get(s["unit"]), titles.get(s["rule"]))))
        # The ids of cases follow from every letter of the packs; titles say more.
        text = re.sub(r" ?(w-[0-9a-f]{32})", lambda match: cases.get(match[1], match[0]), s["text"][lang])
        lines.append((instant_of(s["time"]), 2, "↳ %s：%s" % (about, text)))
    for c in told["colours"]:
        lines.append((instant_of(c["time"]), 3, "▸ **%s**：%s" % (units[c["unit"]], c["text"][lang])))
    lines.sort(key=lambda line: line[:2])
    out = ["# " + story["title"][lang], words["made"], "", story["about"][lang].strip(), "", words["table"], "|---|---|"]
    before = None
    for at, _, text in lines:
        stamp = at.astimezone(ZONE).strftime("%m-%d %H:%M")
        out.append("| %s | %s |" % (stamp if stamp != before else "", text.replace("|", "\\|")))
        before = stamp
    out += [""]
    text = "\n".join(out)
    if lang == "en":
        text = text.replace("：", ": ").replace("（", " (").replace("）", ")")
    return text


def instant_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def perform(name):
    """The story, its records with the ids filled in, and all that came of them."""
    story = read_story(name)
    records = resolve(name, story)
    return story, records, play(name, story, records, instant(story["until"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("story", help="folder beside this script")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    options = parser.parse_args()
    sys.stdout.write(chronicle(*perform(options.story), options.lang))


if __name__ == "__main__":
    main()
