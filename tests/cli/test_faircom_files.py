"""Assignments files for FairCom, configs, and certificates, through the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from migrate.sandbox import Sandbox
from tests.cli.ledger import (
    BEFORE,
    DEV,
    EXACT,
    PROD,
    Held,
    assert_logged_out,
    box,
    holdings,
    ledger,
    promote,
)
from tests.cli.staffed import one_line
from tests.cli.world import World, world_on

__all__ = ["box", "ledger"]

CHANGES = {
    "add": [{"roleNames": ["ledger"], "usernames": ["ann", "eve"]}],
    "remove": [{"roleNames": ["OLD", "sales"], "usernames": ["bob"]}],
}
LOWER = {
    word: [{"rolenames": each["roleNames"], "usernames": each["usernames"]} for each in entries]
    for word, entries in CHANGES.items()
}
WHOLE = {
    "api": "admin",
    "apiVersion": "1.0",
    "action": "assignrolestoaccounts",
    "params": CHANGES,
    "responseOptions": {},
    "debug": "max",
    "requestId": 7,
}
OWN = {
    "formatVersion": 1,
    "assignments": [
        {"kind": "user", "principal": "ann", "roleType": "account", "role": "Ledger"},
        {"kind": "user", "principal": "EVE", "roleType": "account", "role": "LEDGER"},
        *(
            {
                "kind": "user",
                "principal": "bob",
                "roleType": "account",
                "role": role,
                "action": "remove",
            }
            for role in ("old", "SALES")
        ),
    ],
}
TABLE = """kind,principal,role_type,role,action
user,ann,account,ledger,add
user,Eve,account,Ledger,
user,BOB,account,OLD,remove
user,bob,account,sales,remove
"""
GIVEN: Held = {("ANN", "LEDGER"), ("EVE", "LEDGER")}
TAKEN: Held = {("BOB", "OLD"), ("BOB", "SALES")}
FORMS: dict[str, Any] = {
    "the vendor's params": CHANGES,
    "as its tables spell it": LOWER,
    "the whole request": WHOLE,
    "our JSON": OWN,
    "a table": TABLE,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_says_the_same(ledger: World, form: str) -> None:
    file = ledger.file("moves.csv" if form == "a table" else "moves.json", FORMS[form])
    checked = ledger.run("validate", file)
    assert checked.code == 0, checked.out
    assert "assignments file" in checked.out
    planned = ledger.run("plan", "--assignments-file", file, "--to", "prod")
    assert planned.code == 0, planned.err
    ran = ledger.run("assign", "-f", file, "--env", "prod", "--yes")
    assert ran.code == 0, ran.err
    assert holdings(ledger) == (BEFORE | GIVEN) - TAKEN
    seen = ledger.last()
    again = ledger.run("assign", "-f", file, "--env", "prod", "--yes")
    assert (again.code, ledger.writes(seen)) == (0, [])
    assert "4 of 4 are already so" in one_line(again.err)
    assert "nobody holds the role" in one_line(again.err)  # OLD, by now


def test_an_empty_object_stands_for_an_empty_list(ledger: World) -> None:
    file = ledger.file("moves.json", {"add": {}, "remove": CHANGES["remove"]})
    assert ledger.run("assign", "-f", file, "--env", "prod", "--yes").code == 0
    assert holdings(ledger) == BEFORE - TAKEN


FAULTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "another action": ({**WHOLE, "action": "dropAccounts"}, ("$.action", "assignRolesToAccounts")),
    "another api": ({**WHOLE, "api": "db"}, ("$.api", "must be admin")),
    "no accounts": ({"add": [{"roleNames": ["A"]}]}, ("$.add[0]", '"usernames" is missing')),
    "no roles": ({"add": [{"usernames": ["A"]}]}, ("$.add[0]", "roleNames")),
    "an unknown key": (
        {"add": [{"roleNames": ["A"], "userNames": ["B"], "usernames": []}]},
        ('"userNames" is unknown',),
    ),
    "a name that is too long": (
        {"add": [{"roleNames": ["A" * 65], "usernames": ["B"]}]},
        ("$.add[0].roleNames[0]", "64"),
    ),
    "an empty name": ({"add": [{"roleNames": [""], "usernames": ["B"]}]}, ("must not be empty",)),
    "an object with something in it": ({"add": {"roleNames": ["A"]}}, ("$.add",)),
    "both ways": (
        {
            "add": [{"roleNames": ["A"], "usernames": ["B"]}],
            "remove": [{"roleNames": ["A"], "usernames": ["B"]}],
        },
        ("$.remove[0].usernames[0]", "added and removed"),
    ),
    "a role in a bot": (
        {"formatVersion": 1, "assignments": [{**OWN["assignments"][0], "bot": "Helpdesk"}]},
        ("account role", "not in the bot"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_in_a_file_is_said_with_its_place(ledger: World, fault: str) -> None:
    value, told = FAULTS[fault]
    file = ledger.file("moves.json", json.dumps(value, indent=1))
    for ran in (
        ledger.run("validate", file),
        ledger.run("assign", "-f", file, "--env", "prod", "--yes"),
    ):
        assert ran.code == 3, ran.err
        for text in told:
            assert text in ran.out + ran.err
    assert ledger.log("prod") == []


def test_a_token_in_a_file_is_warned_about_and_never_shown(ledger: World) -> None:
    token = "0123456789abcdef0123"
    secrets = ledger.folder / "secrets"  # which is not looked through
    file = secrets / "moves.json"
    file.write_text(json.dumps({**WHOLE, "authToken": token}))
    ran = ledger.run("assign", "-f", file, "--env", "prod", "--yes")
    assert ran.code == 0, ran.err
    ran.says("holds a session token, which is not used")
    assert token not in ran.err + ran.out
    assert not [path for path, data in ledger.stored().items() if token.encode() in data]


def test_names_that_are_not_there(ledger: World) -> None:
    value = {"add": [{"roleNames": ["SALES", "PILOT"], "usernames": ["anne"]}]}
    file = ledger.file("moves.json", value)
    ran = ledger.run("assign", "-f", file, "--env", "prod", "--yes")
    assert ran.code == 3
    ran.says('user "anne": the target has none of that name (did you mean "ANN"?)')
    file = ledger.file("moves.json", {"add": [{"roleNames": ["pilot"], "usernames": ["ann"]}]})
    words = ("assign", "-f", file, "--env", "prod", "--yes")
    refused = ledger.run(*words)
    assert refused.code == 4
    refused.says("unseen_roles: nobody in the target holds 'PILOT'")
    ran = ledger.run(*words, "--allow-unseen-roles", "--reason", "new")
    assert ran.code == 0, ran.err
    assert holdings(ledger) == BEFORE | {("ANN", "PILOT")}
    file = ledger.file("moves.json", {"remove": [{"roleNames": ["SALE"], "usernames": ["ann"]}]})
    ran = ledger.run("assign", "-f", file, "--env", "prod", "--yes")
    assert ran.code == 0
    assert 'nobody holds the role "SALE" here (did you mean "SALES"?)' in one_line(ran.err)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"add": [{"roleNames": ["guest"], "usernames": ["ann"]}]}, "the role GUEST is what"),
        ({"remove": [{"roleNames": ["admin"], "usernames": ["ADMIN"]}]}, "keeps the role ADMIN"),
        ({"add": [{"roleNames": ["ü" * 33], "usernames": ["ann"]}]}, "64 bytes at most"),
    ],
)
def test_what_is_never_given_or_taken_stops_a_file(ledger: World, change: Any, told: str) -> None:
    file = ledger.file("moves.json", change)
    ran = ledger.run(
        *("assign", "-f", file, "--env", "prod", "--yes", "--on-unresolved", "skip"),
        *("--allow-unseen-roles", "--reason", "x"),
    )
    assert ran.code == 3, ran.err
    ran.says(told)


def test_a_file_for_the_other_platform_names_roles_that_are_not_here(ledger: World) -> None:
    line = {"kind": "user", "principal": "ann", "roleType": "admin", "role": "Ops"}
    file = ledger.file("moves.json", {"formatVersion": 1, "assignments": [line]})
    ran = ledger.run("assign", "-f", file, "--env", "prod", "--yes")
    assert ran.code == 3
    ran.says('admin role "Ops": admin roles of the target are not read')


# configs

CONFIGS: dict[str, tuple[dict[str, str | None], tuple[str, ...]]] = {
    "an app": (
        {"admin_app": '{ client_id = "x", client_secret = { env = "X" } }'},
        ("admin_app is a setting of Kore.ai environments, and this one is a FairCom server",),
    ),
    "an upload": ({"upload": '"platform"'}, ("upload is a setting of Kore.ai environments",)),
    "no login": ({"login": None}, ('"login" is missing',)),
    "no password": ({"login": '{ username = "ADMIN" }'}, ("login needs a password",)),
    "a password itself": (
        {"login": '{ username = "ADMIN", password = "hunter2-hunter2" }'},
        ("password holds a secret itself",),
    ),
    "only the next one": (
        {"login": '{ username = "A", password_next = { env = "X" } }'},
        ("password_next needs password",),
    ),
    "the same twice": (
        {"login": '{ username = "A", password = "", password_next = "" }'},
        ("password holds a secret itself", "password_next holds a secret itself"),
    ),
    "a key alone": ({"client_key": '"key.pem"'}, ("client_key needs client_cert",)),
    "/api": ({"url": '"https://ledger.example:8443/api/"'}, ("url ends with /api",)),
    "http": ({"url": '"http://ledger.example:8080"'}, ("http, which shows tokens",)),
}


@pytest.mark.parametrize("fault", CONFIGS)
def test_a_config_with_a_fault_is_refused_with_its_line(ledger: World, fault: str) -> None:
    settings, told = CONFIGS[fault]
    ledger.configure("prod", **settings)
    ran = promote(ledger)
    assert ran.code == 3, ran.err
    ran.says(*told, "line ", "next: ")
    assert "hunter2" not in ran.err
    assert ledger.control("/log") == []


def test_a_login_is_none_for_the_other_platform(ledger: World) -> None:
    ledger.configure("prod", platform='"kore"')
    ran = promote(ledger)
    assert ran.code == 3
    ran.says("login is a setting of FairCom servers, and this environment is none", '"admin_app"')


def test_limits_are_kept_where_the_config_has_them(ledger: World) -> None:
    ledger.configure("prod", limits="{ per_hour = 6 }")
    ran = promote(ledger)
    assert ran.code == 8, ran.err
    ran.says("the limit of 6 calls an hour is reached")
    ledger.configure("prod", limits=None)
    assert ledger.run("resume", ledger.runs()[0], "--yes").code == 0


# certificates


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secured(authority: trustme.CA, tmp_path: Path) -> Iterator[World]:
    """Servers that speak TLS, and only to who shows a certificate."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    served = written(authority.issue_cert("127.0.0.1"), tmp_path, "server")
    states = {"dev": DEV, "prod": PROD}
    tls: dict[str, Any] = {"tls": served, "ca_bundle": bundle, "client_ca": bundle}
    with (
        Sandbox(states, tmp_path / "box", s3=False, **tls) as started,
        world_on(started, tmp_path / "work") as made,
    ):
        for name in states:
            made.configure(name, ca_bundle=json.dumps(str(bundle)))
            show(made, authority, name, "ADMIN")
        yield made
        assert_logged_out(made)


