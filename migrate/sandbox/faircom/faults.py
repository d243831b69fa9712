"""Trouble that only the JSON action protocol makes: in its envelope, lists and assignments."""

import json
from collections.abc import Mapping
from dataclasses import replace

from migrate.sandbox.exchange import Answer
from migrate.sandbox.faults import ACTS, ANYWHERE, NOT, Armed, Kind

FAULTS: Mapping[str, Kind] = {
    **ANYWHERE,
    "error_before": Kind("200 with errorCode 12009, and nothing is done", NOT),
    "error_after": Kind("acts, then 200 with errorCode 12009", ACTS),
    "session_lost": Kind("the session is gone: 12031, and nothing is done", NOT),
    "no_token": Kind("acts, and the answer has no authToken", ACTS),
    "wrong_request_id": Kind("acts, and the answer is to another requestId", ACTS),
    "200_short": Kind("acts, and the answer lacks its last account", ACTS),
    "200_wrong": Kind("acts, and the first account of the answer has no roles", ACTS),
    "assign_partial": Kind("the first half of an assignment is done, the rest fails", ACTS),
    "assign_half": Kind("the first half is done, and errorCode 0 says that all is", ACTS),
    "assign_ignored": Kind("an assignment is answered as done, and nothing is", NOT),
    "assign_odd_warnings": Kind("acts, and errorCode 0 comes with a warning like no other", ACTS),
}

_ODD = {"code": -1, "message": "%s", "warningCode": "?", "extra": [None]}


def edited(fault: Armed, answer: Answer) -> Answer | None:
    """The answer with a fault in it, as it is where it has nothing to go wrong.

    None for the faults of every platform.
    """
    if fault.fault in ANYWHERE or not answer.body:
        return None
    value = json.loads(answer.body)
    accounts = (value.get("result") or {}).get("accounts") or []
    match fault.fault:
        case "no_token":
            value.pop("authToken", None)
            (value.get("result") or {}).pop("authToken", None)
        case "wrong_request_id":
            value["requestId"] = "another"
        case "200_short":
            del accounts[-1:]
        case "200_wrong":
            for account in accounts[:1]:
                account.update({key: [] for key in ("roles", "roleNames") if key in account})
        case "assign_odd_warnings":
            value.setdefault("debugInfo", {}).setdefault("warnings", []).append(_ODD)
    return replace(answer, body=json.dumps(value, ensure_ascii=False).encode())
