"""Memberships on Kore.ai, for the tests of assignments."""

from collections import defaultdict
from typing import Any

from hypothesis import strategies as st

from migrate.sandbox.kore.seed import built_in_roles
from tests.cli.world import LOOK_UP, Ran, World, role
from tests.matrix.members import Case, Drawn, Grants, Held, Platform

USERS = tuple(f"{name}@example.com" for name in ("ann", "bob", "cy", "dee", "eve", "fay"))
"""Of these, eve and fay hold nothing in prod, and eve is in no group either."""
ANN, BOB, CY, DEE, EVE, FAY = USERS
BOTS = ("Helpdesk", "Sales")
ALLOWED = ("max_deletions", "held_roles", "membership_gap", "access_gap")
Holders = list[dict[str, str]]

DIMENSIONS: dict[str, list[Any]] = {
    "mode": ["incremental", "full"],
    "assignments": ["none", "merge", "exact"],
    "ids": ["kept", "minted"],
    "minted_members": ["carried", "dropped"],
    "match": ["name", "ref_id"],
    "unknown_principal": ["entry", "refuse", "silent"],
    "group_rows": ["one", "merged"],
    "roleless_users": ["listed", "omitted"],
    "look_up_case": ["exact", "any"],
    "offset_users": ["record", "page"],
    "offset_groups": ["page", "record"],
    "offset_bots": ["page", "record"],
    "largest_page": [1000, 2],
    "update": ["replaced", "merged"],
    "read_lag": [0, 0.2],
}
NOT_SWITCHES = ("mode", "assignments")
CHANGE_NOTHING = ("/uploadfile", "/usersInfo")


def account(side: str, *roles: tuple[dict[str, Any], Holders]) -> dict[str, Any]:
    """An account whose bots have ids of their own; holders name bots by name."""
    ids = {name: f"st-{name.lower()}-{side}" for name in BOTS}
    return {
        "platform": "kore",
        "roles": [
            *built_in_roles("admin"),
            *built_in_roles("bot"),
            *(
                {
                    **made,
                    "holders": [
                        {**each, "bot": ids[each["bot"]]} if "bot" in each else each
                        for each in holders
                    ],
                }
                for made, holders in roles
            ),
        ],
        "users": [{"username": name} for name in USERS],
        "groups": [
            {"gN": "Desk", "users": [CY]},
            {"gN": "Crew", "users": [DEE, BOB]},
            {"gN": "Team", "users": [FAY]},
        ],
        "bots": [{"_id": ids[name], "name": name} for name in BOTS],
    }


def users(*names: str, bot: str = "") -> Holders:
    return [{"user": name, **({"bot": bot} if bot else {})} for name in names]


def group(name: str, bot: str = "") -> Holders:
    return [{"group": name, **({"bot": bot} if bot else {})}]


KEEPER = role("admin", "Keeper", Manage_Custom_Admin_Roles="YES")
DEV = account(
    "dev",
    (KEEPER, users(ANN)),
    (role("admin", "Ops", "new", Invite="YES", Preferences="YES"), users(ANN, EVE) + group("Desk")),
    (
        role("bot", "Helper", Tasks="FULL"),
        # bob, of Crew, has a row for each of two ways here: what others hold directly shows, too.
        users(ANN, CY, bot="Sales") + group("Crew", "Helpdesk") + users(BOB, bot="Helpdesk"),
    ),
    (role("bot", "Fresh", Tasks="VIEW"), users(DEE, bot="Helpdesk") + group("Team", "Sales")),
)
PROD = account(
    "prod",
    (KEEPER, users(ANN)),
    (role("admin", "Ops", "old", Invite="NO"), users(BOB, CY) + group("Crew")),
    (role("bot", "Helper", Tasks="VIEW", Testing="NO"), users(BOB, CY, bot="Sales")),
    (role("bot", "Leftover", Testing="FULL"), users(ANN, bot="Helpdesk")),
)


def promote(world: World, case: Case) -> Ran:
    options = [f"--allow={guard}" for guard in ALLOWED]
    modes = ("--mode", case["mode"], "--assignments", case["assignments"])
    return world.promote("--yes", *modes, *options, "--reason", "a test")


def held(document: dict[str, Any]) -> Held:
    """(role, kind, who, bot's name) of everybody who holds a role."""
    bots = {bot["_id"]: bot["name"] for bot in document["bots"]}
    return frozenset(
        (each["role"], kind, holder[kind], bots[holder["bot"]] if "bot" in holder else "")
        for each in document["roles"]
        for holder in each["holders"]
        for kind in ("user", "group")
        if kind in holder
    )


def wanted(case: Case, dev: Held, prod: Held) -> Held:
    """Who should hold what afterwards."""
    mode, assignments = case["mode"], case["assignments"]
    source_roles = {"Keeper", "Ops", "Helper", "Fresh"}
    stay = frozenset(item for item in prod if mode == "incremental" or item[0] in source_roles)
    if (case["ids"], case["minted_members"], case["group_rows"]) == ("minted", "dropped", "merged"):
        # That bob holds it directly, too, shows nowhere while he does through his group: nobody
        # can put it back. What he may do stays the same.
        stay -= {("Ops", "user", BOB, "")}
    if assignments == "none":
        return stay
    if assignments == "merge":
        return stay | dev
    return dev | frozenset(item for item in stay if item[0] not in source_roles)


