#!/usr/bin/python3
"""random_pack.py SEED FOLDER: a random small pack with random events, such that levels move.

Thresholds are drawn from values the measures really take (probed with the oracle). Conditions are chosen so that
`exit` excludes `enter` and a step down always rests: then judging an instant too many changes nothing, and what is
compared is the meaning, not the choice of judged instants."""
import argparse
import json
import os
import random
import sys
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import oracle_fold                                       # noqa: E402
import random_cross                                      # noqa: E402
import oracle_world                                      # noqa: E402
from oracle import default_calendar                      # noqa: E402
from oracle_log import read_log, read_units              # noqa: E402
from oracle_pack import Pack                             # noqa: E402
from oracle_time import Calendar                         # noqa: E402
from random_log import Log                               # noqa: E402

EVENTS = """events:
  complaint:
    title: {zh: 投诉, en: Complaint}
    fields:
      sev: {type: int, min: 1, max: 5, required: true}
      cat: {type: string}
      amount: {type: number}
  visit:
    fields:
      score: {type: int}
      ok: {type: bool}
      cat: {type: code, codes: [a, b, c, 调]}
      place.district: {type: string}
      who: {type: string}
"""
ITEMS = """items:
  task: {key: item, open: item_open, close: item_close, due: due, extend: {event: item_extend, where: granted, due: new_due}}
  plain: {key: item, open: item_open, close: item_close, due: due}
"""


