"""A full import is tried only where all that was seen says that it does nobody any harm."""

from dataclasses import replace

import pytest

from migrate.model import Assignment, People, Role, Section
from migrate.platforms.kore.probe.desk import Desk
from migrate.platforms.kore.probe.questions import Notebook
from migrate.platforms.kore.probe.removal import obstacle
from migrate.platforms.kore.probe.sketch import MAIN, sketch

FIXED = Role("admin", "admin", "", {"Invite": "YES", "Users": "YES"}, "0", "r0")
A = Role("admin", "A", "", {"Invite": "YES"}, "1", "r1")
B = Role("admin", "B", "", {"Invite": "NO", "Users": "NO"}, "2", "r2")
HELD = Assignment("user", "ann", "admin", "A", "")
NOBODY = People("acc", {}, {}, frozenset())
SEEN = {"ids": "kept", "members": "carried", "absent_permissions": "absent"}


def found(roles=(FIXED, A, B), people=NOBODY, filled=(), refs_kept=True, **seen):
    """The obstacle in an account, after `seen` was settled; `filled` came back unasked."""
    notebook = Notebook(("admin",), lambda _line: None)
    for question, value in {**SEEN, **seen}.items():
        notebook.settle(question, "admin", value, "seen")
    drawn = sketch(Section.of(tuple(roles)), "admin", "3f9a1c")
    desk = Desk(drawn, None, notebook, lambda digits: "0" * digits, refs_kept=refs_kept)
    main = drawn.role(MAIN, 1, {**drawn.whole, **dict.fromkeys(filled, "NO")})
    desk.roles = {main.name: main}
    return obstacle(desk, roles, people)


def test_where_everything_is_known_to_stay_there_is_none():
    assert found() == ""
    assert found(people=replace(NOBODY, assignments=frozenset({HELD}))) == ""
    assert found(roles=()) == ""
    # Fixed built-ins are left alone by imports: what they are called and hold is no matter.
    assert found(roles=(FIXED, replace(FIXED, name="Master Admin", id=None, ref_id=None), A)) == ""


@pytest.mark.parametrize("ids", ["minted", None])
def test_ids_that_do_not_stay(ids):
    assert "ids anew" in found(ids=ids)
    assert "changes refIds" in found(refs_kept=False)


@pytest.mark.parametrize(
    "twin",
    [
        replace(B, id=None),
        replace(B, ref_id=None),
        replace(B, ref_id="r1"),
        replace(B, id="1"),
    ],
)
def test_roles_that_are_not_marked_each_for_itself(twin):
    assert "of its own" in found(roles=(FIXED, A, twin))


@pytest.mark.parametrize(
    "name", [" A2", "A2 ", "A  2", "a", "A\t2", "A\u200b2", "A\u0308", "A" * 101]
)
def test_names_that_could_be_read_as_others(name):
    assert "might be read as another" in found(roles=(FIXED, A, replace(B, name=name)))


def test_holders_of_whom_it_is_not_known_that_they_stay():
    held = replace(NOBODY, assignments=frozenset({HELD}))
    for members in (None, "dropped"):
        assert "keeps members" in found(people=held, members=members)
        assert found(members=members) == ""
        # What groups without members hold is shown nowhere.
        unseen = replace(NOBODY, unseen_groups=frozenset({"Empty"}))
        assert "keeps members" in found(people=unseen, members=members)
    own = replace(NOBODY, assignments=frozenset({HELD._replace(role="admin")}))
    assert found(people=own, members=None) == ""
    assert "can't be read" in found(people=None)


def test_permissions_that_an_import_would_fill_in():
    for absent in ("denied", None):
        assert 'role "A" leaves out' in found(absent_permissions=absent)
        assert found(roles=(FIXED, B), absent_permissions=absent) == ""
        more = found(roles=(FIXED, B), absent_permissions=absent, filled=("Zeal",))
        assert 'role "B" leaves out' in more
    # The name that the probe has made up is nobody else's.
    made_up = ("role-migrate probe 3f9a1c",)
    assert found(roles=(FIXED, B), absent_permissions="denied", filled=made_up) == ""
