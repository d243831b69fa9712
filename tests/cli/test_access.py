"""Whose access a plan changes: said, saved, guarded, and judged again when it is applied."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate import planfile, resources
from migrate.sandbox import Sandbox
from migrate.sandbox.kore.seed import built_in_roles
from migrate.validation import validate
from tests.cli.world import USERS, Ran, World, role, world_on
from tests.core.test_github import commands

DIRECT, OUTER, NESTED = "ann@example.com", "bob@example.com", "cy@example.com"
SUPPORT, OPERATOR = "dee@example.com", "ops@example.com"
HELPDESK = "st-helpdesk"


def account(*roles: dict[str, Any]) -> dict[str, Any]:
    """An account with a user of every kind; nobody holds one of the roles unless they say so."""
    return {
        "platform": "kore",
        "roles": [*built_in_roles("admin"), *built_in_roles("bot"), *roles],
        "users": [{"username": name} for name in (DIRECT, OUTER, NESTED, SUPPORT, OPERATOR)],
        "groups": [
            {"gN": "Desk", "users": [OUTER], "groups": ["Night Desk"]},
            {"gN": "Night Desk", "users": [NESTED]},
        ],
        "bots": [{"_id": HELPDESK, "name": "Helpdesk"}],
    }


def held(document: dict[str, Any], *holders: dict[str, str]) -> dict[str, Any]:
    """The role, held by somebody."""
    return {**document, "holders": list(holders)}


SAME = role("admin", "Night Shift", Preferences="YES", Manage_Users="NO")
SENIOR = role("admin", "Senior", Preferences="YES", Manage_Custom_Admin_Roles="YES")
DEV = account(
    SAME,
    role("admin", "Ops", Invite="NO", Single_Sign_On="YES"),
    role("bot", "Helper", Tasks="FULL", Testing="NO"),
    role("admin", "Newcomer", Preferences="YES"),
    SENIOR,
)
PROD = account(
    held(SAME, {"user": SUPPORT}),
    held(role("admin", "Ops", Invite="YES"), {"user": DIRECT}, {"group": "Desk"}),
    held(
        role("bot", "Helper", Tasks="VIEW"),
        {"user": SUPPORT, "bot": HELPDESK},
        {"group": "Night Desk", "bot": HELPDESK},
    ),
    held(role("admin", "Leftover", API_Scopes="YES"), {"user": SUPPORT}, {"group": "Desk"}),
    held(SENIOR, {"user": OPERATOR}),
)
FULL = ("--mode", "full", "--allow", "max_deletions", "--reason", "a test")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": DEV, "prod": PROD}, folder, s3=False) as started:
        yield started


@pytest.fixture
def staffed(box: Sandbox, tmp_path: Path) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        yield made


def plan(world: World, *arguments: str, code: int = 0) -> Ran:
    ran = world.run("plan", "--from", "dev", "--to", "prod", *arguments)
    assert ran.code == code, ran.err
    return ran


def section(text: str, title: str) -> list[str]:
    """The lines under a heading, up to the next empty one, each without its indent."""
    lines = text.splitlines()
    found = lines[lines.index(title) + 1 :]
    return [line.strip() for line in found[: found.index("")]]


def verdicts(ran: Ran) -> dict[str, dict[str, str]]:
    return {verdict["rule"]: verdict for verdict in ran.json()["verdicts"]}


def guard(rule: str, *settings: str) -> str:
    return "\n".join(["[[guards]]", f'rule = "{rule}"', *settings, ""])


def give(world: World, name: str, holder: dict[str, str]) -> None:
    """Somebody gives a role of prod to somebody by hand."""
    document = world.state()
    found = next(each for each in document["roles"] if each["role"] == name)
    found["holders"] = [*found["holders"], holder]
    world.put("prod", document)


# what a plan says


def test_the_plan_says_who_gains_and_loses_what_and_where(staffed: World) -> None:
    assert section(plan(staffed).out, "Access") == [
        "+ 1 user and 1 group (2 users) gain Single Sign On in prod, through Ops",
        f"{DIRECT}, group Desk",
        "+ 1 user and 1 group (1 user) gain Tasks (VIEW → FULL) in bot Helpdesk,",
        "through Helper",
        f"{SUPPORT}, group Night Desk",
        "- 1 user and 1 group (2 users) lose Invite in prod, through Ops",
        f"{DIRECT}, group Desk",
        "1 note on what grants nothing (-v shows all)",
    ]


def test_at_length_it_has_a_table_by_user_with_the_group_that_brings_it(staffed: World) -> None:
    ran = staffed.run("plan", "--from", "dev", "--to", "prod", first=("-v",))
    assert ran.code == 0
    table = section(ran.out, "Access by user")
    start = table.index(NESTED) + 1
    assert table[start : start + 4] == [
        "- Invite in prod: YES → NO, through Ops (group Desk)",
        "+ Single Sign On in prod: absent → YES, through Ops (group Desk)",
        "+ Tasks in bot Helpdesk: VIEW → FULL, through Helper (group Night Desk)",
        "= Testing in bot Helpdesk: absent → NO, through Helper (group Night Desk)",
    ]
    assert table[table.index(DIRECT) + 1] == "- Invite in prod: YES → NO, through Ops"
    assert not any(OPERATOR in line for line in table)


def test_a_role_that_goes_takes_what_it_gave(staffed: World) -> None:
    ran = plan(staffed, *FULL, "--allow", "held_roles")
    found = section(ran.out, "Access")
    assert "- 1 user and 1 group (2 users) lose API Scopes in prod, through Leftover" in found


def test_where_nobody_is_concerned_it_says_so(staffed: World) -> None:
    assert section(plan(staffed, "--role", "Newcomer").out, "Access") == [
        "nobody gains or loses anything"
    ]
    staffed.put("dev", staffed.state())
    assert "Access" not in plan(staffed).out.splitlines()


def test_what_a_merged_row_says_is_the_same(staffed: World) -> None:
    separate = plan(staffed, "--format", "json").json()["people"]["access"]
    staffed.switch(group_rows="merged")
    assert plan(staffed, "--format", "json").json()["people"]["access"] == separate


def test_users_on_many_pages_are_one_account(staffed: World) -> None:
    whole = plan(staffed, "--format", "json").json()["people"]
    for largest, way in ((2, "record"), (2, "page"), (1, "record")):
        staffed.switch(largest_page=largest, offset_users=way)
        assert plan(staffed, "--format", "json").json()["people"] == whole


def test_the_plan_file_holds_the_changes_and_its_schema_allows_them(staffed: World) -> None:
    path = staffed.plan()
    value = json.loads(path.read_bytes())
    assert validate(value, None, resources.schema("plan"), where="plan") == ()
    again = planfile.from_value(value, where="plan")
    assert json.loads(json.dumps(planfile.to_value(again))) == value
    changes = value["people"]["access"]
    by_scope = {(each["roleType"], each["scope"]): each for each in changes}
    assert by_scope.keys() == {("admin", ""), ("bot", "Helpdesk")}
    assert {
        (each["roleType"], one["kind"], one["name"])
        for each in changes
        for one in each["principals"]
    } == {
        ("admin", "user", DIRECT),
        ("admin", "user", OUTER),
        ("admin", "user", NESTED),
        ("admin", "group", "Desk"),
        ("bot", "user", SUPPORT),
        ("bot", "user", NESTED),
        ("bot", "group", "Night Desk"),
    }
    tasks = next(
        delta
        for delta in by_scope["bot", "Helpdesk"]["permissions"]
        if delta["permission"] == "Tasks"
    )
    assert tasks == {
        "permission": "Tasks",
        "direction": "gain",
        "before": ["VIEW"],
        "after": ["FULL"],
        "roles": ["Helper"],
    }
    checked = staffed.run("validate", path)
    assert checked.code == 0, checked.out


def test_an_edited_list_of_people_is_no_plan(staffed: World) -> None:
    path = staffed.plan()
    value = json.loads(path.read_bytes())
    value["people"]["access"] = []
    path.write_text(json.dumps(value))
    with staffed.untouched():
        ran = staffed.run("apply", path, "--yes")
    assert ran.code == 3
    ran.says("was edited", "target: unchanged")


def test_a_snapshot_of_the_target_holds_its_people(staffed: World) -> None:
    plan(staffed)
    last = json.loads((staffed.shelf / "snapshots" / "last.json").read_bytes())
    path = staffed.shelf / "snapshots" / f"{last['snapshot']}.json"
    people = json.loads(path.read_bytes())["state"]["assignments"]
    assert people["accountId"] == staffed.state()["accountId"]
    assert {
        (item["kind"], item["principal"], item["role"], item["scope"]) for item in people["items"]
    } == {
        (kind, who, each["role"], "Helpdesk" if each["roleType"] == "bot" else "")
        for each in PROD["roles"]
        for holder in each.get("holders", ())
        for kind, who in holder.items()
        if kind != "bot"
    }
    assert people["groupsOf"] == {OUTER: ["Desk"], NESTED: ["Desk", "Night Desk"]}
    assert staffed.run("validate", path).code == 0


def test_a_promotion_reads_holders_once_and_gives_what_the_plan_said(staffed: World) -> None:
    ran = staffed.promote("--yes")
    assert ran.code == 0, ran.err
    assert staffed.calls().count("GET alluserroles") == 1
    assert "Access" in ran.err.splitlines()
    assert "nobody" not in ran.err
    assert "Nothing to change." in plan(staffed).out


# guards over access


@pytest.mark.parametrize(
    ("settings", "objection"),
    [
        (
            guard("no_gain", 'permissions = ["Single Sign On"]'),
            f"would be gained: 'Single Sign On' by 3 users ('{DIRECT}', '{OUTER}', '{NESTED}') and "
            "1 group ('Desk') through 'Ops'",
        ),
        (
            guard("max_losers", "max = 2", "percent = 100"),
            "3 of 5 users would lose access (60.0 %)",
        ),
        (
            guard("max_losers", "max = 5", "percent = 59.9"),
            "3 of 5 users would lose access (60.0 %)",
        ),
        (
            guard("only_through", 'permission = "Single Sign On"', 'roles = ["Sen*"]'),
            "'Single Sign On' is to be held through 'Sen*' only, but 3 users",
        ),
        (
            guard("not_together", 'permissions = ["Single Sign On", "API Scopes"]'),
            f"2 users ('{OUTER}', '{NESTED}') and 1 group ('Desk') would hold 'Single Sign On' and "
            "'API Scopes' together",
        ),
        (
            guard("somebody_holds", 'permission = "Invite"'),
            "no user would hold 'Invite'; today it is 3 users",
        ),
    ],
)
def test_a_guard_refuses_warns_or_is_allowed_with_a_reason(
    staffed: World, settings: str, objection: str
) -> None:
    rule = settings.split('"')[1]
    staffed.guards(f'{settings}severity = "refuse"\n')
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 4
    ran.says(f"{rule}: ", objection, "prod", "target: unchanged", f"--allow {rule} --reason")
    assert staffed.writes() == []
    staffed.guards(f'{settings}severity = "warn"\n')
    found = verdicts(plan(staffed, "--format", "json"))[rule]
    assert found["outcome"] == "warn"
    assert objection in found["message"]
    staffed.guards(f'{settings}severity = "refuse"\n')
    ran = staffed.promote("--yes", "--allow", rule, "--reason", "ticket 47")
    assert ran.code == 0, ran.err
    assert "(allowed: ticket 47)" in " ".join(ran.err.split())


@pytest.mark.parametrize(
    "settings",
    [
        guard("no_gain", 'permissions = ["Enterprise Key", "Invite"]'),
        guard("max_losers", "max = 3", "percent = 60"),
        guard("only_through", 'permission = "Single Sign On"', 'roles = ["O*"]'),
        guard("not_together", 'permissions = ["Single Sign On", "Invite"]'),
        guard("somebody_holds", 'permission = "Single Sign On"'),
    ],
)
def test_a_guard_passes_where_it_has_nothing_to_object_to(staffed: World, settings: str) -> None:
    staffed.change("prod", "admin", "Night Shift", **{"Enterprise Key": "NO"})
    staffed.guards(f'{settings}severity = "refuse"\n')
    rule = settings.split('"')[1]
    assert verdicts(plan(staffed, "--format", "json"))[rule]["outcome"] == "pass"


def test_without_a_word_in_the_config_sensitive_gains_warn_and_nobody_is_locked_out(
    staffed: World,
) -> None:
    found = verdicts(plan(staffed, "--format", "json"))
    assert found["no_gain"]["outcome"] == "warn"
    assert "'Single Sign On'" in found["no_gain"]["message"]
    staffed.change("dev", "admin", "Senior", **{"Manage Custom Admin Roles": "NO"})
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 4
    ran.says("somebody_holds: no user would hold 'Manage Custom Admin Roles'", OPERATOR)


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        (
            guard("no_gain", 'permissions = ["Single Sing On"]'),
            [
                "permission that neither side has",
                '"Single Sing On" (did you mean "Single Sign On"?)',
            ],
        ),
        (
            guard("only_through", 'permission = "Single Sign On"', 'roles = ["Opps"]'),
            ["role that neither side has", '"Opps" (did you mean "Ops"?)'],
        ),
        (
            guard("not_together", 'permissions = ["Invit", "Preferences"]'),
            ['"Invit" (did you mean "Invite"?)'],
        ),
        (
            guard("somebody_holds", 'permission = "Preference"'),
            ['"Preference" (did you mean "Preferences"?)'],
        ),
        (
            guard("not_together", 'permissions = ["Invite", "Tasks"]'),
            ["'Invite', 'Tasks'", "nobody could ever hold them in one scope"],
        ),
    ],
)
def test_a_name_that_neither_side_has_is_an_error_and_no_pass(
    staffed: World, settings: str, faults: list[str]
) -> None:
    staffed.guards(settings)
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 3, ran.err
    ran.says(*faults, "guard ", "target: unchanged", "Correct the guard in the config")
    assert staffed.writes() == []
    assert staffed.runs() == []


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (guard("only_through", 'permission = "Invite"'), "only_through needs roles"),
        (guard("only_through", 'roles = ["Ops"]'), "only_through needs permission"),
        (guard("not_together"), "not_together needs permissions"),
        (guard("no_gain", "max = 3"), "max is no parameter of no_gain"),
        (guard("no_gains"), "did you mean"),
        (guard("operator_unchanged", 'permission = "Invite"'), "is no parameter of"),
    ],
)
def test_a_guard_without_what_it_needs_is_a_fault_of_the_config(
    staffed: World, settings: str, fault: str
) -> None:
    staffed.guards(settings)
    ran = staffed.run("plan", "--from", "dev", "--to", "prod")
    assert ran.code == 3
    ran.says("role-migrate.toml", fault)
    assert staffed.control("/log") == []


def test_a_guard_for_another_environment_is_not_asked_here(staffed: World) -> None:
    staffed.guards(guard("no_gain", 'permissions = ["No Such"]', 'environments = ["de*"]'))
    assert verdicts(plan(staffed, "--format", "json"))["no_gain"]["outcome"] == "warn"


def act_as(world: World, subject: str) -> None:
    """Let the tokens for prod name somebody."""
    app = world.settings["prod"]["admin_app"]
    bare = app.partition(", sub = ")[0] if ", sub = " in app else app.removesuffix(" }")
    world.configure(admin_app=f'{bare}, sub = "{subject}" }}')


@pytest.mark.parametrize("subject", [DIRECT, "ANN@Example.com"])
def test_who_runs_it_gains_and_loses_nothing(staffed: World, subject: str) -> None:
    act_as(staffed, subject)
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 4
    ran.says(
        f"operator_unchanged: '{DIRECT}', who runs this, would gain 'Single Sign On' and lose "
        "'Invite'"
    )
    act_as(staffed, OPERATOR)
    assert verdicts(plan(staffed, "--format", "json"))["operator_unchanged"]["outcome"] == "pass"
    assert staffed.promote("--yes").code == 0


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("", "the admin app has no e-mail as `sub`"),
        ("robot", "the admin app has no e-mail as `sub`"),
        ("typo@example.com", 'the target lists no user "typo@example.com"'),
    ],
)
def test_where_nobody_knows_who_runs_it_the_guard_does_not_say_pass(
    staffed: World, subject: str, why: str
) -> None:
    if subject:
        act_as(staffed, subject)
    found = verdicts(plan(staffed, "--format", "json"))["operator_unchanged"]
    assert found["outcome"] == "not checked"
    assert found["message"].startswith(why)
    assert f"not checked: operator_unchanged: {why}" in " ".join(plan(staffed).out.split())
    # What the config asks for by name has to be looked at.
    staffed.guards(guard("operator_unchanged"))
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 4
    ran.says(f"operator_unchanged: this can't be judged: {why}", "target: unchanged")
    staffed.guards("")
    ran = staffed.promote("--yes")
    assert ran.code == 0, ran.err
    assert {each["outcome"] for each in staffed.report()["verdicts"]} >= {"not checked"}


def test_a_guard_may_name_what_only_roles_out_of_scope_have(staffed: World) -> None:
    staffed.change("dev", "admin", "Senior", **{"Enterprise Key": "NO"})
    settings = guard("no_gain", 'permissions = ["Enterprise Key"]')
    staffed.guards(settings + guard("only_through", 'permission = "Invite"', 'roles = ["*"]'))
    scope = ("--role", "Ops")
    file = staffed.folder / "p.json"
    assert plan(staffed, *scope, "--out", str(file)).code == 0
    assert staffed.run("apply", file, "--yes").code == 0


# roles that somebody holds


def test_a_role_that_somebody_holds_is_deleted_only_with_a_reason(staffed: World) -> None:
    with staffed.untouched():
        ran = staffed.promote("--yes", *FULL)
    assert ran.code == 4
    ran.says("held_roles: ", "'Leftover (2)'", "--allow held_roles", "target: unchanged")
    assert staffed.promote("--yes", *FULL, "--allow", "held_roles").code == 0
    assert ("admin", "Leftover") not in staffed.roles()


def test_a_role_that_nobody_holds_any_more_can_go(staffed: World) -> None:
    document = staffed.state()
    for each in document["roles"]:
        each["holders"] = [] if each["role"] == "Leftover" else each["holders"]
    staffed.put("prod", document)
    assert staffed.promote("--yes", *FULL).code == 0


# who holds roles can't be read


def test_encrypted_answers_refuse_unless_allowed_with_a_reason(staffed: World) -> None:
    staffed.switch(payload_encryption="on")
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 4
    ran.says("membership_unread", "payload encryption is on", "--allow membership_unread")
    assert "Access: not known" in ran.err
    assert staffed.writes() == []
    path = staffed.plan("--allow", "membership_unread", "--reason", "roles only")
    value = json.loads(path.read_bytes())
    assert "payload encryption" in value["people"]["unread"]
    assert value["people"]["access"] == []
    assert validate(value, None, resources.schema("plan"), where="plan") == ()
    ran = staffed.run("apply", path, "--yes")
    assert ran.code == 0, ran.err
    assert "Single Sign On" in staffed.roles()["admin", "Ops"]["permissions"]


def test_where_nothing_changes_nobody_needs_to_know_who_holds_what(staffed: World) -> None:
    staffed.switch(payload_encryption="on")
    staffed.put("dev", staffed.state())
    assert staffed.promote("--yes").code == 0


def test_a_guard_that_cannot_look_objects(staffed: World) -> None:
    staffed.switch(payload_encryption="on")
    allow = ("--allow", "membership_unread", "--reason", "roles only")
    unseen = verdicts(plan(staffed, *allow, "--format", "json"))["no_gain"]
    assert unseen["outcome"] == "not checked"
    staffed.guards(guard("no_gain", 'severity = "refuse"', 'permissions = ["Single Sign On"]'))
    with staffed.untouched():
        ran = staffed.promote("--yes", *allow)
    assert ran.code == 4
    ran.says("no_gain: this can't be judged: it is not known who holds which role")
    assert "membership_unread:" not in ran.err.rsplit("error:", 1)[1]
    assert staffed.promote("--yes", *allow, "--allow", "no_gain").code == 0


def test_what_was_read_when_planning_must_be_readable_when_applying(staffed: World) -> None:
    path = staffed.plan()
    staffed.switch(payload_encryption="on")
    with staffed.untouched():
        ran = staffed.run("apply", path, "--yes")
    assert ran.code == 5, ran.err
    ran.says("membership_unread: ", "it could be when the plan was made", "target: unchanged")
    assert staffed.writes() == []


# trouble while reading


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("total_moves", "while it was read, and so it did a moment before"),
        ("page_repeats", "the second page repeats rows of the first"),
        ("page_short", "rows in all, the total is 5"),
        ("200_short", "the total is 5"),
    ],
)
def test_a_list_of_users_that_does_not_add_up_stops_it(
    staffed: World, fault: str, words: str
) -> None:
    staffed.switch(largest_page=2)
    staffed.fault(fault, USERS, nth=2, times=1000)
    with staffed.untouched():
        ran = staffed.promote("--yes")
    assert ran.code == 7
    ran.says("prod: Get User Roles Details: the list did not come whole", "target: unchanged")
    ran.says(words, "next: ")
    assert staffed.writes() == []
    assert staffed.runs() == []
    staffed.calm()
    assert staffed.promote("--yes").code == 0


def test_a_total_that_moves_once_is_read_again(staffed: World) -> None:
    staffed.switch(largest_page=2)
    staffed.fault("total_moves", USERS, nth=2)
    assert staffed.promote("--yes").code == 0


# applied on fresh people


def test_somebody_who_got_a_role_meanwhile_is_judged_when_it_is_applied(staffed: World) -> None:
    staffed.guards(guard("max_losers", "max = 3", "percent = 100", 'severity = "refuse"'))
    path = staffed.plan()
    give(staffed, "Ops", {"user": OPERATOR})
    with staffed.untouched():
        ran = staffed.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says(
        "a guard that let the plan pass refuses it now: max_losers: 4 of 5 users would lose",
        "target: unchanged",
        "Make a new plan",
    )
    assert staffed.writes() == []


def test_somebody_who_got_a_role_that_goes_meanwhile_stops_it(staffed: World) -> None:
    document = staffed.state()
    document["roles"] = [
        {**each, "holders": [] if each["role"] == "Leftover" else each["holders"]}
        for each in document["roles"]
    ]
    staffed.put("prod", document)
    path = staffed.plan(*FULL)
    give(staffed, "Leftover", {"user": DIRECT})
    with staffed.untouched():
        ran = staffed.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says("held_roles: ", "'Leftover (1)'")


def test_people_who_come_and_go_elsewhere_do_not_make_a_plan_stale(staffed: World) -> None:
    path = staffed.plan()
    give(staffed, "Night Shift", {"user": DIRECT})
    ran = staffed.run("apply", path, "--yes")
    assert ran.code == 0, ran.err


def test_a_page_for_a_merge_request_counts_people_unless_it_is_asked_to_name_them(
    staffed: World,
) -> None:
    page, named = staffed.folder / "page.md", staffed.folder / "named.md"
    plan(staffed, *FULL, "--report", f"md={page}", code=4)
    text = page.read_text()
    assert "1 user and 1 group (2 users) gain Single Sign On in prod, through Ops" in text
    for who in (DIRECT, OUTER, NESTED, SUPPORT, OPERATOR, "group Desk", "Night Desk"):
        assert who not in text, who
    plan(staffed, *FULL, "--report", f"md={named}", "--show-principals", code=4)
    assert DIRECT in named.read_text()
    assert "group Desk" in named.read_text()


PEOPLE = (DIRECT, OUTER, NESTED, SUPPORT, OPERATOR, "group Desk", "Night Desk")


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_what_ci_systems_show_names_people_only_if_it_is_asked_to(
    staffed: World, form: str
) -> None:
    page, named = staffed.folder / "page", staffed.folder / "named"
    ran = plan(staffed, *FULL, "--format", form, "--report", f"{form}={page}", code=4)
    for text in (page.read_text(), ran.out):
        assert "not shown here" in text
        assert [who for who in PEOPLE if who in text] == []
    words = ("--format", form, "--report", f"{form}={named}", "--show-principals")
    ran = plan(staffed, *FULL, *words, code=4)
    for text in (named.read_text(), ran.out):
        assert "not shown here" not in text
        assert [who for who in PEOPLE if who in text] != []


def test_annotations_name_people_only_if_they_are_asked_to(
    staffed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def annotations(*words: str) -> str:
        ran = plan(staffed, *FULL, "--ci", "github", *words, code=4)
        return "\n".join(commands(ran.err))

    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    text = annotations()
    assert "::error" in text and "::warning" in text
    assert [who for who in PEOPLE if who in text] == []
    assert [who for who in PEOPLE if who in annotations("--show-principals")] != []


def test_a_plan_ends_in_what_it_comes_to(staffed: World) -> None:
    brief = staffed.run("plan", "--from", "dev", "--to", "prod").out.rpartition("\n\n")[2]
    lines = brief.splitlines()
    assert lines[0] == "1 role to create, 2 to update, 0 to delete; 6 equal, 1 left as they are."
    # Single Sign On for the three with Ops, Tasks for Night Desk and dee; Invite goes from Ops.
    assert lines[1] == "Access: 4 users and 2 groups would gain, 3 users and 1 group would lose."
    assert lines[2] == "Guards: warned by max_losers, no_gain; not checked: operator_unchanged."
