"""Settings that concern people: identity rules, the account's id, the age of a source."""

from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.config import Config, load
from migrate.errors import InvalidInput
from migrate.identity import IdentityRules

TOP = """
[environments.prod]
platform = "kore"
url = "https://bots.kore.ai"
admin_app = { client_id = "cs", client_secret = { env = "S" } }
"""

Load = Callable[[str], Config]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def load_text(text: str) -> Config:
        path = tmp_path / "role-migrate.toml"
        path.write_text(TOP + text)
        return load(path, {})

    return load_text


def faults(loaded: Load, text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        loaded(text)
    return [str(fault) for fault in caught.value.faults]


def test_nothing_is_said_by_default(loaded: Load) -> None:
    prod = loaded("").environment("prod")
    assert (prod.account_id, prod.max_source_age) == (None, 24 * 3600.0)
    assert prod.identity_rules == IdentityRules()


def test_all_tables_of_names(loaded: Load) -> None:
    prod = loaded(
        """
account_id = "st-account"
[environments.prod.identity]
users = { "a@dev.example.com" = "b@example.com", "same@x" = "SAME@x" }
groups = { "Ops" = "Operations" }
bots = { "Bank" = "Bank EU" }
roles = { "Bot Developer" = "App Developer", "client_secret" = "Secrets" }
domains = { "@dev.example.com" = "@example.com", "@qa.example.com" = "@example.com" }
"""
    ).environment("prod")
    assert prod.account_id == "st-account"
    assert prod.identity_rules == IdentityRules(
        users={"a@dev.example.com": "b@example.com", "same@x": "SAME@x"},
        groups={"Ops": "Operations"},
        bots={"Bank": "Bank EU"},
        roles={"Bot Developer": "App Developer", "client_secret": "Secrets"},
        domains={"@dev.example.com": "@example.com", "@qa.example.com": "@example.com"},
    )


def test_secrets_stay_secret_in_an_environment_that_is_called_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "role-migrate.toml"
    for name in ("identity", "permission_map"):
        path.write_text(TOP.replace("environments.prod", f"environments.{name}"))
        assert load(path, {}).environment(name).admin_app.client_id == "cs"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ('"24h"', 86400),
        ('"7d"', 604800),
        ('"90m"', 5400),
        ('"30s"', 30),
        ("3600", 3600),
        ("0.5", 0.5),
        ('"3650d"', 315360000),
    ],
)
def test_the_age_of_a_source(loaded: Load, written: str, seconds: float) -> None:
    prod = loaded(f"max_source_age = {written}").environment("prod")
    assert prod.max_source_age == seconds


@pytest.mark.parametrize(
    "written",
    [
        *('"24"', '"h"', '"1.5h"', '"-1h"', '"24 h"', '"24h\\n"', '"24H"', '"١h"', '"1w"'),
        *('"0h"', '"3651d"', '"999999999d"', '""', f'"{"9" * 5000}d"'),
        *("0", "-1", "true", "[]", "315360001"),
    ],
)
def test_what_is_no_age(loaded: Load, written: str) -> None:
    [fault] = faults(loaded, f"max_source_age = {written}")
    assert fault.startswith("line 6, ")
    assert "max_source_age" in fault


@pytest.mark.parametrize("written", ["nan", "inf"])
def test_an_age_must_be_finite(loaded: Load, written: str) -> None:
    found = faults(loaded, f"max_source_age = {written}")
    assert any("must be a number: TOML's nan" in fault for fault in found)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('users = { "A@x" = "b@x", "a@x" = "c@x" }', 'users: "a@x" and "A@x" are the same user'),
        ('users = { "a@x" = "C@x", "b@x" = "c@x" }', 'users: "a@x" and "b@x" are both mapped'),
        ('groups = { "A" = "C", "B" = "C" }', 'groups: "A" and "B" are both mapped to "C"'),
        ('bots = { "A" = "B", "B" = "C" }', '"A" is mapped to "B", which is mapped to "C"'),
        ('users = { "a@x" = "B@x", "b@x" = "c@x" }', '"a@x" is mapped to "B@x", which is mapped'),
        ('roles = { "A" = "C", "B" = "C" }', 'roles: "A" and "B" are both mapped to "C"'),
        ('domains = { "dev.example.com" = "@x.com" }', '"dev.example.com" is no domain'),
        ('domains = { "@dev.example.com" = "x.com" }', '"x.com" is no domain'),
        ('domains = { "a@dev.example.com" = "@x.com" }', "is no domain"),
        ('domains = { "@" = "@x.com" }', '"@" is no domain'),
        ('domains = { "@@x" = "@x.com" }', '"@@x" is no domain'),
        ('domains = { "@a b" = "@x.com" }', '"@a b" is no domain'),
        ('domains = { "@A" = "@b", "@a" = "@c" }', '"@a" and "@A" are the same domain'),
        ('domains = { "@a" = "@B", "@b" = "@c" }', '"@a" is mapped to "@B", which is mapped'),
        ('groups = { "A" = "" }', "must not be empty"),
        ('groups = { "" = "A" }', "must not be empty"),
        ('groups = { "A" = 1 }', "must be a string"),
        ("groups = 1", "must be an object"),
        ('group = { "A" = "B" }', 'did you mean "groups"'),
    ],
)
def test_one_fault_with_its_line(loaded: Load, table: str, words: str) -> None:
    [fault] = faults(loaded, f"[environments.prod.identity]\n{table}\n")
    assert words in fault
    assert fault.startswith("line 7, ")


def test_a_swap_is_a_chain_both_ways(loaded: Load) -> None:
    text = '[environments.prod.identity.bots]\n"A" = "B"\n"B" = "A"\n'
    found = faults(loaded, text)
    assert [each.split(",")[0] for each in found] == ["line 7", "line 8"]


def test_groups_that_differ_by_case_are_two(loaded: Load) -> None:
    prod = loaded('[environments.prod.identity]\ngroups = { "Ops" = "A", "ops" = "a" }')
    assert prod.environment("prod").identity_rules.groups == {"Ops": "A", "ops": "a"}


def test_an_empty_account_id(loaded: Load) -> None:
    assert "must not be empty" in faults(loaded, 'account_id = ""')[0]
