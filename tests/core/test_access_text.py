from hypothesis import given
from hypothesis import strategies as st

from migrate.access import Direction, access_changes, effective
from migrate.levels import Levels
from migrate.model import ACCOUNT, Assignment, Role, by_holder
from migrate.report.access_text import MOST, Words, lines, rows, sentences

LEVELS = Levels.of((("NO", "VIEW", "FULL"), ("NO", "YES")), "NO")
WORDS = Words("prod", LEVELS)


def held(principal, role, scope=ACCOUNT, kind="user"):
    return Assignment(kind, principal, "bot" if scope else "admin", role, scope)


def side(roles, who, groups_of=None):
    """`roles`: permissions by name; each is there as an admin and as a bot role."""
    both = {
        (kind, name): Role(kind, name, permissions=each)
        for kind in ("admin", "bot")
        for name, each in roles.items()
    }
    return effective(both, by_holder(who), groups_of or {}, LEVELS)


def changes(before, after, who, groups_of=None):
    return access_changes(side(before, who, groups_of), side(after, who, groups_of))


def render(found, words=WORDS, *, everything=False):
    return "".join(f"{line}\n" for line in lines(found, words, everything=everything))


def said(found, words=WORDS, sensitive=()):
    return [words.sentence(one) for one in sentences(found, LEVELS, sensitive)]


def test_a_sentence_for_all_whom_a_change_reaches():
    who = [held(name, "Ops Admin") for name in ("cy", "ann", "bob")]
    found = changes({}, {"Ops Admin": {"Single Sign On": "YES"}}, who)
    assert said(found) == ["3 users gain Single Sign On in prod, through Ops Admin"]
    (one,) = sentences(found, LEVELS)
    assert one.users == ("ann", "bob", "cy")
    assert said(changes({"Ops Admin": {"Single Sign On": "YES"}}, {}, who[:1])) == [
        "1 user loses Single Sign On in prod, through Ops Admin"
    ]


def test_whom_a_group_brings_it_is_counted_with_the_group():
    who = [held("Ops", "R", kind="group"), held("ann", "R"), held("cy", "R")]
    groups = {name: frozenset({"Ops"}) for name in ("ann", "bob", "dee")}
    found = changes({"R": {"P": "YES"}}, {}, who, groups)
    assert said(found) == ["2 users and 1 group (2 users) lose P in prod, through R"]
    (one,) = sentences(found, LEVELS)
    assert (one.users, one.groups, one.members) == (("ann", "cy"), ("Ops",), ("bob", "dee"))
    assert said(changes({"R": {"P": "YES"}}, {}, who[:1], groups)) == [
        "1 group (3 users) loses P in prod, through R"
    ]
    assert said(changes({"R": {"P": "YES"}}, {}, who[:1])) == ["1 group loses P in prod, through R"]


def test_a_member_for_whom_it_is_another_change_is_said_apart():
    roles = {"Lead": {"P": "FULL"}, "Helper": {"P": "VIEW"}}
    groups = {"ann": frozenset({"Ops"}), "bob": frozenset({"Ops"})}
    own = [held("ann", "Helper", "b")]
    before = side(roles, own, groups)
    after = side(roles, [*own, held("Ops", "Lead", "b", "group")], groups)
    assert said(access_changes(before, after)) == [
        "1 group (1 user) gains P (FULL) in bot b, through Lead",
        "1 user gains P (VIEW → FULL) in bot b, through Lead",
    ]


def test_values_are_said_where_the_name_does_not_say_it_all():
    for then, now, text in [
        ("NO", "YES", "gains P in"),
        ("VIEW", "NO", "loses P (VIEW) in"),
        ("VIEW", "FULL", "gains P (VIEW → FULL) in"),
        ("NO", "EDIT", "gains P (EDIT) in"),
        ("YES", ("A", "B"), "changes P (YES → [A, B]) in"),
    ]:
        (sentence,) = said(changes({"R": {"P": then}}, {"R": {"P": now}}, [held("a", "R", "b")]))
        assert sentence == f"1 user {text} bot b, through R"


def test_values_side_by_side():
    roles = {"A": {"P": "YES"}, "B": {"P": "EDIT"}}
    found = access_changes(side(roles, []), side(roles, [held("a", "A"), held("a", "B")]))
    assert said(found) == ["1 user gains P (EDIT | YES) in prod, through A, B"]


def test_what_grants_nothing_is_a_note():
    found = changes({"R": {}}, {"R": {"P": "NO"}}, [held("a", "R")])
    assert said(found) == ["1 user shows P (absent → NO) in prod, which grants nothing, through R"]


def test_absent_and_denied_are_one_sentence_but_apart_in_the_table():
    who = [held("ann", "R"), held("ann", "No"), held("bob", "R")]
    before = side({"No": {"P": "NO"}}, who)
    after = side({"No": {"P": "NO"}, "R": {"P": "YES"}}, who)
    found = access_changes(before, after)
    assert said(found) == ["2 users gain P in prod, through R"]
    assert [(row.name, row.delta.before) for row in rows(found)] == [("ann", ("NO",)), ("bob", ())]


def test_the_most_dangerous_comes_first():
    before = {"R": {"C1": "YES", "L1": "YES", "L2": "YES", "N": "NO"}}
    after = {"R": {"G1": "YES", "G2": "YES", "C1": "EDIT"}}
    more = {"Wide": {"G3": "YES"}}
    who = [held("ann", "R"), held("ann", "Wide"), held("bob", "Wide")]
    found = changes(before, {**after, **more}, who)
    order = [one.permission for one in sentences(found, LEVELS, {"G2", "L2"})]
    assert order == ["G2", "G3", "G1", "C1", "L2", "L1", "N"]