def ended(world: World, case: Case, dev: Held, before: Held) -> Held:
    """Promote until the target is exact; it always can be."""
    ran = promote(world, case)
    hidden = case["roleless_users"] == "omitted" and case["assignments"] != "none"
    assert world.calls("prod").count(LOOK_UP) == hidden
    if ran.code != 0:
        # A platform that keeps what an import takes away is found out by the first run.
        assert ran.code == 9 and case["update"] == "merged", ran.err
        assert "Helper" in ran.err
        ran = promote(world, case)
        assert ran.code == 0, ran.err
    if (case["assignments"], case["group_rows"]) == ("exact", "merged"):
        # Whether bob holds it directly, too, shows only once his group has lost it.
        assert "the next plan shows that" in " ".join(ran.err.split())
        assert promote(world, case).code == 0
    return wanted(case, dev, before)


ORDER = {"NO": (), "VIEW": ("VIEW",), "FULL": ("VIEW", "FULL"), "YES": ("YES",)}


def grants(document: dict[str, Any]) -> Grants:
    """What each user and group may do in each bot or the account, with every weaker value."""
    members = {each["gN"]: each["users"] for each in document["groups"]}
    found: dict[tuple[str, str], set[tuple[str, str, str]]] = defaultdict(set)
    for each in document["roles"]:
        for holder in each["holders"]:
            place = holder.get("bot", "")
            who = [("user", holder["user"])] if "user" in holder else []
            if "group" in holder:
                name = holder["group"]
                who = [("group", name), *(("user", member) for member in members[name])]
            given = {
                (place, name, level)
                for name, value in each["permissions"].items()
                for level in ORDER[value if isinstance(value, str) else value[0]]
            }
            for principal in who:
                found[principal] |= given
    return {principal: frozenset(given) for principal, given in found.items()}


admin_roles = st.dictionaries(
    st.sampled_from(("Invite", "Preferences")), st.sampled_from(("YES", "NO")), min_size=1
)
bot_roles = st.dictionaries(
    st.sampled_from(("Tasks", "Testing")), st.sampled_from(("FULL", "VIEW", "NO")), min_size=1
)
somebody = st.one_of(
    st.sampled_from(USERS).map(lambda name: {"user": name}),
    st.sampled_from(("Desk", "Crew", "Team")).map(lambda name: {"group": name}),
)


def unique(holders: Holders) -> Holders:
    return [dict(pairs) for pairs in sorted({tuple(sorted(each.items())) for each in holders})]


admin_holders = st.lists(somebody, max_size=4).map(unique)
bot_holders = st.lists(
    st.tuples(somebody, st.sampled_from(BOTS)).map(lambda pair: {**pair[0], "bot": pair[1]}),
    max_size=4,
).map(unique)


@st.composite
def custom_roles(draw: st.DrawFn) -> list[tuple[dict[str, Any], Holders]]:
    made = []
    for name in sorted(draw(st.sets(st.sampled_from(("A", "B", "C"))))):
        permissions = {key.replace(" ", "_"): value for key, value in draw(admin_roles).items()}
        made.append((role("admin", name, **permissions), draw(admin_holders)))
    names = sorted(draw(st.sets(st.sampled_from(("D", "E", "F")))))
    return made + [(role("bot", name, **draw(bot_roles)), draw(bot_holders)) for name in names]


SWITCHES = st.fixed_dictionaries(
    {
        "ids": st.sampled_from(["kept", "minted"]),
        "minted_members": st.sampled_from(["carried", "dropped"]),
        "match": st.sampled_from(["name", "ref_id"]),
        "response_order": st.sampled_from(["file", "arbitrary"]),
        "group_rows": st.sampled_from(["one", "merged"]),
        "roleless_users": st.sampled_from(["listed", "omitted"]),
        "largest_page": st.sampled_from([1000, 2]),
    }
)


def _drawn(
    dev: list[tuple[dict[str, Any], Holders]],
    prod: list[tuple[dict[str, Any], Holders]],
    switches: Case,
    mode: str,
    assignments: str,
) -> Drawn:
    return Drawn(
        account("dev", (KEEPER, users(ANN)), *dev),
        account("prod", (KEEPER, users(ANN)), *prod),
        switches,
        {"mode": mode, "assignments": assignments},
        drops=(switches["ids"], switches["minted_members"]) == ("minted", "dropped"),
    )


PLAIN = {
    "ids": "kept",
    "minted_members": "carried",
    "match": "name",
    "response_order": "file",
    "group_rows": "one",
    "roleless_users": "listed",
    "largest_page": 1000,
}
ALSO_DIRECT = _drawn(
    [
        (role("bot", "D", Tasks="FULL"), []),
        (role("bot", "E", Tasks="FULL", Testing="FULL"), []),
    ],
    [
        (role("bot", "D", Tasks="FULL", Testing="FULL"), users(BOB, bot="Sales")),
        (role("bot", "E", Tasks="FULL"), group("Crew", "Sales") + users(BOB, bot="Sales")),
    ],
    {**PLAIN, "group_rows": "merged"},
    "incremental",
    "exact",
)
"""What bob holds directly, too, does not show while he holds it through his group, and stays."""

KORE = Platform(
    DEV,
    PROD,
    DIMENSIONS,
    NOT_SWITCHES,
    held,
    promote,
    ended,
    grants,
    writes=lambda entry: entry["method"] == "POST" and not entry["path"].endswith(CHANGE_NOTHING),
    imports=lambda entry: bool(entry["path"].endswith("/roles/import")),
    drawn=st.builds(
        _drawn,
        custom_roles(),
        custom_roles(),
        SWITCHES,
        st.sampled_from(["incremental", "full"]),
        st.sampled_from(["none", "merge", "exact"]),
    ),
    examples=(ALSO_DIRECT,),
)
