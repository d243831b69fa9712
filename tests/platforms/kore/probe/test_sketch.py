"""What a probe makes: nothing that grants is held by anybody, and everything is tried before."""

from hypothesis import given
from hypothesis import strategies as st

from migrate.model import Role, Section
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.probe.sketch import MAIN, emptied, others, sketch
from migrate.profile import made_by_probe, own_name
from tests.core.strategies import DRAWN, KNOWN, role_of

ACCOUNTS = st.lists(DRAWN, max_size=6).map(
    lambda drawn: Section.of(
        tuple(role_of(n, "bot", f"R{i}", str(i), KNOWN["bot"]) for i, n in enumerate(drawn))
    )
)


def admin(name, **permissions):
    return Role("admin", name, "", permissions)


@given(ACCOUNTS)
def test_every_permission_of_every_role_is_in_a_mirror(section):
    drawn = sketch(section, "bot", "3f9a1c")
    for role in section.roles:
        for name, value in role.permissions.items():
            assert any(mirror.permissions.get(name) == value for mirror in drawn.mirrors)
    texts = {len(mirror.description) for mirror in drawn.mirrors}
    held = [len(role.description) for role in section.roles]
    assert not held or texts >= {min(held), max(held)}
    assert drawn.least == {drawn.denies: ("NO",)}
    assert drawn.grants is None or drawn.grants[1] != ("NO",)
    assert drawn.grants is None or drawn.grants[0] != drawn.denies or len(drawn.known) < 2


def test_an_account_without_roles_is_asked_with_documented_names():
    drawn = sketch(Section.of(()), "admin", "3f9a1c")
    assert drawn.grants
    assert drawn.grants[0] in TRAITS.role_types["admin"].known
    assert drawn.denies != drawn.grants[0]
    assert (drawn.known, drawn.mirrors) == (frozenset(), ())


def test_sensitive_permissions_come_last_and_probes_count_for_nothing():
    left = admin(own_name("000000", 1), **{"role-migrate probe 000000": "YES"})
    section = Section.of((admin("A", **{"API Scopes": "YES", "Users": "YES", "Zeal": "NO"}), left))
    drawn = sketch(section, "admin", "3f9a1c")
    assert drawn.grants == ("Users", "YES")
    assert drawn.denies == "Zeal"
    assert drawn.known == {"API Scopes", "Users", "Zeal"}


def test_only_sensitive_permissions_are_better_than_none():
    section = Section.of((admin("A", **{"API Scopes": "YES", "Enterprise Key": "NO"}),))
    assert sketch(section, "admin", "3f9a1c").grants == ("API Scopes", "YES")
    nothing = sketch(Section.of((admin("A", Strange="NO"),)), "admin", "3f9a1c")
    assert (nothing.grants, nothing.whole) == (None, {"Strange": "NO"})


def test_fixed_built_ins_and_probes_are_not_others():
    roles = (admin("admin", Invite="YES"), admin("A"), admin(own_name("3f9a1c", 1)))
    assert others(roles, "admin") == (roles[1],)
    assert sketch(Section.of(roles[:1]), "admin", "3f9a1c").mirrors == ()


def test_names_tell_a_probe_and_steps_show_in_descriptions():
    drawn = sketch(Section.of(()), "bot", "3f9a1c")
    one, two = (drawn.role(MAIN, step, drawn.least) for step in (1, 2))
    assert one.name == two.name
    assert made_by_probe(one.name)
    assert one.description != two.description


def test_an_emptied_role_denies_all_that_it_held():
    role = Role("bot", "A", "d", {"Tasks": ("FULL", "VIEW"), "X": ("YES",)}, "1", "r")
    assert emptied(role, "about") == Role(
        "bot", "A", "about", {"Tasks": ("NO",), "X": ("NO",)}, "1", "r"
    )
