"""The documented endpoints, over HTTP, against the facts of kore.md."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from migrate.sandbox import account_state
from migrate.sandbox.kore.switches import Switches
from tests.sandbox.conftest import (
    ASSIGN,
    BOTS,
    EXPORT,
    GROUPS,
    IMPORT,
    ROLES,
    UPLOAD,
    USER_ROLES,
    USERS_INFO,
    Account,
)

FORM = {"fileContext": "bulkImport", "fileExtension": "json"}


def refusal(answer: Any) -> tuple[int, str, Any]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["msg"], error["code"]


def test_export_is_a_bare_array_of_one_type(dev: Account) -> None:
    roles = dev.export("bot").json()
    assert [role["role"] for role in roles[:3]] == ["Bot Owner", "Bot Developer", "Bot Tester"]
    assert len(roles) == 5
    keys = {"roleType", "_id", "role", "rDesc", "permissions", "refId"}
    assert all(set(role) == keys and role["roleType"] == "bot" for role in roles)


@pytest.mark.parametrize(
    ("query", "shown", "more"),
    [
        ({}, 50, True),
        ({"limit": "2"}, 2, True),
        ({"limit": "999"}, 50, True),
        # No offset is documented here; it makes no difference.
        ({"limit": "2", "offset": "60"}, 2, True),
    ],
)
def test_get_roles_shows_at_most_fifty(
    serve: Callable[..., Account], query: dict[str, str], shown: int, more: bool
) -> None:
    dev = serve(account_state(60, 0))
    answer = dev.call("GET", ROLES, params={"roleType": "admin", **query}).json()
    assert (answer["total"], answer["availableMore"], len(answer["roles"])) == (61, more, shown)
    assert "refId" not in answer["roles"][0]
    assert answer["roles"][0]["_id"]


def test_get_roles_that_fit_have_no_more(dev: Account) -> None:
    answer = dev.call("GET", ROLES, params={"roleType": "bot"}).json()
    assert (answer["total"], answer["availableMore"]) == (5, False)


@pytest.mark.parametrize("path", [EXPORT, ROLES])
@pytest.mark.parametrize("query", [{}, {"roleType": "agent"}, {"roleType": "Admin"}])
def test_reads_need_a_role_type(dev: Account, path: str, query: dict[str, str]) -> None:
    answer = dev.call("GET", path, params=query)
    assert refusal(answer) == (412, "Validation errors/ Invalid arguments", 412)


@pytest.mark.parametrize("limit", ["0", "-1", "ten", "²"])
def test_a_limit_is_a_number_from_one(dev: Account, limit: str) -> None:
    answer = dev.call("GET", ROLES, params={"roleType": "bot", "limit": limit})
    assert answer.status_code == 412


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        *((EXPORT, "POST"), (ROLES, "PUT"), (IMPORT, "GET"), (UPLOAD, "DELETE")),
        *((USER_ROLES, "POST"), (USERS_INFO, "GET"), (GROUPS, "PUT"), (BOTS, "POST")),
        *((ASSIGN["admin"], "GET"), (ASSIGN["bot"], "PUT")),
    ],
)
@pytest.mark.parametrize("auth", [None, "nonsense"])
def test_a_wrong_method_is_told_even_without_credentials(
    dev: Account, path: str, wrong: str, auth: str | None
) -> None:
    assert refusal(dev.call(wrong, path, auth=auth)) == (405, "Method Not Allowed", 405)


def test_an_unknown_path(dev: Account) -> None:
    assert refusal(dev.call("GET", "/api/public/rolez")) == (404, "Not Found", 404)


def test_a_trailing_slash_does_no_harm(dev: Account) -> None:
    assert dev.call("GET", f"{EXPORT}/", params={"roleType": "bot"}).status_code == 200


def test_credentials(dev: Account) -> None:
    foreign = dev.token().rsplit(".", 1)[0] + ".c2ln"
    assert refusal(dev.export(auth=None)) == (401, "Invalid SDK credentials", 4002)
    assert refusal(dev.export(auth=foreign)) == (401, "Invalid SDK credentials", 4002)
    assert refusal(dev.export(auth="nonsense")) == (401, "Invalid JWT token", 4002)
    expired = dev.token(exp=time.time() - 1)
    assert refusal(dev.export(auth=expired)) == (401, "Invalid JWT token", 4002)


def test_the_builder_app_may_only_upload(dev: Account) -> None:
    builder = dev.token("builder_app")
    denied = (401, "Permission denied. Scope is incorrect!", 4002)
    assert refusal(dev.export(auth=builder)) == denied
    assert refusal(dev.import_file("f", auth=builder)) == denied
    assert dev.upload(b"[]", auth=builder).status_code == 200
    assert dev.upload(b"[]").status_code == 200
    dev.switch(admin_scope="missing")
    assert refusal(dev.export()) == denied
    assert dev.upload(b"[]").status_code == 200


def test_a_moved_clock_shows_in_the_date_and_refuses_tokens(dev: Account) -> None:
    dev.switch(clock_offset=86400 * 365.0)
    answer = dev.export()
    assert refusal(answer) == (401, "Invalid JWT token", 4002)
    year = re.search(r"\d{4}", answer.headers["Date"])
    assert year
    assert int(year.group()) == time.gmtime().tm_year + 1
    dev.switch(clock_offset=-3600)
    assert refusal(dev.export()) == (401, "Invalid JWT token", 4002)
    now = time.time() - 3600
    assert dev.export(auth=dev.token(iat=now, exp=now + 60)).status_code == 200


def test_enforced_jti(dev: Account) -> None:
    dev.switch(jti="enforced")
    once = dev.token()
    assert dev.export(auth=once).status_code == 200
    replay = (401, "error verifying the jwt: possibly a replay", 401)
    assert refusal(dev.export(auth=once)) == replay
    assert dev.export(auth=dev.token(jti=None)).status_code == 401


def test_tokens_that_are_not_encrypted_where_they_have_to_be(dev: Account) -> None:
    dev.switch(jwe="on")
    assert refusal(dev.export()) == (401, "Invalid JWT token", 4002)


def test_what_is_left_of_the_minutes_budget_is_told_where_it_is(dev: Account) -> None:
    assert "X-RateLimit-Remaining" not in dev.export().headers
    dev.switch(rate_headers="x_ratelimit", limit_per_minute=10)
    left = [int(dev.export().headers["X-RateLimit-Remaining"]) for _ in range(2)]
    assert left == [8, 7]
    assert dev.export().headers["X-RateLimit-Limit"] == "10"


def test_an_upload_answers_with_an_id_and_looks_at_nothing(dev: Account) -> None:
    answer = dev.upload(b"role,permissions\n")
    assert answer.status_code == 200
    assert set(answer.json()) == {"fileId", "hash", "fileName"}
    assert answer.json()["fileName"] == "roles.json"


@pytest.mark.parametrize(
    ("form", "files"),
    [
        (FORM, None),
        ({**FORM, "fileContext": "other"}, {"file": b"[]"}),
        ({"fileContext": "bulkImport"}, {"file": b"[]"}),
        (FORM, {"document": b"[]"}),
    ],
)
def test_an_upload_that_lacks_something(dev: Account, form: Any, files: Any) -> None:
    assert dev.call("POST", UPLOAD, data=form, files=files).status_code == 412


def test_an_import_answers_with_whole_documents(dev: Account) -> None:
    held = next(role for role in dev.state()["roles"] if role["roleType"] == "bot")
    held["role"] = "Held"
    held["holders"] = [
        {"user": "ada@example.com", "bot": "st-1"},
        {"group": "Ops", "bot": "st-1"},
        {"user": "ada@example.com", "bot": "st-2"},
    ]
    dev.put_state({"roles": [held]})
    (ada,), (ops,) = dev.state()["users"], dev.state()["groups"]
    (document,) = dev.import_roles([{**dev.export("bot").json()[0], "rDesc": "new"}], "bot").json()
    assert set(document) == {
        *("mapping", "roleType", "rStatus", "isASystemRole", "category", "audit"),
        *("_userAndGroups", "isDefault", "_id", "orgId", "role", "createdDate", "createdBy"),
        *("modifiedDate", "modifiedBy", "permissions", "rDesc", "refId", "_product", "__v"),
    }
    assert document["_id"] == held["_id"]
    assert document["permissions"] == held["permissions"]
    assert (document["rDesc"], document["isASystemRole"]) == ("new", False)
    users, groups = [ada["userId"]], [ops["_id"]]
    assert document["mapping"] == {"users": users, "groups": groups, "bots": ["st-1", "st-2"]}
    assert document["_userAndGroups"] == [*users, *groups]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["modifiedDate"])


def test_the_answer_to_an_import_is_what_a_later_export_shows(dev: Account) -> None:
    new = {"roleType": "bot", "role": "N/ü", "rDesc": "", "permissions": {"Tasks": ["VIEW"]}}
    (answered,) = dev.import_roles([new], "bot").json()
    exported = next(role for role in dev.export("bot").json() if role["role"] == "N/ü")
    assert exported == {key: answered[key] for key in exported}
    assert re.fullmatch(r"[0-9a-f]{24}", exported["_id"])


def test_a_file_id_can_be_made_good_for_one_import(dev: Account) -> None:
    dev.switch(file_reuse="refused")
    document = {"roleType": "admin", "role": "A", "permissions": {"Invite": "NO"}}
    once = dev.upload(json.dumps([document]).encode()).json()["fileId"]
    assert dev.import_file(once).status_code == 200
    assert refusal(dev.import_file(once)) == (400, "Invalid file id", 400)
    dev.switch(file_reuse="accepted")
    assert dev.import_file(once).status_code == 200


@pytest.mark.parametrize("file_id", ["", "x", "../x", "0" * 24])
def test_an_unknown_file_id(dev: Account, file_id: str) -> None:
    assert refusal(dev.import_file(file_id)) == (400, "Invalid file id", 400)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"fileId": 1}', b'{"fileId": null}'])
def test_an_import_needs_a_body_with_a_file_id(dev: Account, body: bytes) -> None:
    answer = dev.call("POST", IMPORT, params={"roleType": "bot", "fullImport": "true"}, data=body)
    assert answer.status_code == 412


@pytest.mark.parametrize(
    "query", [{"roleType": "agent"}, {}, {"roleType": "bot", "fullImport": "True"}]
)
def test_an_import_needs_sound_arguments(dev: Account, query: dict[str, str]) -> None:
    assert dev.call("POST", IMPORT, params=query, json={"fileId": "x"}).status_code == 412


def test_full_import_is_off_unless_asked_for(dev: Account) -> None:
    file_id = dev.upload(b"[]").json()["fileId"]
    before = dev.state()
    dev.call("POST", IMPORT, params={"roleType": "admin"}, json={"fileId": file_id})
    assert dev.state() == before
    assert dev.import_file(file_id, full=True).json() == []
    assert [role["role"] for role in dev.export().json()] == ["admin"]
    assert len(dev.export("bot").json()) == 5


def test_bad_content_behind_a_good_file_id(dev: Account) -> None:
    file_id = dev.upload(b"nonsense").json()["fileId"]
    before = dev.state()
    status, message, _ = refusal(dev.import_file(file_id))
    assert (status, message) == (400, "Invalid file content: the file is not JSON in UTF-8")
    dev.switch(bad_content="error_500")
    assert refusal(dev.import_file(file_id)) == (500, "Internal Server Error", 500)
    assert dev.state() == before


def test_a_refused_import_changes_nothing(dev: Account) -> None:
    before = dev.state()
    roles = dev.export().json()
    new = {"roleType": "admin", "role": "N", "permissions": {}}
    dev.switch(no_id="refused")
    status, message, _ = refusal(dev.import_roles([*roles, new]))
    assert status == 400
    assert "_id is required" in message
    assert dev.state() == before


@pytest.mark.parametrize("way", Switches.choices()["rate_limit"])
def test_a_spent_budget(dev: Account, way: str) -> None:
    dev.switch(limit_per_minute=2, rate_limit=way)
    assert [dev.export().status_code for _ in range(2)] == [200, 200]
    # Without credentials nothing counts, nor is anything spent.
    assert dev.export(auth=None).status_code == 401
    answer = dev.export()
    status, message, _ = refusal(answer)
    assert status == (400 if way == "message" else 429)
    assert "rate limit" in message
    assert ("Retry-After" in answer.headers) == (way == "retry_after")
    if way == "retry_after":
        assert 50 < int(answer.headers["Retry-After"]) <= 60
    dev.switch(limit_per_minute=0)
    assert dev.export().status_code == 200


def test_the_budget_is_counted_by_the_clock_that_a_switch_moves(dev: Account) -> None:
    dev.switch(limit_per_minute=1)
    assert [dev.export().status_code for _ in range(2)] == [200, 429]
    dev.switch(clock_offset=60)
    now = time.time() + 60
    assert dev.export(auth=dev.token(iat=now, exp=now + 60)).status_code == 200


def test_a_write_shows_late_in_reads_and_at_once_in_its_answer(dev: Account) -> None:
    dev.switch(read_lag=0.3)
    role = {**dev.export().json()[1], "rDesc": "new"}
    (answered,) = dev.import_roles([role]).json()
    assert answered["rDesc"] == "new"
    assert dev.export().json()[1]["rDesc"] != "new"
    listed = dev.call("GET", ROLES, params={"roleType": "admin"}).json()["roles"]
    assert listed[1]["rDesc"] != "new"
    deadline = time.monotonic() + 5
    while dev.export().json()[1]["rDesc"] != "new":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_base_url_with_a_path(serve: Callable[..., Account]) -> None:
    dev = serve(prefixes={"dev": "/kore/x"})
    assert dev.ready["url"].endswith("/kore/x")
    assert dev.export().status_code == 200
    bare = dev.ready["url"].removesuffix("/kore/x")
    answer = dev.session.get(f"{bare}{EXPORT}?roleType=bot", headers={"auth": dev.token()})
    assert answer.status_code == 404
    assert [entry["status"] for entry in dev.log()] == [200, 404]


def test_ten_thousand_roles(serve: Callable[..., Account]) -> None:
    dev = serve(account_state(10_000, 0))
    started = time.monotonic()
    roles = dev.export().json()
    assert len(roles) == 10_001
    answer = dev.import_roles([{**role, "rDesc": "new"} for role in roles], full=True)
    assert len(answer.json()) == 10_000
    assert json.loads(answer.content)[0]["rDesc"] == "new"
    # Generous: anything quadratic would take minutes.
    assert time.monotonic() - started < 15
