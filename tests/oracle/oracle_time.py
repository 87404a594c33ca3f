"""Instants (int microseconds since 1970 UTC), zones, durations, calendar periods, working days."""
import csv
import datetime as dt
import re
from zoneinfo import ZoneInfo

import yaml

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND
DAY = 24 * HOUR
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
NAIVE_EPOCH = dt.datetime(1970, 1, 1)
ORDINAL_EPOCH = NAIVE_EPOCH.toordinal()
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")
DATE = re.compile(r"\d{4}-\d\d-\d\d$")
PERIODS = ("day", "week", "month", "quarter", "year")
ONE_MICRO = dt.timedelta(microseconds=1)


class PackError(Exception):
    pass


def parse_instant(text):
    """RFC 3339 -> microseconds, or None."""
    if not isinstance(text, str) or not INSTANT.match(text):
        return None
    try:
        d = dt.datetime.fromisoformat(text.upper().replace(" ", "T"))
    except ValueError:
        return None
    delta = d - EPOCH
    return (delta.days * 86400 + delta.seconds) * SECOND + delta.microseconds


def parse_date(text):
    """YYYY-MM-DD -> day ordinal, or None."""
    if not isinstance(text, str) or not DATE.match(text):
        return None
    try:
        return dt.date.fromisoformat(text).toordinal()
    except ValueError:
        return None


def print_instant(t):
    d = EPOCH + dt.timedelta(microseconds=t)
    text = d.strftime("%Y-%m-%dT%H:%M:%S")
    return text + ("Z" if not d.microsecond else ".%06dZ" % d.microsecond)