def test_the_consoles_label_stands_beside_the_name_on_the_wire():
    words = Words("prod", LEVELS, {"P": "Manage, all", "Q": "Q"})
    found = changes({}, {"R": {"P": "YES", "Q": "YES"}}, [held("a", "R")])
    assert said(found, words) == [
        '1 user gains P ["Manage, all"] in prod, through R',
        "1 user gains Q in prod, through R",
    ]


def test_names_that_could_be_misread_are_quoted():
    for name in ("Ops  Admin", " Ops", "Ops ", "A, B", "a → b", "a [b]", "bot: b"):
        (sentence,) = said(changes({}, {name: {"P": "YES"}}, [held("a", name)]))
        assert sentence == f'1 user gains P in prod, through "{name}"'
    for name in ("Ops Admin", "Import Users / Sync", "Integrations & Extensions", "Ünï-1.x"):
        (sentence,) = said(changes({}, {name: {"P": "YES"}}, [held("a", name)]))
        assert sentence == f"1 user gains P in prod, through {name}"


def test_rendered():
    who = [held("ann@example.com", "Dev", "Help, desk"), held("Ops", "Dev", "Help, desk", "group")]
    who += [held("ann@example.com", "Old")]
    groups = {"bob@example.com": frozenset({"Ops"})}
    found = changes(
        {"Dev": {"Tasks": "VIEW"}, "Old": {"Invite": "YES", "N": "NO"}},
        {"Dev": {"Tasks": "FULL"}, "Old": {"Invite": "NO"}},
        who,
        groups,
    )
    assert render(found, WORDS) == (
        "Access\n"
        '  + 1 user and 1 group (1 user) gain Tasks (VIEW → FULL) in bot "Help, desk",\n'
        "      through Dev\n"
        "      ann@example.com, group Ops\n"
        "  - 1 user loses Invite in prod, through Old\n"
        "      ann@example.com\n"
        "  1 note on what grants nothing (-v shows all)\n"
    )
    full = render(found, WORDS, everything=True)
    assert full.endswith(
        "\n"
        "Access by user\n"
        "  ann@example.com\n"
        "    - Invite in prod: YES → NO, through Old\n"
        "    = N in prod: NO → absent, through Old\n"
        '    + Tasks in bot "Help, desk": VIEW → FULL, through Dev\n'
        "  bob@example.com\n"
        '    + Tasks in bot "Help, desk": VIEW → FULL, through Dev (group Ops)\n'
        "  group Ops\n"
        '    + Tasks in bot "Help, desk": VIEW → FULL, through Dev\n'
    )
    assert "  = 1 user shows N (NO → absent) in prod, which grants nothing, through Old\n" in full
    assert "note" not in full


def test_rendered_where_nothing_changes_but_notes():
    assert render((), WORDS) == "Access\n  nobody gains or loses anything\n"
    found = changes({"R": {}}, {"R": {"P": "NO"}}, [held("a", "R")])
    assert render(found, WORDS) == (
        "Access\n  nobody gains or loses anything\n  1 note on what grants nothing (-v shows all)\n"
    )


def test_a_large_change_is_cut_unless_everything_is_asked_for():
    many = MOST + 7
    who = [held(f"user{number:03}", "R") for number in range(many)]
    permissions = {f"P{number:03}": "YES" for number in range(many)}
    found = changes({}, {"R": permissions}, who)
    cut, full = render(found, WORDS), render(found, WORDS, everything=True)
    assert cut.count("… and 7 more (-v shows all)") == 1
    assert cut.count(f"  + {many} users gain") == MOST
    assert "user000, user001, user002, user003, user004 and 52 more\n" in cut
    assert "more (-v" not in full
    assert full.count(f"  + {many} users gain") == many
    assert "  user056\n" in full and "  user056\n" not in cut


NAMES = st.text(
    st.sampled_from(["a", "B", " ", ",", '"', "→", "\x1b", "\n", "\u202e", "é", "漢", "-"]),
    min_size=1,
    max_size=30,
)


@given(NAMES, NAMES, NAMES, NAMES)
def test_whatever_names_hold_lines_are_safe_and_at_most_80_wide(user, group, role, permission):
    found = changes(
        {},
        {role: {permission: "YES"}},
        [held(user, role, "b"), held(group, role, "b", "group")],
        {user: frozenset({group})},
    )
    text = render(found, Words("prod", LEVELS, {permission: "label"}), everything=True)
    assert all(len(line) <= 80 and line.isprintable() for line in text.split("\n"))
    assert text.count("\n") == len(text.splitlines())


def test_rows_are_by_user_then_groups():
    who = [held("zoe", "R"), held("A", "R", kind="group"), held("ann", "R"), held("ann", "R", "b")]
    found = changes({}, {"R": {"P": "YES", "O": "YES"}}, who)
    assert [(row.name, row.scope, row.delta.permission) for row in rows(found)] == [
        ("ann", "", "O"),
        ("ann", "", "P"),
        ("ann", "b", "O"),
        ("ann", "b", "P"),
        ("zoe", "", "O"),
        ("zoe", "", "P"),
        ("A", "", "O"),
        ("A", "", "P"),
    ]
    assert rows(found)[0].delta.direction is Direction.GAIN
