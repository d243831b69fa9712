"""FairCom through the command line: plans, runs, refusals, and what goes over the wire."""

import pytest

from tests.cli.ledger import (
    ASSIGN,
    BEFORE,
    EXACT,
    MERGED,
    PROD,
    accounts,
    assigns,
    box,
    holdings,
    ledger,
    log_in_as,
    promote,
    server,
)
from tests.cli.staffed import one_line, section
from tests.cli.world import World

__all__ = ["box", "ledger"]


# what must be said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--assignments merge gives what the source has"),
        (("--assignments", "none"), "--assignments merge gives what the source has"),
        (("--mode", "full", "--assignments", "exact"), "roles can't be made or deleted on faircom"),
    ],
)
def test_what_becomes_of_who_holds_what_must_be_named(
    ledger: World, words: tuple[str, ...], told: str
) -> None:
    for ran in (
        ledger.run("plan", "--from", "dev", "--to", "prod", *words),
        ledger.promote("--yes", *words),
    ):
        assert ran.code == 2, ran.err
        ran.says(told, "target: unchanged", "next: ")
    assert ledger.log("prod") == []


def test_a_plan_reads_well(ledger: World) -> None:
    ran = ledger.run("plan", "--from", "dev", "--to", "prod", "--assignments", "exact")
    assert ran.code == 0, ran.err
    assert section(ran.out, "Assignments") == [
        '+ account role "LEDGER": ANN, BOB',
        '- account role "LEDGER": DEE',
        '- account role "OLD": BOB',
        '- account role "SALES": BOB, CY, EVE',
        "order for account roles: add, remove",
    ]
    assert section(ran.out, "Access")[:6] == [
        "+ 2 accounts gain role LEDGER in prod",
        "ANN, BOB",
        "- 3 accounts lose role SALES in prod",
        "BOB, CY, EVE",
        "- 1 account loses role LEDGER in prod",
        "DEE",
    ]
    assert section(ran.out, "Assignments left as they are") == [
        "the source was not seen to have the role, and does not have this holder:",
        'account role "EXTRA": EVE',
    ]
    assert "the first role of an account is its primary one" in one_line(ran.out)
    assert '"BOB" ("SALES")' in ran.out
    assert "4 of 7 accounts would lose access" in one_line(ran.out)
    assert holdings(ledger) == BEFORE


def test_with_v_every_account_is_listed(ledger: World) -> None:
    words = ("plan", "--from", "dev", "--to", "prod", "--assignments", "merge")
    ran = ledger.run(*words, first=("-v",))
    assert section(ran.out, "Access by user") == [
        "ANN",
        "+ role LEDGER in prod",
        "BOB",
        "+ role LEDGER in prod",
    ]


# runs


@pytest.mark.parametrize(("assignments", "wanted"), [("merge", MERGED), ("exact", EXACT)])
def test_a_promotion_does_just_that_and_a_second_one_nothing(
    ledger: World, assignments: str, wanted: set[tuple[str, str]]
) -> None:
    ran = promote(ledger, assignments)
    assert ran.code == 0, ran.err
    assert holdings(ledger) == wanted
    report = ledger.report()
    assert (report["result"], report["targetState"]) == ("done", "as desired")
    assert report["requests"] == len(ledger.calls("prod")) - 1  # the session was still open
    assert ledger.calls("dev") == ["createSession", "listAccounts", "deleteSession"]
    batches = 1 if assignments == "merge" else 2
    assert ledger.calls("prod") == [
        "createSession",
        "listAccounts",
        *([ASSIGN, "listAccounts"] * batches),
        "listAccounts",
        "deleteSession",
    ]
    seen = ledger.last()
    again = promote(ledger, assignments)
    assert (again.code, ledger.writes(seen)) == (0, []), again.err


def test_what_is_sent_is_the_least_in_the_servers_spelling(ledger: World) -> None:
    promote(ledger, "exact")
    first, second = assigns(ledger)
    assert first == {"add": [{"roleNames": ["LEDGER"], "usernames": ["ANN", "BOB"]}]}
    assert second == {
        "remove": [
            {"roleNames": ["LEDGER"], "usernames": ["DEE"]},
            {"roleNames": ["OLD"], "usernames": ["BOB"]},
            {"roleNames": ["SALES"], "usernames": ["BOB", "CY", "EVE"]},
        ]
    }
    entries = [entry["body"] for entry in ledger.log("prod")]
    assert {body["debug"] for body in entries if body["action"] == ASSIGN} == {"max"}
    assert {body["debug"] for body in entries if body["action"] != ASSIGN} == {"none"}
    ids = [body["requestId"] for body in entries]
    assert len({*ids}) == len(ids)


