#!/usr/bin/python3
"""Makes the events and the unit register of this example: two invented years of an invented city.

    ./generate.py [FOLDER]      writes events.jsonl.gz and units.csv into FOLDER (default: beside this script)

The lines are the same to the byte on every machine: an integer random generator with a fixed seed, no floating
point, no clock, and no time stamp in the compressed file (whose packing may differ between versions of zlib).
Nothing here is about a real place, office or person.
"""
import gzip
import io
import json
import os
import sys
from datetime import date, datetime, timedelta

SEED = 20240101
FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
END = datetime(2026, 1, 1)              # nothing is recorded at or after this local instant


class Dice:
    """xorshift64*: integers only."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 1) & 0xFFFFFFFFFFFFFFFF

    def next(self):
        x = self.state
        x ^= x >> 12
        x = (x ^ (x << 25)) & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 27
        self.state = x
        return ((x * 0x2545F4914F6CDD1D) & 0xFFFFFFFFFFFFFFFF) >> 32

    def below(self, n):
        return self.next() % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def chance(self, per_mille):
        return self.below(1000) < per_mille

    def pick(self, weighted):
        """weighted: [(value, weight), ...]"""
        n = self.below(sum(w for _, w in weighted))
        for value, weight in weighted:
            if n < weight:
                return value
            n -= weight
        raise AssertionError


# ---------------------------------------------------------------- the working calendar of both years
OFF = ("0101 0210-0217 0404-0406 0501-0505 0610 0915-0917 1001-1007", "0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008")
MAKE_UP = ("0204 0218 0407 0428 0511 0914 0929 1012", "0126 0208 0427 0928 1011")


def days_of(year, text):
    for part in text.split():
        a, _, b = part.partition("-")
        day, last = (date(year, int(x[:2]), int(x[2:])) for x in (a, b or a))
        while day <= last:
            yield day
            day += timedelta(1)


HOLIDAYS = {d for i in (0, 1) for d in days_of(2024 + i, OFF[i])}
MAKE_UPS = {d for i in (0, 1) for d in days_of(2024 + i, MAKE_UP[i])}


def is_working(day):
    return day in MAKE_UPS or (day.weekday() < 5 and day not in HOLIDAYS)


def working_on_or_after(day):
    while not is_working(day):
        day += timedelta(1)
    return day


def plus_workdays(day, n):
    for _ in range(n):
        day = working_on_or_after(day + timedelta(1))
    return day


# ---------------------------------------------------------------- the units: all invented
CITY, BUREAU, DESK, DISTRICT, TOWN = "city", "city_bureau", "service_desk", "district", "district_office"
UNITS = [
    ("wl", "望澜市", "Wanglan City", "", CITY, 0),
    ("wl-development", "市发展改革局", "Development and Reform Bureau", "wl", BUREAU, 96),
    ("wl-industry", "市经济信息局", "Industry and Information Bureau", "wl", BUREAU, 88),
    ("wl-education", "市教育局", "Education Bureau", "wl", BUREAU, 104),
    ("wl-civil", "市民政局", "Civil Affairs Bureau", "wl", BUREAU, 62),
    ("wl-finance", "市财政局", "Finance Bureau", "wl", BUREAU, 120),
    ("wl-labour", "市人力社保局", "Labour and Social Security Bureau", "wl", BUREAU, 110),
    ("wl-land", "市自然资源局", "Natural Resources Bureau", "wl", BUREAU, 132),
    ("wl-ecology", "市生态环境局", "Ecology and Environment Bureau", "wl", BUREAU, 90),
    ("wl-housing", "市住房建设局", "Housing and Construction Bureau", "wl", BUREAU, 118),
    ("wl-transport", "市交通运输局", "Transport Bureau", "wl", BUREAU, 125),
    ("wl-water", "市水利局", "Water Resources Bureau", "wl", BUREAU, 74),
    ("wl-farming", "市农业农村局", "Agriculture and Rural Affairs Bureau", "wl", BUREAU, 92),
    ("wl-commerce", "市商务局", "Commerce Bureau", "wl", BUREAU, 70),
    ("wl-health", "市卫生健康局", "Health Bureau", "wl", BUREAU, 101),
    ("wl-market", "市市场监管局", "Market Supervision Bureau", "wl", BUREAU, 140),
    ("wl-enforcement", "市综合执法局", "Urban Enforcement Bureau", "wl", BUREAU, 115),
    ("wl-archives", "市档案馆", "City Archives", "wl", BUREAU, 38),
    ("wl-hall", "市政务服务中心", "City Service Hall", "wl", BUREAU, 85),
    ("wl-hall-property", "不动产登记窗口", "Property Registration Desk", "wl-hall", DESK, 24),
    ("wl-hall-company", "企业开办窗口", "Company Set-up Desk", "wl-hall", DESK, 16),
    ("wl-hall-insurance", "社保窗口", "Social Insurance Desk", "wl-hall", DESK, 22),
    ("wl-hall-permits", "工程审批窗口", "Construction Permits Desk", "wl-hall", DESK, 18),
    ("dp", "东浦区", "Dongpu District", "wl", DISTRICT, 0),
    ("dp-hall", "东浦区政务服务中心", "Dongpu Service Hall", "dp", TOWN, 46),
    ("dp-market", "东浦区市场监管分局", "Dongpu Market Supervision", "dp", TOWN, 58),
    ("dp-enforcement", "东浦区综合执法大队", "Dongpu Enforcement Brigade", "dp", TOWN, 64),
    ("dp-housing", "东浦区住建分局", "Dongpu Housing Office", "dp", TOWN, 40),
    ("dp-education", "东浦区教育分局", "Dongpu Education Office", "dp", TOWN, 44),
    ("xl", "西岭区", "Xiling District", "wl", DISTRICT, 0),
    ("xl-hall", "西岭区政务服务中心", "Xiling Service Hall", "xl", TOWN, 42),
    ("xl-market", "西岭区市场监管分局", "Xiling Market Supervision", "xl", TOWN, 52),
    ("xl-enforcement", "西岭区综合执法大队", "Xiling Enforcement Brigade", "xl", TOWN, 60),
    ("xl-housing", "西岭区住建分局", "Xiling Housing Office", "xl", TOWN, 36),
    ("xl-health", "西岭区卫健分局", "Xiling Health Office", "xl", TOWN, 39),
    ("nz", "南洲县", "Nanzhou County", "wl", DISTRICT, 0),
    ("nz-hall", "南洲县政务服务中心", "Nanzhou Service Hall", "nz", TOWN, 34),
    ("nz-market", "南洲县市场监管分局", "Nanzhou Market Supervision", "nz", TOWN, 41),
    ("nz-enforcement", "南洲县综合执法大队", "Nanzhou Enforcement Brigade", "nz", TOWN, 48),
    ("nz-housing", "南洲县住建分局", "Nanzhou Housing Office", "nz", TOWN, 30),
    ("nz-water", "南洲县水利站", "Nanzhou Water Station", "nz", TOWN, 20),
]
WORKING = [u for u in UNITS if u[4] not in (CITY, DISTRICT)]        # those with a counter, a door and a telephone

CATEGORIES = [("slow_action", 24), ("buck_passing", 16), ("cold_attitude", 16), ("hard_to_process", 12), ("lazy_lax", 8),
              ("hard_to_access", 8), ("inaction", 6), ("document_meeting_overload", 4), ("arbitrary_action", 3),
              ("illegal_fee", 2), ("extravagance", 1)]
CHANNELS = [("hotline_12345", 52), ("web", 18), ("letter", 8), ("visit", 8), ("petition", 6), ("biz_env_center", 8)]
COMPLAINTS_A_YEAR = {BUREAU: 15, DESK: 34, TOWN: 24}
TROUBLE = {"wl-enforcement": 150, "dp-enforcement": 160, "xl-enforcement": 130, "wl-land": 140, "wl-hall-permits": 125,
           "nz-market": 120, "wl-archives": 0, "wl-civil": 50, "wl-water": 60, "wl-finance": 50}          # percent

dice = Dice(SEED)
rows = []           # (recorded, order of creation, event)
numbers = {}


def number(prefix, width=5):
    numbers[prefix] = numbers.get(prefix, 0) + 1
    return "%s-%0*d" % (prefix, width, numbers[prefix])


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S+08:00")


def event(source, prefix, kind, unit, at, recorded, data, identity=None):
    """Adds one event; gives its JSON object, or None if the register would learn of it after the end."""
    e = {"specversion": "1.0", "id": identity or number(prefix), "source": source, "type": kind, "time": stamp(at),
         "unit": unit, "recordedtime": stamp(recorded), "data": data}
    if recorded >= END:
        return None
    rows.append((recorded, len(rows), e))
    return e


def office_hour(day):
    """An instant within working hours: most between nine and eleven and from two to four."""
    hour = dice.pick([(8, 2), (9, 6), (10, 7), (11, 4), (13, 2), (14, 6), (15, 7), (16, 5), (17, 2)])
    return datetime(day.year, day.month, day.day, hour, dice.below(60), dice.below(60))


def any_hour(day):
    """Citizens also ring at noon and in the evening."""
    if dice.chance(720):
        return office_hour(day)
    return datetime(day.year, day.month, day.day, dice.pick([(7, 2), (12, 5), (18, 5), (19, 5), (20, 4), (21, 2), (22, 1)]),
                    dice.below(60), dice.below(60))


def minutes(low, high):
    return timedelta(minutes=dice.between(low, high), seconds=dice.below(60))


def next_office(at, low, high):
    """Written into a register on a later working day."""
    day = plus_workdays(at.date(), dice.between(low, high))
    return max(office_hour(day), at + minutes(5, 30))


def night_run(at):
    """Registers that send once a day, at half past eleven at night."""
    run = datetime(at.year, at.month, at.day, 23, 30)
    return run if run > at else run + timedelta(1)


# ---------------------------------------------------------------- complaints
def recorded_complaint(channel, at):
    if channel in ("hotline_12345", "web"):
        return at + minutes(1, 25)
    if channel == "biz_env_center":
        return at + minutes(20, 240)
    return next_office(at, 0 if channel == "visit" else 1, 1 if channel == "visit" else 3)


def complaint(unit, day, category=None, token=None, verdict=None, days_used=None, satisfied=None):
    channel = dice.pick(CHANNELS)
    category = category or dice.pick(CATEGORIES)
    at = any_hour(day)
    recorded = recorded_complaint(channel, at)
    name = number("cp")
    e = event("/hotline/12345" if channel == "hotline_12345" else "/complaints/" + channel, "c", "complaint_received", unit, at,
              recorded, {"complaint_id": name, "channel": channel, "category": category,
                         "reporter_token": token or "t-%04x" % dice.below(65536), "named": dice.chance(430),
                         "business_related": channel == "biz_env_center" or dice.chance(180)})
    if e is None:
        return
    used = days_used or dice.pick([(2, 8), (4, 20), (6, 25), (8, 20), (10, 14), (13, 8), (17, 3), (24, 2)])
    done = office_hour(plus_workdays(recorded.date(), used))
    if satisfied is None:
        satisfied = dice.chance(880 if used <= 10 else 600)
    event("/complaints/desk", "f", "complaint_closed", unit, done, night_run(done),
          {"complaint_id": name, "days_used": used, "resolved": satisfied or dice.chance(400), "satisfied": satisfied,
           "contacted": dice.chance(960)})
    if verdict is None and dice.chance(420):
        verdict = dice.pick([("unfounded", 46), ("partly", 24), ("substantiated", 20), ("mistaken", 10)])
    if verdict:
        ruled = office_hour(plus_workdays(done.date(), dice.between(1, 6)))
        event("/complaints/desk", "v", "complaint_verdict", unit, ruled, night_run(ruled),
              {"complaint_id": name, "category": category, "verdict": verdict, "decided_by": "complaints-desk"})
        if verdict == "substantiated" and dice.chance(700):
            rectify(unit, category, plus_workdays(ruled.date(), dice.between(1, 4)), "complaint")


def everyday_complaints():
    for unit, _, _, _, group, _ in WORKING:
        a_year = COMPLAINTS_A_YEAR[group] * TROUBLE.get(unit, 100) // 100
        day = FIRST
        while day <= LAST:
            share = 1220 if is_working(day) else 420        # per mille of the even share
            if dice.below(365 * 1000) < a_year * share:
                complaint(unit, day)
            day += timedelta(1)


# ---------------------------------------------------------------- rectification: one item from assignment to closing
def rectify(unit, category, day, origin, limit=None, close=None, extensions=(), relapse=None, severity="general"):
    """close: day of closing, None = as life goes; extensions: [(day of decision, new due day), ...]"""
    item = number("r-%d" % day.year, 4)
    day = working_on_or_after(day)
    limit = limit or dice.pick([(20, 2), (30, 5), (45, 4), (60, 2)])
    due = day + timedelta(limit)
    at = office_hour(day)
    source = "/ledger/rectification"
    event(source, "i", "item_assigned", unit, at, at + minutes(3, 90),
          {"item_id": item, "lead_unit": unit, "category": category, "origin": origin, "severity": severity,
           "due_date": due.isoformat(), "limit": limit, "limit_unit": "day"})
    took = office_hour(plus_workdays(day, dice.pick([(1, 6), (2, 3), (3, 1)])))
    event(source, "i", "item_accepted", unit, took, took + minutes(2, 40), {"item_id": item})
    if close is None:
        mood = dice.below(1000)
        if mood < 690:          # well in time
            close = day + timedelta(limit * dice.between(35, 80) // 100)
        elif mood < 860:        # in the last days
            close = due - timedelta(dice.between(0, 4))
        elif mood < 930:        # an extension, asked for in time
            close = due + timedelta(dice.between(4, 12))
            if not extensions:
                extensions = [(due - timedelta(dice.between(3, 8)), due + timedelta(15))]
        else:                   # late
            close = due + timedelta(dice.between(2, 14))
    for decided, new_due in extensions:
        asked = office_hour(working_on_or_after(decided - timedelta(3)))
        event(source, "x", "extension_requested", unit, asked, asked + minutes(5, 60),
              {"item_id": item, "new_due_date": new_due.isoformat(), "reason": "more_time_needed"})
        ruled = office_hour(working_on_or_after(decided))
        event(source, "x", "extension_decided", unit, ruled, ruled + minutes(5, 120),
              {"item_id": item, "approved": True, "decided_by": "oversight-desk", "new_due_date": new_due.isoformat()})
    closing = office_hour(working_on_or_after(close))
    if closing <= took:
        closing = took + timedelta(days=1)
    handed = max(closing - timedelta(days=dice.between(1, 3)), took + timedelta(minutes=30))
    event(source, "i", "rectification_submitted", unit, handed, handed + minutes(3, 60), {"item_id": item, "evidence_count": dice.between(1, 6)})
    checked = closing - minutes(20, 25)
    event(source, "i", "rectification_reviewed", unit, checked, checked + minutes(3, 15),
          {"item_id": item, "result": "accepted", "stage": "acceptance"})
    closed = event(source, "i", "item_closed", unit, closing, closing + minutes(5, 180), {"item_id": item, "closed_by": "oversight-desk"})
    if closed and (relapse is not None or dice.chance(350)):
        look = office_hour(plus_workdays(closing.date(), dice.between(18, 34)))
        again = relapse if relapse is not None else dice.chance(45)
        event("/inspection/look-back", "k", "follow_up_check", unit, look, next_office(look, 0, 2),
              {"item_id": item, "result": "relapsed" if again else "held"})


# ---------------------------------------------------------------- inspections
def inspection(unit, day, kind, round_no, found, recorded=None, told=True):
    """found: [(category, severity), ...]; the round is reported with the number of its findings."""
    at = office_hour(day)
    source = {"joint_check": "/inspection/joint", "patrol": "/inspection/patrol", "ducha": "/inspection/ducha"}[kind]
    written = recorded or next_office(at, 1, 3)
    if told:
        event(source, "n", "inspection_round", unit, at, written,
              {"round_no": round_no, "source_kind": kind, "planner": "joint-check-office", "findings": len(found)})
    for category, severity in found:
        seen = at + minutes(10, 100)
        finding = event(source, "n", "inspection_finding", unit, seen, max(written + minutes(1, 20), seen),
                        {"item_id": number("fd"), "round_no": round_no, "source_kind": kind, "category": category,
                         "severity": severity})
        if finding and severity != "minor":
            rectify(unit, category, plus_workdays(max(written, seen).date(), dice.between(1, 3)), "finding", severity=severity)


SEVERITIES = [("minor", 46), ("general", 44), ("serious", 9), ("critical", 1)]
STORY_INSPECTED = {"wl-transport", "wl-archives", "xl-market"}


def everyday_inspections():
    for year in (2024, 2025):
        for quarter in (1, 2, 3, 4):
            for unit, _, _, _, group, _ in WORKING:
                day = working_on_or_after(date(year, quarter * 3 - 2, 8) + timedelta(dice.below(70)))
                odds = 330 * TROUBLE.get(unit, 100) // 100
                found = []
                if unit not in STORY_INSPECTED:
                    for _ in range(3):
                        if dice.chance(odds):
                            found.append((dice.pick(CATEGORIES), dice.pick(SEVERITIES)))
                            odds = odds * 2 // 3
                        else:
                            break
                inspection(unit, day, "joint_check", "%d-Q%d" % (year, quarter), found)
                if group != BUREAU and dice.chance(300):
                    day = working_on_or_after(day + timedelta(dice.between(12, 40)))
                    if day <= LAST:
                        inspection(unit, day, "ducha", "%d-D%d" % (year, quarter),
                                   [(dice.pick(CATEGORIES), "minor")] if dice.chance(250) and unit not in STORY_INSPECTED else [])


# ---------------------------------------------------------------- reviews, duties, talks
SCORES_EDUCATION = [863, 858, 770, 712, 579, 684, 792, 845]


def surveys():
    base = {u[0]: dice.between(790, 910) for u in WORKING}
    base["wl-archives"], base["wl-land"], base["nz-enforcement"] = 930, 775, 768
    for i in range(8):
        year, quarter = 2024 + i // 4, i % 4 + 1
        asked = working_on_or_after(date(year, quarter * 3 - 1, 12))
        published = datetime(asked.year, asked.month, asked.day, 10, 0) + timedelta(days=dice.between(10, 16))   # all at one instant
        for unit, _, _, _, group, _ in WORKING:
            score = min(985, base[unit] + dice.between(-22, 22) + dice.between(-18, 18))
            sample = dice.between(160, 2900) if group != TOWN else dice.between(24, 420)
            if unit == "wl-education":
                score = SCORES_EDUCATION[i]
            elif unit == "wl-archives":
                score, sample = 930 + dice.below(30), dice.between(300, 900)
            at = office_hour(asked)
            event("/survey/review", "s", "survey_result", unit, at, published,
                  {"round_no": "%d-Q%d" % (year, quarter), "metric": "satisfaction", "score": Tenths(score), "sample_size": sample,
                   "respondent_group": "enterprises_and_citizens"})


class Tenths:
    """A score with one decimal, never a float."""

    def __init__(self, n):
        self.n = n

    def text(self):
        return "%d.%d" % (self.n // 10, self.n % 10) if self.n % 10 else str(self.n // 10)


SILENT = ("nz-water", "2025-02", "2025-08")         # the months for which no report came


def duty_reports():
    for unit, _, _, _, _, _ in WORKING:
        for i in range(23):
            year, month = 2023 + (i + 12) // 12, i % 12 + 1
            period = "%d-%02d" % (year, month)
            after = date(year + month // 12, month % 12 + 1, 1)
            nth = dice.pick([(1, 2), (2, 4), (3, 5), (4, 4), (5, 2)]) - 1
            day = plus_workdays(working_on_or_after(after), nth)
            late = dice.chance(30)
            if late:
                day = plus_workdays(day, dice.between(2, 4))
            skip = dice.chance(6)
            if unit == SILENT[0]:
                if SILENT[1] <= period <= SILENT[2]:
                    continue
                skip = False
            if unit == "wl-archives":
                late, skip, day = False, False, working_on_or_after(after)
            if skip:
                continue
            at = office_hour(day)
            event("/duty/reports", "d", "duty_report_submitted", unit, at, at + minutes(1, 300),
                  {"duty_code": "responsibility_list", "period": period, "on_time": not late,
                   "items_done": dice.between(8, 12), "items_total": 12})


def talks_and_visits():
    for unit, _, _, _, group, _ in WORKING:
        day = FIRST + timedelta(dice.below(40))
        while day <= LAST:
            at = office_hour(working_on_or_after(day))
            event("/duty/activities", "a", "talk_held", unit, at, next_office(at, 0, 4),
                  {"kind": dice.pick([("integrity", 6), ("reminder", 3), ("appointment", 2)]), "count": dice.between(1, 9)})
            day += timedelta(dice.between(38, 80))
        for year in (2024, 2025):
            for half in (0, 1):
                if group == BUREAU and dice.chance(930):
                    at = office_hour(working_on_or_after(date(year, 2 + 6 * half, 20) + timedelta(dice.below(110))))
                    event("/duty/activities", "a", "visit_made", unit, at, next_office(at, 1, 6),
                          {"kind": "pairing", "count": 1, "period": "%d-H%d" % (year, half + 1)})


# ---------------------------------------------------------------- the stories of the README
def story_surge():
    """A new computer system at the property desk: complaints surge in May and June 2024, then calm down."""
    unit = "wl-hall-property"
    for start, days, a_week in ((date(2024, 5, 6), 14, 4), (date(2024, 5, 20), 28, 7), (date(2024, 6, 17), 14, 3)):
        for i in range(days):
            if dice.below(7000) < a_week * (1350 if is_working(start + timedelta(i)) else 350):
                complaint(unit, start + timedelta(i), category=dice.pick([("slow_action", 7), ("hard_to_process", 3)]),
                          verdict=dice.pick([("partly", 4), ("unfounded", 3), ("", 5)]) or None, days_used=dice.between(8, 15),
                          satisfied=dice.chance(500))


def story_overdue():
    """An item is extended once, still not done in time, turns red and is closed at last."""
    inspection("dp-enforcement", date(2024, 9, 9), "patrol", "2024-P3", [])
    rectify("dp-enforcement", "arbitrary_action", date(2024, 9, 13), "finding", limit=45, close=date(2024, 12, 12),
            extensions=[(date(2024, 10, 24), date(2024, 11, 15))], relapse=False, severity="serious")


def story_repeat():
    """The same kind of fault at every check, four times within a year."""
    for round_no, day, more in (("2024-Q4", date(2024, 11, 20), []), ("2025-Q1", date(2025, 3, 12), []),
                                ("2025-Q2", date(2025, 5, 21), []), ("2025-Q3", date(2025, 7, 24), [("slow_action", "minor")]),
                                ("2025-Q4", date(2025, 10, 16), [])):
        inspection("wl-transport", day, "ducha", round_no + "-S", [("buck_passing", "general")] + more)


def story_late_report():
    """Two findings are known in time; the third, of the same week, is reported three weeks later."""
    inspection("xl-market", date(2025, 9, 15), "joint_check", "2025-S1", [("cold_attitude", "general")])
    inspection("xl-market", date(2025, 9, 17), "ducha", "2025-S2", [("slow_action", "general")])
    inspection("xl-market", date(2025, 9, 18), "patrol", "2025-P2", [("illegal_fee", "serious")],
               recorded=datetime(2025, 10, 10, 16, 20, 0))


def story_extensions():
    """Time and again more time: four extensions within five weeks."""
    for day, moves in ((date(2025, 3, 3), [(date(2025, 3, 28), date(2025, 4, 15)), (date(2025, 4, 11), date(2025, 5, 9))]),
                       (date(2025, 3, 17), [(date(2025, 4, 10), date(2025, 5, 6)), (date(2025, 4, 30), date(2025, 5, 23))])):
        rectify("nz-housing", "slow_action", day, "finding", limit=30, close=moves[-1][1] - timedelta(4), extensions=moves, relapse=False)


def story_relapse():
    """Closed on paper; the look-back finds the fault again."""
    rectify("xl-housing", "hard_to_process", date(2025, 4, 8), "finding", limit=30, close=date(2025, 4, 29), relapse=True)


def duplicates_and_dirt():
    """Sent twice by a nervous connector; and three records that cannot be admitted."""
    for i in range(6):
        recorded, _, e = rows[(i * 1289 + 211) % len(rows)]
        if recorded + timedelta(minutes=7) < END:
            rows.append((recorded + timedelta(minutes=7), len(rows), dict(e, recordedtime=stamp(recorded + timedelta(minutes=7)))))
    at = datetime(2024, 7, 9, 10, 12, 0)
    event("/hotline/12345", "c", "complaint_received", "wl-commerce", at, at + timedelta(minutes=3),     # a code nobody knows
          {"complaint_id": "cp-90001", "channel": "hotline_12345", "category": "slow_acton", "reporter_token": "t-0c1d", "named": False},
          "c-90001")
    at = datetime(2025, 4, 1, 15, 40, 0)
    event("/duty/activities", "a", "talk_held", "wl-labour", datetime(2052, 4, 1, 15, 0, 0), at,         # 2025 mistyped as 2052
          {"kind": "integrity", "count": 3}, "a-90002")
    recorded, _, e = next(r for r in rows if r[2]["type"] == "duty_report_submitted" and r[2]["unit"] == "wl-health")
    rows.append((recorded + timedelta(days=2), len(rows), dict(e, recordedtime=stamp(recorded + timedelta(days=2)),
                                                               data=dict(e["data"], items_done=1))))    # the same id, another content


# ---------------------------------------------------------------- output
def encode(value):
    """JSON by hand where a float would be needed, so that 84.5 is written as 84.5 and nothing else."""
    if isinstance(value, Tenths):
        return value.text()
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (json.dumps(k), encode(v)) for k, v in value.items())
    return json.dumps(value, ensure_ascii=False)


def write(folder):
    rows.sort(key=lambda r: (r[0], r[1]))
    text = "".join(encode(e) + "\n" for _, _, e in rows).encode()
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, mtime=0, fileobj=packed) as f:
        f.write(text)
    with open(os.path.join(folder, "events.jsonl.gz"), "wb") as f:
        f.write(packed.getvalue())
    with open(os.path.join(folder, "units.csv"), "w", encoding="utf-8", newline="") as f:
        f.write("id,name_zh,name_en,parent,peer_group,staff_count\n")
        for row in UNITS:
            f.write(",".join(str(x) for x in row[:5]) + ",%s\n" % (row[5] or ""))
    print("%d events, %d units" % (len(rows), len(UNITS)))


def main():
    everyday_complaints()
    everyday_inspections()
    surveys()
    duty_reports()
    talks_and_visits()
    for story in (story_surge, story_overdue, story_repeat, story_late_report, story_extensions, story_relapse):
        story()
    duplicates_and_dirt()
    write(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))


if __name__ == "__main__":
    main()
