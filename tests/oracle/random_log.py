"""Random events for random_pack.py: late, early, repeated, contradicting, tied in time."""
import datetime as dt
import json

import random_corrections

HOUR = 3600
DAY = 24 * HOUR
UNITS = ["u1", "u2", "u3", "单位四"]
CATS = ["a", "b", "c", "调"]


def stamp(rng, seconds, micros=0):
    hours = rng.choice([0, 8, 8, 8, -5])
    d = dt.datetime.fromtimestamp(seconds, dt.timezone(dt.timedelta(hours=hours)))
    text = d.strftime("%Y-%m-%dT%H:%M:%S") + (".%06d" % micros if micros else "")
    return text + ("Z" if hours == 0 and rng.random() < 0.7 else "%s%02d:00" % ("-" if hours < 0 else "+", abs(hours)))


class Log:
    def __init__(self, rng, days, features=()):
        self.rng, self.days, self.features = rng, days, features
        self.begin = int(dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc).timestamp()) + rng.randrange(-40, 90) * DAY
        self.grid = rng.choice([1, 60, HOUR, 6 * HOUR, DAY])
        self.style = rng.choice(["plain", "recorded", "recorded", "mixed"])
        self.late = rng.choice([0, 0.05, 0.2, 0.5])
        self.items = {}
        self.n = 0

    def stamp(self, seconds):
        return stamp(self.rng, seconds)

    @staticmethod
    def day(seconds):
        return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%d")

    def moment(self):
        rng = self.rng
        t = self.begin + rng.randrange(self.days * DAY)
        if rng.random() < 0.7:
            t = t // self.grid * self.grid
        return t

    def due(self, t):
        rng = self.rng
        t += rng.choice([-1, 1, 2, 3, 5, 8, 13]) * DAY
        if rng.random() < 0.4:
            return (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=t)).strftime("%Y-%m-%d")
        return stamp(rng, t // HOUR * HOUR if rng.random() < 0.5 else t)

    def number(self):
        rng = self.rng
        return rng.choice([rng.randrange(0, 10), rng.randrange(0, 100) / 10, -rng.randrange(0, 5),
                           round(rng.uniform(0, 10), 6), 0.1, 2.5])

    def data(self, kind, t):
        rng = self.rng
        if kind == "complaint":
            d = {"sev": rng.randrange(1, 6), "cat": rng.choice(CATS), "amount": self.number()}
        elif kind == "visit":
            d = {"score": rng.randrange(0, 40), "ok": rng.random() < 0.6, "cat": rng.choice(CATS),
                 "place": {"district": rng.choice(["n", "s"])}, "who": rng.choice(["w1", "w2", "w3"])}
        elif kind == "misc":                                 # undeclared: types as they come
            d = {"score": rng.choice([1, 2, "3", 4.5, True, None]), "cat": rng.choice(CATS + [None, ["a"]])}
        elif kind == "complaint_received":
            d = {"complaint_id": "k%d" % rng.randrange(12), "cat": rng.choice(CATS)}
        else:
            d = {"item": "i%d" % rng.randrange(1 + self.days // 3)}
            if kind == "item_open":
                d["cat"], d["big"] = rng.choice(CATS), rng.random() < 0.5
                if rng.random() < 0.9:
                    d["due"] = self.due(t)
            if kind == "item_extend":
                d["granted"], d["new_due"] = rng.random() < 0.7, self.due(t + 4 * DAY)
        for k in list(d):
            if kind in ("complaint", "visit") and k != "sev" and rng.random() < 0.07:
                del d[k]
        return d

    def event(self):
        rng = self.rng
        kind = rng.choice(["complaint"] * 5 + ["visit"] * 5 + ["misc"] + ["item_open"] * 4 + ["item_close"] * 3 + ["item_extend"])
        if "corrections" in self.features and rng.random() < 0.1:
            kind = "complaint_received"
        t = self.moment()
        micros = rng.randrange(1, 10 ** 6) if rng.random() < 0.05 else 0
        clock = t
        if self.style != "plain":
            p = rng.random()
            if p < self.late:
                clock = t + rng.choice([60, 2 * HOUR, 9 * HOUR, DAY, 3 * DAY, 9 * DAY, 20 * DAY])
            elif p < self.late + 0.06:
                clock = t - rng.choice([60, 3 * HOUR, 20 * HOUR, DAY])
            elif p < self.late + 0.07:
                clock = t - 3 * DAY
        self.n += 1
        e = {"id": "e%d" % self.n, "source": rng.choice(["/s1", "/s2"]), "type": kind, "time": stamp(rng, t, micros),
             "unit": rng.choice(UNITS[:2] + UNITS)}
        if clock != t or self.style == "recorded" or (self.style == "mixed" and rng.random() < 0.5):
            e["recordedtime"] = stamp(rng, clock, micros if clock == t else 0)
        if rng.random() < 0.05:
            e["subject"] = e.pop("unit")
        e["data"] = self.data(kind, t)
        return [clock, micros if clock == t else 0, e]

    def lines(self, n):
        rng = self.rng
        rows = sorted((self.event() for _ in range(n)), key=lambda r: r[:2])
        if "corrections" in self.features:
            rows = random_corrections.added(self, rows)
        for i in range(len(rows) - 1):                       # recorded times that step back a little
            if rng.random() < 0.02 and all("recordedtime" in r[2] for r in rows[i:i + 2]):
                rows[i], rows[i + 1] = rows[i + 1], rows[i]
        if "register" in self.features:
            rows = random_corrections.register_changed(self, rows)
        if "calendar" in self.features:
            rows = random_corrections.calendar_changed(self, rows)
        out = []
        for i, (clock, micros, e) in enumerate(rows):
            if i and rng.random() < 0.06:                    # said before: again, or otherwise
                old = json.loads(json.dumps(rng.choice(rows[:i])[2]))
                if old["type"] in ("unit_changed", "calendar_updated"):
                    continue
                if "changes" in old["data"]:
                    old["data"]["reason"] = "other"
                elif rng.random() < 0.4:
                    old["data"]["cat"] = "other"
                else:
                    old["data"] = dict(reversed(old["data"].items()))
                    old["data"] = {k: float(v) if type(v) is int else v for k, v in old["data"].items()}
                if "recordedtime" in e:
                    old["recordedtime"] = e["recordedtime"]
                    out.append(old)
                elif self.style == "plain":
                    out.append(old)
            out.append(e)
            if rng.random() < 0.01 and i + 1 < len(rows):
                bad = dict(e, id=e["id"] + "x", type="complaint", data={"sev": rng.choice([9, "2", None]), "cat": "a"})
                out.append(bad)
        return [json.dumps(e, ensure_ascii=False) for e in out]