def test_a_name_is_sent_as_the_target_spells_it(ledger: World) -> None:
    ledger.put("prod", server({"Ann": "sales", "bob": "lEDGER"}))
    ledger.switch(spelling="kept", role_case="exact")
    assert promote(ledger, "merge", "--on-unresolved", "skip").code == 0
    assert assigns(ledger) == [{"add": [{"roleNames": ["lEDGER"], "usernames": ["Ann"]}]}]


def test_nobody_is_without_any_role_on_the_way(ledger: World) -> None:
    assert promote(ledger, "exact").code == 0
    for entry in ledger.log("prod"):
        if entry["body"]["action"] == ASSIGN:
            then = ledger.control(f"/state/prod?at={entry['seq']}")
            held = {each["username"]: each["roles"] for each in then["accounts"]}
            assert all(held[name] not in ([], ["GUEST"]) for name in ("BOB", "CY"))


def test_roles_in_scope_are_named_in_any_case(ledger: World) -> None:
    ran = promote(ledger, "exact", "--role", "led*")
    assert ran.code == 0, ran.err
    moved = {("ANN", "LEDGER"), ("BOB", "LEDGER"), ("DEE", "LEDGER")}
    assert holdings(ledger) ^ BEFORE == moved
    wrong = promote(ledger, "exact", "--role", "lex*")
    assert wrong.code == 2
    wrong.says("--role 'LEX*' matches no role")


def test_other_names_are_said_in_the_config(ledger: World) -> None:
    names = '{ users = { "ann" = "eve" }, roles = { "ledger" = "Extra", "Audit" = "AUDIT" } }'
    ledger.configure(identity=names)
    assert promote(ledger, "merge").code == 0
    assert holdings(ledger) - BEFORE == {("BOB", "EXTRA")}


def test_names_that_the_target_lacks_stop_the_plan_together(ledger: World) -> None:
    ledger.put("dev", server({"zoe": "SALES", "xan": "SALES", "ann": "SALES"}))
    ran = promote(ledger, "merge")
    assert ran.code == 3
    ran.says('user "xan"', 'user "zoe"', "--on-unresolved skip", "target: unchanged")
    assert "looking up" not in ran.err
    assert promote(ledger, "merge", "--on-unresolved", "skip").code == 0
    assert ledger.writes() == []


def test_a_saved_plan_is_applied_once_and_only_to_what_it_was_made_for(ledger: World) -> None:
    plan = ledger.plan("--assignments", "merge")
    ledger.put("prod", server({**accounts(PROD), "ANN": "SALES LEDGER"}))
    stale = ledger.run("apply", plan, "--yes")
    assert stale.code == 5
    stale.says("assignments changed since the plan was made: 'ANN' in role 'LEDGER'")
    ledger.put("prod", PROD)
    assert ledger.run("apply", plan, "--yes").code == 0
    assert holdings(ledger) == MERGED
    assert ledger.run("apply", plan, "--yes").code == 5
    ledger.put("prod", PROD)
    allow = ("--allow", "reverts_hotfix", "--reason", "a test")
    plan = ledger.plan("--assignments", "merge", *allow)
    ledger.put("prod", server({k: held for k, held in accounts(PROD).items() if k != "ANN"}))
    gone = ledger.run("apply", plan, "--yes")
    assert gone.code == 5
    gone.says('not there any more, as they were when the plan was made: user "ANN"')


# what can't be seen

UNSEEN = server({"ann": "PILOT SALES", "bob": "PILOT"}, "NOVEL")


def test_a_role_that_nobody_holds_is_refused_until_it_is_allowed(ledger: World) -> None:
    ledger.put("dev", UNSEEN)
    with ledger.untouched():
        ran = promote(ledger, "merge")
    assert ran.code == 4
    ran.says(
        'account role "PILOT" (not seen on the target): ANN, BOB',
        "unseen_roles: nobody in the target holds 'PILOT', and roles can't be listed",
        "--allow-unseen-roles",
        "target: unchanged",
    )
    ran = promote(ledger, "merge", "--allow-unseen-roles", "--reason", "made for the pilot")
    assert ran.code == 0, ran.err
    ran.says('assign: 1 account assignment to add, to see that role "PILOT" is there')
    assert assigns(ledger) == [
        {"add": [{"roleNames": ["PILOT"], "usernames": ["ANN"]}]},
        {"add": [{"roleNames": ["PILOT"], "usernames": ["BOB"]}]},
    ]
    assert holdings(ledger) == BEFORE | {("ANN", "PILOT"), ("BOB", "PILOT")}


@pytest.mark.parametrize("trouble", ["warning", "error", "silent"])
def test_a_role_that_is_not_there_is_found_out_before_anything_is_done(
    ledger: World, trouble: str
) -> None:
    ledger.configure(timeout="0.5")
    ledger.put("dev", server({"ann": "NOVEL Ledger", "bob": "NOVEL"}))
    ledger.switch(unknown_role=trouble)
    with ledger.untouched():
        ran = promote(ledger, "exact", "--allow-unseen-roles", "--reason", "it should be there")
    assert ran.code == 7, ran.err
    ran.says('role "NOVEL" is there', "target: unchanged", "next: ")
    assert len(assigns(ledger)) == 1
    ledger.switch(unknown_role="created")
    ran = promote(ledger, "exact", "--allow-unseen-roles", "--reason", "it should be there")
    assert ran.code == 0, ran.err
    assert ("BOB", "NOVEL") in holdings(ledger)


