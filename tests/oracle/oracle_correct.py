"""Corrections and decisions: what an event counts as, given the records known. Always asked anew, from the whole list."""

import oracle_expr as ex
from oracle_measure import MILLION, micro

RETRACTIONS = ("event_retracted", "clarification_issued")
FINAL = RETRACTIONS + ("unit_changed", "calendar_updated")
KIND = {"event_retracted": "retraction", "clarification_issued": "retraction", "event_corrected": "correction",
        "tolerance_decision": "decision", "complaint_verdict": "decision", "unit_changed": "decision",
        "calendar_updated": "decision"}
CORRECTING = tuple(k for k in KIND if k not in ("unit_changed", "calendar_updated"))
ABOUT_OTHERS = RETRACTIONS + ("event_corrected", "tolerance_decision", "unit_changed")   # a unit that has nothing else was never seen
STRENGTH = ("event", "correction", "retraction", "decision")


def kind_of(record):
    return KIND.get(record.type, "event")


def listed(c, r):
    """Is r among the targets of a clarification or a tolerance decision?"""
    targets = c.data.get("targets")
    return isinstance(targets, list) and r.id in [x for x in targets if isinstance(x, str)]


def complaint(r, number):
    return r.type == "complaint_received" and number is not None and r.data.get("complaint_id") == number


def aims_at(c, r):
    """Does the correcting record c concern the record r of the same unit?"""
    if c is r:
        return False
    if c.type in ("event_retracted", "event_corrected"):
        return r.id == c.data.get("target_event_id") and r.source == c.data.get("target_source", c.source)
    if c.type == "complaint_verdict":
        return complaint(r, c.data.get("complaint_id"))
    if c.type == "tolerance_decision":
        return listed(c, r)
    return listed(c, r) or any(complaint(r, x) for x in c.data.get("targets") or ())


def reaches(c, r, known):
    """Can c change what r counts as: by itself, or by what it does to another that concerns r?"""
    return aims_at(c, r) or any(aims_at(c, k) and reaches(k, r, [x for x in known if x is not k]) for k in known if k is not c)


def retracted(r, known):
    return r.type not in RETRACTIONS and any(c.type in RETRACTIONS and aims_at(c, r) for c in known)


def patch(old, changes):
    """Nested maps merge, null removes."""
    new = dict(old) if isinstance(old, dict) else {}
    for k, v in changes.items():
        if v is None:
            new.pop(k, None)
        else:
            new[k] = patch(new.get(k), v) if isinstance(v, dict) else v
    return new


def data_of(r, known, asking=()):
    """The data of r as if it had been sent with the changed fields."""
    data = r.data
    if r.type in ABOUT_OTHERS:                           # to be retracted and sent again, not corrected
        return data
    for c in sorted((c for c in known if aims_at(c, r)), key=lambda c: (c.time, c.seq)):
        if c in asking or retracted(c, known):
            continue
        if c.type == "event_corrected":
            changes = data_of(c, known, asking + (r,)).get("changes")
            if isinstance(changes, dict):
                data = patch(data, changes)
        elif c.type == "complaint_verdict":
            data = patch(data, {"verdict": data_of(c, known, asking + (r,)).get("verdict")})
    return data


def weight_of(r, known):
    weight = MILLION
    for c in sorted((c for c in known if aims_at(c, r)), key=lambda c: (c.time, c.seq)):
        if c.type == "tolerance_decision" and not retracted(c, known):
            body = data_of(c, known)
            factor = body.get("factor", 0)
            weight = MILLION
            if body.get("granted", True) is True and ex.is_number(factor):
                weight = micro(ex.round_half_away(factor, 6))
    return weight


class Form:
    """An event as it counts."""
    __slots__ = ("id", "source", "type", "unit", "time", "seq", "data", "weight")


def form_of(r, known):
    """None where it counts nowhere."""
    if retracted(r, known):
        return None
    f = Form()
    f.weight = weight_of(r, known)
    if f.weight == 0:
        return None
    f.id, f.source, f.type, f.unit, f.time, f.seq = r.id, r.source, r.type, r.unit, r.time, r.seq
    f.data = data_of(r, known)
    return f
