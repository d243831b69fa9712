"""Get Admin Console Audit Logs over HTTP (kore.md F)."""

from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Account

AUDIT_LOGS = "/api/public/auditlogs"


def logs(account: Account, **query: Any) -> Any:
    answer = account.call("GET", AUDIT_LOGS, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def changed(account: Account, **permissions: str) -> None:
    """Somebody changes the first role of his own by hand."""
    state = account.state()
    state["roles"][-1]["permissions"] = permissions
    account.put_state(state)


def test_a_row_is_as_in_the_sample(dev: Account) -> None:
    assert logs(dev) == {"total": 0, "auditlogs": [], "moreAvailable": False}
    name = dev.state()["roles"][-1]["role"]
    changed(dev)
    (row,) = logs(dev)["auditlogs"]
    keys = ["timestampValue", "Date/Time", "Description", "Name", "Category", "AuditLogId"]
    assert list(row) == keys
    assert datetime.fromisoformat(row["Date/Time"]).timestamp() * 1000 == row["timestampValue"]
    assert row["Name"] == "Role Permissions Updated"
    assert name in row["Description"] and row["Description"].endswith(" by console user")


def test_what_a_call_does_is_done_by_the_app(dev: Account) -> None:
    role = {"roleType": "admin", "role": "New", "permissions": {}}
    assert dev.import_roles([role]).status_code == 200
    (row,) = logs(dev)["auditlogs"]
    assert row["Description"] == "The admin role 'New' was created by cs-dev-admin"


def test_every_event_of_a_role_is_told_apart(dev: Account) -> None:
    role: dict[str, Any] = {"roleType": "admin", "role": "New", "permissions": {}}
    user = "ada@example.com"
    before = {**dev.state(), "users": [{"username": user}]}

    def put(**fields: Any) -> None:
        dev.put_state({**before, "roles": [*before["roles"], {**role, **fields}]})

    put()
    put(rDesc="d")
    put(rDesc="d", holders=[{"user": user}])
    put(rDesc="d")
    dev.put_state(before)
    assert [row["Name"] for row in logs(dev)["auditlogs"]] == [
        "Role Created",
        "Role Updated",
        "Role Assigned to Users/Groups",
        "Role Deleted for Users/Groups",
        "Role Deleted",
    ]
    assert user in logs(dev)["auditlogs"][2]["Description"]


@pytest.mark.parametrize(("meaning", "second"), [("page", 2), ("record", 1)])
def test_pages(dev: Account, meaning: str, second: int) -> None:
    for value in ("YES", "NO", "YES", "NO", "YES"):
        changed(dev, Tasks=[value])  # type: ignore[arg-type]
    dev.switch(offset_audit=meaning)
    everything = logs(dev)["auditlogs"]
    page = logs(dev, size=2, offset=1)
    assert page["auditlogs"] == everything[second : second + 2]
    assert (page["total"], page["moreAvailable"]) == (5, True)
    dev.fault("total_moves", path=AUDIT_LOGS)
    assert logs(dev)["total"] == 6


def test_switches(dev: Account) -> None:
    changed(dev)
    changed(dev, Tasks=["NO"])  # type: ignore[arg-type]
    dev.switch(audit_ids="repeated", audit_user="columns")
    rows = logs(dev)["auditlogs"]
    assert len({row["AuditLogId"] for row in rows}) == 1
    assert {row["User Name"] for row in rows} == {"console user"}
    assert "console user" not in rows[0]["Description"]
    early, late = "2020-01-01", "2999-01-01T00:00:00.000Z"
    assert logs(dev, fromDate=early, toDate=late)["total"] == 2
    assert logs(dev, fromDate=late, toDate=early)["total"] == 0
    dev.switch(audit_dates="from_last")
    assert logs(dev, fromDate=early, toDate=late)["total"] == 0
    assert logs(dev, fromDate=late, toDate=early)["total"] == 2
    assert dev.call("GET", AUDIT_LOGS, params={"fromDate": "soon"}).status_code == 412
    dev.switch(audit_scope="missing")
    assert dev.call("GET", AUDIT_LOGS).status_code == 401


def test_a_reset_empties_it(dev: Account) -> None:
    changed(dev)
    dev.control("POST", "/reset")
    assert logs(dev)["total"] == 0