def test_the_way_back_gives_a_role_that_nobody_holds_any_more(ledger: World) -> None:
    assert promote(ledger, "exact").code == 0
    assert ("BOB", "OLD") not in holdings(ledger)
    ran = ledger.run("rollback", ledger.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert holdings(ledger) == BEFORE
    assert "can't be promised" in one_line(ran.err)
    assert len(assigns(ledger)) == 4


# what the platform refuses


def test_only_admin_changes_who_is_an_administrator(ledger: World) -> None:
    ledger.put("dev", server({"ann": "ADMIN SALES", "ops": "ADMIN"}))
    log_in_as(ledger, "OPS")
    with ledger.untouched():
        ran = promote(ledger, "merge", "--allow", "no_gain", "--reason", "x")
    assert ran.code == 4, ran.err
    ran.says(
        "platform_refuses: only ADMIN can give or take the role ADMIN, and this runs as OPS",
        '"ANN"',
        "--exclude-role ADMIN",
        "This can't be allowed",
    )
    allowed = promote(ledger, "merge", "--allow", "platform_refuses", "--reason", "x")
    assert allowed.code == 2
    assert promote(ledger, "merge", "--exclude-role", "admin").code == 0
    log_in_as(ledger, "ADMIN")
    ran = promote(ledger, "merge")
    assert ran.code == 0, ran.err
    ran.says("warn: no_gain: would be gained: 'ADMIN' by 1 account ('ANN')")
    assert ("ANN", "ADMIN") in holdings(ledger)


def test_admins_own_role_is_never_taken_and_the_operators_only_if_allowed(ledger: World) -> None:
    ledger.put("dev", server({"ann": "SALES", "ops": "SALES"}))
    ran = promote(ledger, "exact", "--role", "admin")
    assert ran.code == 0, ran.err
    assert ("ADMIN", "ADMIN") in holdings(ledger)
    assert ("OPS", "ADMIN") not in holdings(ledger)


def test_the_operator_never_loses_its_own_role(ledger: World) -> None:
    ledger.put("dev", server({"ann": "SALES", "ops": "SALES"}))
    log_in_as(ledger, "OPS")
    with ledger.untouched():
        ran = promote(ledger, "exact", "--allow", "operator_unchanged", "--reason", "x")
    assert ran.code == 4
    ran.says("only ADMIN can give or take the role ADMIN")


def test_128_roles_make_room_first_and_no_more_are_held(ledger: World) -> None:
    roles = [f"R{number:03}" for number in range(140)]
    ledger.put("dev", server({"ann": " ".join(roles[10:138]), "bob": "R000"}))
    ledger.put("prod", server({"ann": " ".join(roles[:128]), "bob": " ".join(roles[128:138])}))
    ran = promote(ledger, "exact")
    assert ran.code == 0, ran.err
    ran.says(
        "order for account roles: remove 10, add, remove",
        'account "ANN" would hold more than 128 roles on the way, so 10 are taken from',
    )
    first, second, *_ = assigns(ledger)
    assert [entry["usernames"] for entry in first["remove"]] == [["ann"]] * 10
    assert set(second) == {"add"}
    assert {role for name, role in holdings(ledger) if name == "ANN"} == {*roles[10:138]}
    ledger.put("prod", server({"ann": " ".join(roles[:128]), "bob": " ".join(roles[128:])}))
    with ledger.untouched():
        ran = promote(ledger, "merge", "--exclude-role", "R000")
    assert ran.code == 4
    ran.says('platform_refuses: more than 128 roles would be held by account "ANN" (138)')


def test_guards_name_roles_as_permissions_in_any_case(ledger: World) -> None:
    ledger.guards(
        '[[guards]]\nrule = "no_gain"\nseverity = "refuse"\npermissions = ["ledger", "nobody"]\n'
        '[[guards]]\nrule = "not_together"\npermissions = ["sales", "Audit"]\n'
        '[[guards]]\nrule = "max_losers"\nmax = 1\npercent = 100\nseverity = "refuse"\n'
    )
    with ledger.untouched():
        ran = promote(ledger, "merge")
    assert ran.code == 4
    ran.says("no_gain: would be gained: 'LEDGER' by 2 accounts ('ANN', 'BOB')")
    ran.says("1 account ('CY') would hold 'SALES' and 'AUDIT' together (1 of them already today)")
    ran = promote(ledger, "exact")
    ran.says("max_losers: 4 of 7 accounts would lose access")
