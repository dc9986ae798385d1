"""What the document says in words only: requests that it allows by their form, and that the
service refuses for what they mean. Such a request is not made where it would count as good.

Read by schemathesis, see main.rs.
"""

import datetime
import re

import schemathesis


def is_good(case) -> bool:
    """Whether the case was made to be good."""
    return case.meta is None or case.meta.generation.mode.is_positive


def contradicts(query: dict) -> bool:
    """Two bounds of which the lower is above the upper."""
    for low, high in (("from", "until"), ("minDuration", "maxDuration")):
        if low in query and high in query:
            return True
    return False


def is_a_day(text: str) -> bool:
    """Whether the year has the day: the form of a date lets pass each 29 February."""
    try:
        datetime.date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def is_short(query: dict) -> bool:
    """The last 31 days at most, or the 10 that are looked at when nothing is said."""
    if "from" in query or "until" in query:
        return False
    return int(query["days"]) <= 31 if "days" in query else "size" not in query


@schemathesis.hook
def filter_case(context, case) -> bool:
    if not is_good(case):
        return True
    query = case.query if isinstance(case.query, dict) else {}
    if not all(is_a_day(str(query[bound])) for bound in ("from", "until") if bound in query):
        return False
    # A cursor is good for the request that gave it.
    if "cursor" in query or "since" in query or contradicts(query):
        return False
    # A text is searched in a short window only, and parties are listed newest first, as JSON.
    if "q" in query and not is_short(query):
        return False
    if "distinct" in query and ("order" in query or "format" in query):
        return False
    if "include" in query and "format" in query:
        return False
    # A queue that the name leaves out.
    if case.path == "/history/queue" and "queue" in query:
        return False
    # The caller is no agent.
    if case.path == "/history/agent" and "agent" not in query:
        return False
    body = case.body if isinstance(case.body, dict) else {}
    # Somebody may just have been deleted; and a key is for somebody or opens something.
    if case.path == "/keys" and case.method == "POST":
        if "user" in body or not (body.get("agent") or body.get("scopes")):
            return False
    # A time in the past is none to end at.
    if case.path.startswith("/keys") and not re.fullmatch("[1-9][0-9]{0,3}d", str(body.get("expires", "9d"))):
        return False
    # To a schema 900.0 is an integer.
    if isinstance(body.get("ttlSeconds"), float):
        return False
    for item in [*body.get("numbers", []), *body.get("endpoints", [])]:
        if "validFrom" in item and "validUntil" in item:
            return False
        # Its length is bounded in bytes.
        if len(str(item.get("source", "")).encode()) > 64:
            return False
    return True