def written(leaf: trustme.LeafCert, folder: Path, name: str) -> tuple[Path, Path]:
    """The files of a certificate and its key."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    leaf.cert_chain_pems[0].write_to_path(str(chain))
    leaf.private_key_pem.write_to_path(str(key))
    return chain, key


def show(world: World, authority: trustme.CA, environment: str, name: str) -> None:
    """Let a certificate say who logs in, and no password."""
    leaf = authority.issue_cert(f"{name}@example.com", common_name=name)
    chain, key = written(leaf, world.folder, name)
    world.configure(
        environment,
        client_cert=json.dumps(chain.name),
        client_key=json.dumps(key.name),
        login='{ username = "admin" }',
    )


def test_a_certificate_stands_for_a_password(secured: World, authority: trustme.CA) -> None:
    ran = promote(secured)
    assert ran.code == 0, ran.err
    assert holdings(secured) == EXACT
    (body,) = (e["body"] for e in secured.log("dev") if e["body"]["action"] == "createSession")
    assert not {"username", "password"} & body["params"].keys()
    doctor = secured.run("doctor", "--env", "dev")
    assert "login: admin is let in by its certificate" in doctor.out
    show(secured, authority, "prod", "OPS")
    ran = promote(secured)
    assert ran.code == 7
    ran.says("the server takes this login for 'OPS', not for 'admin'", "target: unchanged")


def test_without_a_certificate_nothing_is_said_to_such_a_server(secured: World) -> None:
    login = '{ username = "ADMIN", password = { file = "secrets/prod-login" } }'
    secured.configure("prod", client_cert=None, client_key=None, login=login)
    ran = promote(secured)
    assert ran.code == 7, ran.err
    ran.says("target: unchanged", "client_cert", "next: ")


def test_certificates_and_keys_are_looked_at_before_anything_is_sent(
    ledger: World, authority: trustme.CA
) -> None:
    leaf = authority.issue_cert("ADMIN")
    chain, key = written(leaf, ledger.folder, "one")
    _, other = written(authority.issue_cert("OPS"), ledger.folder, "other")
    locked = ledger.folder / "locked.key"
    pem = serialization.load_pem_private_key(key.read_bytes(), None)
    locked.write_bytes(
        pem.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"a passphrase"),
        )
    )
    both = ledger.file("both.pem", chain.read_bytes() + key.read_bytes())
    for settings, told in (
        ({"client_key": json.dumps(other.name)}, "they do not belong together"),
        ({"client_key": '"none.pem"'}, "cannot be read: No such file or directory"),
        ({"client_key": json.dumps(locked.name)}, "is encrypted"),
        ({"client_cert": json.dumps(other.name)}, "no PEM with both"),
    ):
        ledger.configure("prod", **{"client_cert": json.dumps(chain.name), **settings})
        ran = promote(ledger)
        assert ran.code == 3, ran.err
        ran.says(told, "target: unchanged", "next: Name PEM files as `client_cert`")
    ledger.configure("prod", client_cert=json.dumps(both.name), client_key=None)
    assert promote(ledger).code == 0