class Zone:
    def __init__(self, name):
        self.zone = ZoneInfo(name)
        self.offsets = {}
        self.starts = {}

    def local(self, t):
        """Wall clock at t as naive microseconds since the naive epoch."""
        bucket = t // (15 * MINUTE)
        off = self.offsets.get(bucket)
        if off is None:
            delta = (EPOCH + dt.timedelta(microseconds=bucket * 15 * MINUTE)).astimezone(self.zone).utcoffset()
            off = self.offsets[bucket] = delta // ONE_MICRO
        return t + off

    def instant(self, naive, fold=0):
        d = (NAIVE_EPOCH + dt.timedelta(microseconds=naive)).replace(tzinfo=self.zone, fold=fold)
        return naive - d.utcoffset() // ONE_MICRO

    def instants(self, naive):
        """All instants at which the wall clock passes `naive`, and the jump between them when there is one."""
        a, b = self.instant(naive, 0), self.instant(naive, 1)
        if a == b:
            return [a]
        lo, hi = min(a, b), max(a, b)
        left, right = lo, hi                      # find the jump
        while right - left > 1:
            mid = (left + right) // 2
            if self.local(mid) - mid == self.local(lo) - lo:
                left = mid
            else:
                right = mid
        return [right] if a > b else [a, right, b]   # a gap has fold=0 later than fold=1

    def day(self, t):
        """Ordinal of the local day of t."""
        return self.local(t) // DAY + ORDINAL_EPOCH

    def day_start(self, ordinal):
        s = self.starts.get(ordinal)
        if s is None:
            s = self.starts[ordinal] = self.instants((ordinal - ORDINAL_EPOCH) * DAY)[0]
        return s

    def period(self, kind, t):
        """Number of the local period that contains t."""
        o = self.day(t)
        if kind == "day":
            return o
        if kind == "week":
            return (o - 1) // 7
        d = dt.date.fromordinal(o)
        if kind == "month":
            return d.year * 12 + d.month - 1
        if kind == "quarter":
            return d.year * 4 + (d.month - 1) // 3
        return d.year

    def first_day(self, kind, p):
        if kind == "day":
            return p
        if kind == "week":
            return p * 7 + 1
        if kind == "month":
            return dt.date(p // 12, p % 12 + 1, 1).toordinal()
        if kind == "quarter":
            return dt.date(p // 4, p % 4 * 3 + 1, 1).toordinal()
        return dt.date(p, 1, 1).toordinal()

    def start(self, kind, p):
        return self.day_start(self.first_day(kind, p))

    def naive_start(self, kind, p):
        return (self.first_day(kind, p) - ORDINAL_EPOCH) * DAY


class Calendar:
    def __init__(self, path=None):
        self.listed = {}
        self.years = set()
        if path is None:
            return
        if path.endswith(".yaml"):
            self.read_yaml(path)
            return
        with open(path, encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f):
                d = dt.date.fromisoformat(row["date"])
                self.listed[d.toordinal()] = row["is_off_day"].strip().lower() != "true"
                self.years.add(d.year)

    def read_yaml(self, path):
        """As the project ships it: year, then name, then `off` and `work` in days MM-DD or MM-DD..MM-DD."""
        with open(path, encoding="utf-8") as f:
            for year, names in yaml.load(f, Loader=yaml.BaseLoader)["years"].items():
                year = int(year)
                self.years.add(year)
                for days in names.values():
                    for kind, works in (("off", False), ("work", True)):
                        spans = days.get(kind, [])
                        for span in spans if isinstance(spans, list) else [spans]:
                            first, last = (dt.date.fromisoformat("%d-%s" % (year, d)).toordinal()
                                           for d in (span.split("..") * 2)[:2])
                            self.listed.update({o: works for o in range(first, last + 1)})

    def replaced(self, year, off, work):
        """Another calendar, with that year listed so."""
        out = Calendar()
        out.years = self.years | {year}
        out.listed = {o: w for o, w in self.listed.items() if dt.date.fromordinal(o).year != year}
        out.listed.update({o: False for o in off})
        out.listed.update({o: True for o in work})
        return out

    def working(self, ordinal):
        d = dt.date.fromordinal(ordinal)
        if d.year not in self.years:
            raise PackError("no calendar data for the year %d" % d.year)
        return self.listed.get(ordinal, d.weekday() < 5)

    def add(self, ordinal, n):
        """Ordinal of the n-th working day after the day."""
        while n > 0:
            ordinal += 1
            if self.working(ordinal):
                n -= 1
        return ordinal


class Duration:
    """Either microseconds or a number of working days."""
    UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}

    def __init__(self, micros=0, workdays=None):
        self.micros, self.workdays = micros, workdays

    @classmethod
    def parse(cls, text):
        if isinstance(text, int) and text == 0:
            return cls()
        m = re.fullmatch(r"\s*(\d+)\s*(s|m|h|d|w|workdays?)\s*", str(text))
        if not m:
            raise PackError("not a duration: %r" % (text,))
        n = int(m.group(1))
        if m.group(2).startswith("workday"):
            return cls(workdays=n)
        return cls(n * cls.UNITS[m.group(2)])


class Moment:
    """Arithmetic that needs the zone and the calendar."""

    def __init__(self, zone, calendar):
        self.zone, self.calendar = zone, calendar

    def due(self, value):
        """A due as read from an event: (instant, day it counts from) or None."""
        o = parse_date(value)
        if o is not None:
            return self.zone.day_start(o + 1), o
        t = parse_instant(value)
        return None if t is None else (t, self.zone.day(t - 1))   # at an end of day: that day

    def workdays_after(self, ordinal, n):
        if self.calendar is None:
            raise PackError("workdays without a calendar")
        return self.zone.day_start(self.calendar.add(ordinal, n) + 1)

    def after(self, t, duration):
        if duration.workdays is None:
            return t + duration.micros
        return self.workdays_after(self.zone.day(t), duration.workdays)

    def due_plus(self, due, duration):
        if duration.workdays is None:
            return due[0] + duration.micros
        return self.workdays_after(due[1], duration.workdays)

    def near_from(self, due, duration):
        """First instant t at which due <= t + duration."""
        if duration.workdays is None:
            return due[0] - duration.micros
        day = due[1]
        while self.workdays_after(day - 1, duration.workdays) >= due[0]:
            day -= 1
        return self.zone.day_start(day)