class Maker:
    def __init__(self, seed, more, features=()):
        self.rng = random.Random(seed)
        self.more, self.features = more, features
        self.zone = self.rng.choice(["Asia/Shanghai"] * 4 + ["Europe/Berlin", "America/New_York"])
        self.params, self.measures, self.texts, self.per = {}, {}, set(), {}
        self.values = {}

    def param(self, value, chance=0.3):
        """The value, or the name of a new param that has it."""
        if self.rng.random() > chance:
            return str(value)
        name = "p%d" % len(self.params) if self.rng.random() < 0.8 else "参数%d" % len(self.params)
        self.params[name] = value
        return name

    # -------------------------------------------------------- measures
    def where(self, kind):
        rng = self.rng
        options = {
            "complaint": ["sev >= 3", "cat == 'a' or cat == 'b'", "cat in hot", "amount > 2.5 && sev != 5",
                          "!(cat in ['a', '调']) and amount <= 5", "sev % 2 == 1", "cat != null and amount / sev >= 0.5",
                          "event.source == '/s1'", "has(amount) ? amount > 1 : sev > 2", "sev >= " + self.param(2, 1)],
            "visit": ["score >= 15", "ok", "!ok", "place.district == 'n'", "who in ['w1', 'w2'] and score < 30",
                      "cat.startsWith('a') or ok == false", "size(who) == 2", "who.matches('^w[12]$')"],
        }
        return rng.choice(options[kind])

    def window(self, never=False):
        rng = self.rng
        p = rng.random()
        if p < 0.15 and not never:
            return ""
        if p < 0.65:
            w = self.param(rng.choice(["6h", "1d", "2d", "5d", "7d", "1w", "14d"]))
            return ", over: " + w + (", offset: " + rng.choice(["1d", "7d", "36h", "2d"]) if rng.random() < 0.3 else "")
        period = rng.choice(["day", "day", "week", "week", "month", "quarter", "year"])
        text = ", over: " + period
        if rng.random() < 0.5:
            text += ", offset: " + rng.choice(["1 " + period, "1", "2 " + period + "s" if period == "day" else "1"])
            if rng.random() < 0.5:
                text += ", to_date: true"
        return text

    def event_measure(self, per):
        rng = self.rng
        source = rng.choice(["complaint", "visit"])
        field = {"complaint": rng.choice(["sev", "amount"]), "visit": "score"}[source]
        any_field = {"complaint": rng.choice(["cat", "sev", "amount"]), "visit": rng.choice(["who", "cat", "place.district", "ok"])}[source]
        kind = rng.choice(["count", "count", "sum", "avg", "min", "max", "first", "last", "distinct", "top", "streak", "age"]
                          + (["median", "quantile", "stddev"] if self.more else []))
        where = ', where: "%s"' % self.where(source) if rng.random() < 0.45 else ""
        key = ", per: " + per if per else ""
        if kind in ("count", "age"):
            of = rng.choice([source] * 4 + ["[complaint, visit]", '"*"']) if not where else source
            return "{%s: %s%s%s%s}" % (kind, of, where, self.window() if kind == "count" else "", key)
        if kind == "streak":
            return '{streak: "%s", of: %s%s%s%s}' % (self.where(source), source, where, self.window(), key)
        if kind in ("first", "last", "distinct", "top"):
            return "{%s: %s, of: %s%s%s%s}" % (kind, any_field, source, where, self.window(), key)
        if kind == "quantile":
            field += ", q: " + rng.choice(["0.9", "0.25", "0.5"])
        of = "[complaint, visit, misc]" if field == "score" and not where and rng.random() < 0.2 else source
        empty = ", empty: 0" if rng.random() < 0.25 and kind != "sum" else ""
        return "{%s: %s, of: %s%s%s%s%s}" % (kind, field, of, where, self.window(), key, empty)

    def item_measure(self, per):
        rng = self.rng
        kind = rng.choice(["open", "overdue", "overdue", "due_within", "closed", "on_time_rate", "extensions"]
                          if "calendar" not in self.features else ["overdue", "overdue", "due_within", "open"])
        item = rng.choice(["task", "task", "plain"])
        if kind == "extensions":
            item = "task"
        text = "{%s: %s" % (kind, item)
        by, within = ["1d", "12h", "1 workdays", "2 workdays", "3 workdays"], ["1d", "36h", "1 workdays", "3 workdays", "5d"]
        if "calendar" in self.features:
            by, within = by[2:], within[2:4]
        if kind == "overdue" and rng.random() < 0.6:
            text += ", by: " + self.param(rng.choice(by))
        if kind == "due_within":
            text += ", in: " + self.param(rng.choice(within))
        if rng.random() < 0.3:
            text += ', where: "%s"' % rng.choice(["big", "cat in hot", "cat != 'b'", "has(due) and !big"])
        if kind in ("closed", "on_time_rate", "extensions"):
            text += self.window()
        return text + (", per: cat" if per == "cat" else "") + "}"

    def make_measures(self):
        rng = self.rng
        keys = [None] * 3 + [rng.choice(["cat", "cat", "cat", "place.district", "who"])]
        for i in range(rng.randrange(9, 15)):
            per = rng.choice(keys)
            name = "m%d" % i if rng.random() < 0.9 else "指标%d" % i
            self.per[name] = per
            if "sequence" in self.features and rng.random() < 0.35:
                self.measures[name] = random_cross.sequence(self, per)
            elif "corrections" in self.features and per is None and rng.random() < 0.2:
                self.measures[name] = random_cross.of_corrections(self)
            elif per in (None, "cat") and rng.random() < (0.7 if "calendar" in self.features else 0.4):
                self.measures[name] = self.item_measure(per)
            else:
                if per in ("place.district", "who"):
                    while True:
                        text = self.event_measure(per)
                        if "visit" in text:
                            break
                else:
                    text = self.event_measure(per)
                self.measures[name] = text

    def make_values(self):
        """Expressions over numeric measures, as value measures."""
        rng = self.rng
        numeric = [n for n in self.measures if self.values.get(n) and n not in self.texts]
        for i in range(5):
            if len(numeric) < 2:
                return
            a, b = rng.choice(numeric), rng.choice(numeric)
            if self.per[a] and self.per[b] and self.per[a] != self.per[b]:
                continue
            text = rng.choice(["{a} + {b}", "{a} / {b}", "({a} - {b}) * 2", "{a} / max({b}, 1)", "round({a} / 3, 2)", "abs({a} - {b})",
                               "min({a}, {b}) - 0.5", "{a} % 3", "{a} == null ? -1 : {a}", "{a} * 100 / (unit.headcount + 1)",
                               "-{a} + 10", "{a} > {b} ? {a} : {b} / 7", "has({a}) and {a} > {b} ? 1 : 0"]).format(a=a, b=b)
            name = "v%d" % i
            self.measures[name] = '{value: "%s"}' % text
            self.per[name] = self.per[a] or (self.per[b] if "{b}" in text or b in text else None)

    # -------------------------------------------------------- rules
    def limit(self, name):
        """A number at or between values the measure takes."""
        seen = [v for v in self.values[name]]
        v = Fraction(self.rng.choice(seen)).limit_denominator(20)
        v += self.rng.choice([0, 0, 0, Fraction(1, 2), -Fraction(1, 4)])
        return v if abs(v) < 10 ** 6 else Fraction(1)

    @staticmethod
    def decimal(v):
        text = "%.6f" % float(v)
        return text.rstrip("0").rstrip(".") if "." in text else text

    def term(self, name):
        """(enter, exit) that exclude each other; exit None = not enter."""
        rng = self.rng
        if name in self.texts:
            v = rng.choice(self.values[name])
            if isinstance(v, bool):
                return rng.choice(["%s == %s", "%s != %s"]) % (name, "true" if v else "false"), None
            return rng.choice(["%s == '%s'", "%s != '%s'", "%s in ['zz', '%s']", "contains(%s, '%s')"]) % (name, v), None
        c = self.limit(name)
        gap = rng.choice([0, 0, Fraction(1, 2), 1, 2])
        if rng.random() < 0.7:
            op, out, low = rng.choice([(">=", "<", c - gap), (">", "<=", c - gap)])
        else:
            op, out, low = rng.choice([("<", ">=", c + gap), ("<=", ">", c + gap)])
        lim = self.decimal(c)
        if rng.random() < 0.3:
            lim = self.param(lim, 1)
        return "%s %s %s" % (name, op, lim), "%s %s %s" % (name, out, self.decimal(low))

    def level(self, names, must_hold):
        rng = self.rng
        both = rng.random() < 0.35
        n = rng.choice([1, 1, 2, 2, 3])
        terms = [self.term(x) for x in (rng.sample(names, min(n, len(names))) if both else rng.choices(names, k=n))]
        enter = (" and " if both else rng.choice([" or ", " || "])).join("(%s)" % t[0] if len(terms) > 1 else t[0] for t in terms)
        outs = [t[1] for t in terms]
        leave = None
        if all(outs) and rng.random() < 0.5:
            leave = (" or " if both else " and ").join("(%s)" % x for x in outs)
        if rng.random() < 0.12:
            n = rng.choice(names)
            enter = "%s != null and (%s)" % (n, enter)
            leave = None
        if rng.random() < 0.08:
            a, b = self.term(rng.choice(names))[0], self.term(rng.choice(names))[0]
            enter, leave = "%s ? %s : !(%s)" % (a, b, enter), None
        spans = ["6h", "12h", "1d", "2d", "5d"] + (["1 workdays", "3 workdays"] * 2 if "calendar" in self.features else [])
        wait = self.param(rng.choice(spans)) if rng.random() < 0.3 else None
        hold = self.param(rng.choice(spans)) if must_hold or rng.random() < 0.4 else None
        if not (leave or wait or hold) and rng.random() < 0.8:
            return json.dumps(enter, ensure_ascii=False)
        parts = ["enter: " + json.dumps(enter, ensure_ascii=False)]
        for k, v in (("exit", leave and json.dumps(leave, ensure_ascii=False)), ("for", wait), ("hold", hold)):
            if v:
                parts.append("%s: %s" % (k, v))
        return "{%s}" % ", ".join(parts)

    def rule(self, i, must=None):
        rng = self.rng
        usable = [n for n in self.measures if self.values.get(n)]
        key = rng.choice([None] + [self.per[n] for n in usable])
        names = [n for n in usable if self.per[n] in (None, key)]
        names = rng.sample(names, min(len(names), rng.randrange(1, 5))) if names else []
        if must:
            names = rng.choice([[must], [must], [must] + names])
        if not names:
            return ""
        down = rng.random() < 0.25
        lines = ["  r%d:" % i, "    title: {zh: 规则%d, en: Rule %d}" % (i, i)]
        if self.features and rng.random() < 0.5:
            lines.append("    group: " + rng.choice(["g1", "g2"]))
        if rng.random() < 0.3:
            lines.append("    needs: " + json.dumps(self.term(rng.choice(names))[0], ensure_ascii=False))
        which = rng.choice([("yellow", "red")] * 4 + [("yellow",), ("red",)])
        for color in which:
            text = self.level(names, down and color == "yellow")
            if down and color == "red":
                text = text[:-1] + ", step_down: true}" if text.startswith("{") else "{enter: %s, step_down: true}" % text
            lines.append("    %s: %s" % (color, text))
        if rng.random() < 0.4:
            n = rng.choice([x for x in usable if self.per[x] in (None, key)])
            lines.append('    because: {zh: "值{%s}", en: "value {%s%s}"}' % (n, n, "" if n in self.texts else "|2"))
        p = rng.random()
        if p < 0.06:
            lines.append("    status: " + rng.choice(["draft", "shadow", "retired"]))
        elif p < 0.16:
            lines.append("    from: %s" % self.day(0.3))
            lines.append("    to: %s" % self.day(0.7))
        elif p < 0.22:
            lines.append("    except: [{unit: u1, reason: trial, by: desk, until: %s}]" % self.day(0.5))
        return "\n".join(lines)

    def day(self, share):
        import datetime as dt
        t = self.log.begin + self.log.days * 86400 * share
        return dt.datetime.fromtimestamp(t, dt.timezone.utc).strftime("%Y-%m-%d")

    # -------------------------------------------------------- text
    def pack_text(self, rules):
        out = ["version: 1",
               "pack: {id: random, title: {zh: 随机, en: Random}, timezone: %s, calendar: cn}" % self.zone,
               "lists:", "  hot: [a, 调]"]
        if self.params:
            out.append("params:")
            out += ["  %s: {value: %s, title: {zh: 参数, en: Param}}" % kv for kv in self.params.items()]
        out += [EVENTS + ITEMS + "measures:"]
        out += ["  %s: %s" % kv for kv in self.measures.items()]
        return "\n".join(out + ["rules:"] + rules) + "\n"

    def probe(self, folder):
        """Runs a rule per measure that never fires and keeps the values seen."""
        rules = ["  probe_%d: {title: {zh: 试, en: Probe}, because: \"{%s}\", needs: \"true\", yellow: \"false\"}" % (i, n)
                 for i, n in enumerate(self.measures)]
        with open(os.path.join(folder, "pack.yaml"), "w", encoding="utf-8") as f:
            f.write(self.pack_text(rules))
        pack = Pack(folder, Calendar(default_calendar()))
        records, _ = read_log([os.path.join(folder, "events.jsonl")], pack)
        seen = {}

        class Probe(oracle_fold.Unit):
            def decide(self, inst, t, touch, env):
                for n in inst.rule.reads:
                    if env[n] is not None:
                        seen.setdefault(n, []).append(env[n])

        old, oracle_fold.Unit = oracle_fold.Unit, Probe
        try:
            oracle_world.replay(pack, records, read_units(os.path.join(folder, "units.csv")))
        finally:
            oracle_fold.Unit = old
        self.values = seen
        self.texts = {n for n, v in seen.items() if any(isinstance(x, (str, bool)) for x in v)}
        for n in list(self.values):
            v = self.values[n]
            if n in self.texts and len({type(x) for x in v}) > 1:
                del self.values[n]

    def make(self, folder, events, days):
        os.makedirs(folder, exist_ok=True)
        self.log = Log(self.rng, days, self.features)
        with open(os.path.join(folder, "events.jsonl"), "w", encoding="utf-8") as f:
            f.write("\n".join(self.log.lines(events)) + "\n")
        with open(os.path.join(folder, "units.csv"), "w", encoding="utf-8") as f:
            f.write(random_cross.REGISTER if {"peers", "units"} & set(self.features) else
                    "id,name,parent,headcount\nu1,First,,12\nu2,Second,u1,30\nu9,Silent,u1,4\n")
        self.make_measures()
        self.probe(folder)
        self.make_values()
        if {"peers", "units"} & set(self.features):
            random_cross.across(self)
        self.probe(folder)
        rules = [r for r in (self.rule(i) for i in range(self.rng.randrange(4, 9))) if r]
        if {"units", "warnings"} & set(self.features):
            rules += random_cross.over_levels(self, rules)
        with open(os.path.join(folder, "pack.yaml"), "w", encoding="utf-8") as f:
            f.write(self.pack_text(rules))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("seed", type=int)
    p.add_argument("folder")
    p.add_argument("--events", type=int, default=0, help="0: a random number")
    p.add_argument("--days", type=int, default=0)
    p.add_argument("--more", action="store_true", help="also median, quantile, stddev")
    p.add_argument("--features", default="", help="some of %s, by commas; a pack takes a few of them" % ",".join(random_cross.FEATURES))
    args = p.parse_args()
    rng = random.Random(-args.seed)
    if os.path.isdir(args.folder) and os.listdir(args.folder) and not os.path.exists(os.path.join(args.folder, "pack.yaml")):
        sys.exit("%s is not a folder of mine" % args.folder)
    known = [f for f in args.features.split(",") if f]
    if not set(known) <= set(random_cross.FEATURES):
        sys.exit("--features: one of %s" % ", ".join(random_cross.FEATURES))
    Maker(args.seed, args.more, random_cross.some(rng, known)).make(args.folder, args.events or rng.choice([60, 150, 300, 600]),
                                     args.days or rng.choice([20, 45, 90]))


if __name__ == "__main__":
    main()
