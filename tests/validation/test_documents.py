import json

import pytest

from migrate.errors import InvalidInput
from migrate.validation.documents import check_snapshot, kind_of


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([], "import-kore"),
        ([{"role": "A"}], "import-kore"),
        ({"$schema": "urn:role-migrate:schema:snapshot:1"}, "snapshot"),
        ({"$schema": "urn:role-migrate:schema:plan:2"}, "plan"),
        ({"$schema": "../schemas/run.schema.json"}, "run"),
        ({"$schema": "snapshot.schema.json"}, "snapshot"),
        ({"state": {}, "digests": {}}, "snapshot"),
        ({"$schema": "https://elsewhere.example/x", "changes": [], "verdicts": []}, "plan"),
        ({"environments": {}}, "config"),
        ({"formatVersion": 1, "assignments": []}, "assignments"),
        ({"$schema": "../schemas/assignments.schema.json"}, "assignments"),
        ({"assignments": "exact", "changes": [], "verdicts": []}, "plan"),
        ([{"roleId": "1", "addUsers": []}], "assignments"),
        (["", {"roleName": "Ops"}], "assignments"),
        ([{"role": "A", "permissions": {}, "roleId": "1"}], "import-kore"),
    ],
)
def test_kinds_are_told_by_schema_or_keys(value, kind):
    assert kind_of(value, where="x") == kind


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "expected an object or a list, found null"),
        ("x", "expected an object or a list"),
        ({}, "no kind of file that role-migrate knows"),
        ({"$schema": 5}, "no kind of file"),
        ({"$schema": "urn:role-migrate:schema:foo:1"}, 'no files of the kind "foo"'),
        ({"total": 1, "availableMore": False, "roles": []}, "answer of Get Roles"),
        ({"errors": [{"msg": "Invalid JWT token", "code": 4002}]}, "error that the platform"),
        ({"roleType": "bot", "role": "A", "permissions": {}}, "single role document"),
    ],
)
def test_what_is_no_file_of_ours_is_named_for_what_it_looks_like(value, message):
    with pytest.raises(InvalidInput) as caught:
        kind_of(value, where="x.json")
    error = caught.value
    assert message in error.what
    assert error.where == "x.json"
    assert error.faults[0].message == error.what
    assert error.remedy


def snapshot(**sections):
    roles = {kind: {"capture": "captured", "items": items} for kind, items in sections.items()}
    return {"state": {"roles": roles}}


def test_a_sound_snapshot_has_no_fault():
    roles = [{"name": "A", "id": "1"}, {"name": "B", "id": "2"}, {"name": "C"}, {"name": "D"}]
    assert check_snapshot(snapshot(admin=roles, bot=roles)) == ()


def test_roles_of_one_name_or_one_id_are_errors():
    value = snapshot(bot=[{"name": "A", "id": "1"}, {"name": "A"}, {"name": "B", "id": "1"}])
    text = json.dumps(value, indent=1).encode()
    faults = check_snapshot(value, text)
    assert [(fault.path, fault.line, fault.warning) for fault in faults] == [
        ("$.state.roles.bot.items[1].name", 12, False),
        ("$.state.roles.bot.items[2].id", 16, False),
    ]
    assert all("$.state.roles.bot.items[0]" in fault.message for fault in faults)


def test_names_that_are_alike_are_warned_about():
    (fault,) = check_snapshot(snapshot(admin=[{"name": "Ops"}, {"name": "ops"}]))
    assert fault.warning
    assert fault.path == "$.state.roles.admin.items[1].name"
