"""Files and configs that are cut, odd or wrong: said where, with what is to be done; never used."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.world import World

Break = Callable[[list[dict[str, Any]]], bytes]


def text(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def with_first(**fields: Any) -> Break:
    return lambda roles: text([{**roles[0], **fields}, *roles[1:]])


DAMAGE: dict[str, tuple[Break, str]] = {
    "cut": (lambda roles: text(roles)[:-20], "cut off"),
    "cut in a character": (lambda roles: '["é'.encode()[:-1], "cut off"),
    "empty": (lambda roles: b"", "is empty"),
    "blank": (lambda roles: b" \n", "is empty"),
    "not JSON": (lambda roles: b"roles: none", "line 1"),
    "HTML": (lambda roles: b"<!DOCTYPE html><title>Sign in</title>", "HTML"),
    "not UTF-8": (lambda roles: b'["\xff"]', "UTF-8"),
    "UTF-16": (lambda roles: "[]".encode("utf-16"), "UTF-16"),
    "byte-order mark": (lambda roles: b"\xef\xbb\xbf" + text(roles), "byte-order mark"),
    "duplicate keys": (
        lambda roles: text(roles).replace(b'"role":', b'"role": "x", "role":', 1),
        "twice",
    ),
    "NaN": (lambda roles: b"[NaN]", "NaN"),
    "Infinity": (lambda roles: b"[1e999]", "too large"),
    "a huge integer": (lambda roles: b"[1" + b"0" * 400 + b"]", "64 bits"),
    "half a surrogate pair": (lambda roles: b'["\\ud800"]', "surrogate"),
    "a depth bomb": (lambda roles: b"[" * 200_000 + b"]" * 200_000, "levels of nesting"),
    "a string": (lambda roles: b'"roles"', "neither"),
    "an object": (lambda roles: b"{}", "neither"),
    "an answer of Get Roles": (lambda roles: text({"total": 1, "roles": roles}), "neither"),
    "strings for roles": (lambda roles: text(["admin"]), "role"),
    "a name that is none": (with_first(role=7), "$[0].role"),
    "no name": (with_first(role=""), "$[0].role"),
    "permissions in a list": (with_first(permissions=["Invite"]), "$[0].permissions"),
    "a list for a string": (with_first(permissions={"Invite": ["YES"]}), "Invite"),
    "null for a string": (with_first(permissions={"Invite": None}), "Invite"),
    "two roles of one name": (lambda roles: text([*roles, roles[-1]]), "two roles have the name"),
    "a bot role among them": (with_first(roleType="bot"), "bot role in a file of admin roles"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_export_is_refused_and_says_where(world: World, damage: str) -> None:
    broken, words = DAMAGE[damage]
    path = world.file("export.json", broken(world.export("admin")))
    with world.untouched():
        ran = world.run(
            *("promote", "--from", f"file:{path}", "--source-env", "dev"),
            *("--role-type", "admin", "--to", "prod", "--yes"),
        )
    assert ran.code == 3, ran.err
    ran.says(str(path), words, "target: unchanged", "next: ")
    assert world.writes() == []
    checked = world.run("validate", path, "--role-type", "admin")
    assert checked.code == 3
    assert "error: " in checked.out


@pytest.mark.parametrize(
    "damage", ["cut", "empty", "not UTF-8", "byte-order mark", "duplicate keys", "a depth bomb"]
)
def test_validate_reads_standard_input_just_as_strictly(world: World, damage: str) -> None:
    broken, words = DAMAGE[damage]
    process = world.spawn("validate", "-", stdin=-1)
    assert process.stdin is not None
    process.stdin.write(broken(world.export("admin")))
    process.stdin.close()
    process.stdin = None
    ran = world.ended(process)
    assert ran.code == 3
    assert words in ran.out


def test_an_export_of_another_role_type_than_said_is_refused(world: World) -> None:
    path = world.file("export.json", world.export("admin"))
    ran = world.run(
        *("plan", "--from", f"file:{path}", "--source-env", "dev"),
        *("--role-type", "bot", "--to", "prod"),
    )
    assert ran.code == 3
    ran.says("admin role in a file of bot roles", "target: unchanged")


def snapshot(world: World) -> dict[str, Any]:
    made: dict[str, Any] = world.run("snapshot", "--env", "dev", "--format", "json").json()
    return made


def sealed(value: dict[str, Any]) -> dict[str, Any]:
    """A changed snapshot with the digests of what it holds now, as a forger makes them."""
    from migrate.digests import content_digest, state_digest
    from migrate.model import Capture, Section, State
    from migrate.rolevalue import role_from_value

    state = State(
        {
            kind: Section(
                Capture(section["capture"]),
                tuple(role_from_value(kind, item) for item in section["items"]),
            )
            for kind, section in value["state"]["roles"].items()
        }
    )
    return {**value, "digests": {"content": content_digest(state), "state": state_digest(state)}}


def test_a_snapshot_that_was_edited_is_refused(world: World) -> None:
    value = snapshot(world)
    value["state"]["roles"]["admin"]["items"][0]["permissions"]["Invite"] = "YES"
    path = world.file("s.json", value)
    ran = world.run("promote", "--from", f"file:{path}", "--to", "prod", "--yes")
    assert ran.code == 3
    ran.says(str(path), "digests do not match", "target: unchanged", "next: ")
    assert world.run("validate", path).code == 3


def test_a_snapshot_with_two_roles_of_one_name_is_refused(world: World) -> None:
    value = snapshot(world)
    items = value["state"]["roles"]["admin"]["items"]
    twin = {**items[1], "permissions": {"Invite": "YES"}}
    twin.pop("id"), twin.pop("refId")
    items.append(twin)
    path = world.file("s.json", sealed(value))
    ran = world.run("promote", "--from", f"file:{path}", "--to", "prod", "--yes")
    assert ran.code == 3
    ran.says(str(path), "two roles have the name", "target: unchanged", "next: ")


def test_a_snapshot_of_another_platform_is_refused(world: World) -> None:
    value = snapshot(world)
    value["identity"]["platform"] = "faircom"
    path = world.file("s.json", value)
    with world.untouched():
        ran = world.run("promote", "--from", f"file:{path}", "--to", "prod", "--yes")
    assert ran.code in (2, 3)
    ran.says("faircom", "target: unchanged", "next: ")


def test_a_snapshot_in_the_store_that_was_changed_is_refused(world: World) -> None:
    digest = snapshot(world)["digests"]["state"]
    stored = next((world.folder / "store").glob(f"*/snapshots/{digest}.json"))
    stored.write_bytes(stored.read_bytes().replace(b"reads all", b"reads ALL"))
    ran = world.run("plan", "--from", f"sha256:{digest}", "--to", "prod")
    assert ran.code == 3
    ran.says(f"snapshots/{digest}.json", "target: unchanged")
    # Nor is one that is sound in itself, and lies under the name of another.
    other = world.run("snapshot", "--env", "prod", "--format", "json").json()["digests"]["state"]
    stored.write_bytes(next((world.shelf / "snapshots").glob(f"{other}.json")).read_bytes())
    swapped = world.run("plan", "--from", f"sha256:{digest}", "--to", "prod")
    assert swapped.code == 3
    swapped.says("not the one that its name says", "target: unchanged", "next: ")


CONFIGS: dict[str, tuple[Callable[[str], str], str]] = {
    "unknown key": (lambda text: text.replace("timeout", "time_out", 1), "time_out"),
    "unknown table": (lambda text: text + "\n[guard]\n", "guard"),
    "unknown guard": (lambda text: text + '\n[[guards]]\nrule = "max_deletion"\n', "max_deletion"),
    "an absolute guard": (
        lambda text: text + '\n[[guards]]\nrule = "empty_source"\nseverity = "warn"\n',
        "empty_source",
    ),
    "http": (
        lambda text: text.replace("http://127.0.0.1", "http://kore.example", 1),
        "http, which shows tokens",
    ),
    "no TOML": (lambda text: text + "\n[[[\n", "not TOML"),
    "cut": (lambda text: text[:-40], "line"),
    "empty": (lambda text: "", "empty"),
    "a byte-order mark": (lambda text: "\ufeff" + text, "byte-order mark"),
    "another platform": (lambda text: text.replace('"kore"', '"slack"', 1), "slack"),
    "a secret itself": (
        lambda text: text.replace('{ file = "secrets/dev-admin_app" }', '"hunter2-hunter2"', 1),
        "no place for one",
    ),
    "no app": (lambda text: text.replace("admin_app", "manager_app", 1), "admin_app"),
    "no bucket": (lambda text: text.replace('"platform"', '"store"', 1), "import_bucket"),
    "wrong type": (lambda text: text.replace("timeout = 2", 'timeout = "2"', 1), "timeout"),
    "twice": (lambda text: text + "\n[store]\n", "line"),
}


@pytest.mark.parametrize("fault", CONFIGS)
def test_a_config_with_a_fault_is_refused_with_its_line(world: World, fault: str) -> None:
    change, words = CONFIGS[fault]
    world.config.write_text(change(world.config.read_text()))
    ran = world.promote("--yes")
    assert ran.code == 3, ran.err
    ran.says(str(world.config), words, "next: ")
    assert "hunter2" not in ran.err
    assert world.control("/log") == []
    checked = world.run("validate", world.config)
    assert checked.code == 3
    assert "hunter2" not in checked.out


def test_a_config_that_is_not_there_is_named(world: World) -> None:
    world.config.unlink()
    ran = world.promote("--yes")
    assert ran.code == 2
    ran.says(str(world.config), "does not exist", "next: ")


SECRETS: dict[str, tuple[Callable[[World], None], str]] = {
    "no file": (
        lambda world: (world.folder / "secrets" / "dev-admin_app").unlink(),
        "secrets/dev-admin_app",
    ),
    "empty": (
        lambda world: (world.folder / "secrets" / "dev-admin_app").write_text("\n") and None,
        "is empty",
    ),
    "no variable": (
        lambda world: world.configure(
            "dev", admin_app='{ client_id = "x", client_secret = { env = "NOT_SET_HERE" } }'
        ),
        "NOT_SET_HERE",
    ),
    "a command that fails": (
        lambda world: world.configure(
            "dev", admin_app='{ client_id = "x", client_secret = { command = ["false"] } }'
        ),
        "ended with status 1",
    ),
}


@pytest.mark.parametrize("fault", SECRETS)
def test_a_secret_that_is_missing_is_named_by_its_setting(world: World, fault: str) -> None:
    change, words = SECRETS[fault]
    change(world)
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 3, ran.err
    ran.says("environments.dev.admin_app.client_secret", words, "target: unchanged", "next: ")
    assert world.writes() == []


def test_in_ci_a_directory_must_be_declared_durable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    world.store = 'directory = "store"\n'
    world.write()
    ran = world.promote("--yes")
    assert ran.code == 3
    ran.says("durable", "target: unchanged", "next: ")
    world.store = 'directory = "store"\ndurable = true\n'
    world.write()
    assert world.promote("--yes").code == 0


def test_without_a_way_to_a_file_id_one_can_read_but_not_write(world: World) -> None:
    world.configure(upload=None)
    assert world.run("plan", "--from", "dev", "--to", "prod").code == 0
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 3
    ran.says("environments.prod", "how import files are uploaded", "target: unchanged", "upload =")


@pytest.mark.parametrize(
    "words",
    [
        ("promot",),
        ("promote", "--from", "dev"),
        ("promote", "--from", "dev", "--to", "prod", "--mode", "sideways"),
        ("plan", "--from", "dev", "--to", "prod", "--no-such-option"),
        ("validate",),
        ("schema", "nothing"),
        ("apply",),
        ("runs", "abandon", "x"),
        ("snapshot", "--env", "nowhere"),
        ("drift", "--env", "nowhere"),
        ("doctor", "--env", "nowhere"),
        ("runs", "--env", "nowhere"),
    ],
)
def test_wrong_usage_is_exit_code_2(world: World, words: tuple[str, ...]) -> None:
    ran = world.run(*words)
    assert ran.code == 2, ran.err
    assert ran.out == ""
    assert ran.err.strip()


def test_names_that_would_play_tricks_on_a_terminal_are_shown_inert(world: World) -> None:
    document = world.state("dev")
    hostile = "\x1b[2J\x07evil\u202egnp\u2028 <b>"
    document["roles"].append(
        {"roleType": "admin", "role": hostile, "rDesc": hostile, "permissions": {}}
    )
    world.put("dev", document)
    ran = world.promote("--yes", first=("-v",))
    assert ran.code == 0, ran.err
    for shown in (ran.out, ran.err, world.run("plan", "--from", "prod", "--to", "dev").out):
        assert not set("\x1b\x07\u202e\u2028") & set(shown)
    assert ("admin", hostile) in world.roles()
    assert "\\u001b[2J" in ran.err
