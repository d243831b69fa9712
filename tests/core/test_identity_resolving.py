"""Names of a source in a target: the order of the ways, ambiguity, and what is missing."""

from collections.abc import Iterable

import pytest

from migrate.errors import UNCHANGED, Exit, InvalidInput
from migrate.identity import IdentityRules, Pair, Pairs, Resolution, resolve, translated
from migrate.model import (
    ACCOUNT,
    Assignment,
    People,
    Principal,
    PrincipalKind,
    Role,
    Scope,
    Section,
    State,
)

USER, GROUP = PrincipalKind.USER, PrincipalKind.GROUP
NO_RULES, NO_PAIRS = IdentityRules(), Pairs()


def user(name: str, number: int | None = None, org: str | None = None) -> Principal:
    return Principal(USER, name, None if number is None else f"u-{number}", org)


def group(name: str, number: int | None = None) -> Principal:
    return Principal(GROUP, name, None if number is None else f"e-{number}")


def holds(kind: str, name: str, role: str = "Ops Admin", scope: str = ACCOUNT) -> Assignment:
    return Assignment(kind, name, "bot" if scope else "admin", role, scope)


def state(
    principals: Iterable[Principal] = (),
    bots: Iterable[Scope] = (),
    assignments: Iterable[Assignment] | None = None,
    roles: Iterable[Role] = (),
    *,
    complete: bool = True,
) -> State:
    """A state whose principals hold one role each and whose bots are needed, unless told."""
    keys = {
        (each.kind.value, each.name.casefold() if each.kind is USER else each.name): each
        for each in principals
    }
    scopes = {each.name: each for each in bots}
    if assignments is None:
        assignments = [
            *(holds(*key) for key in keys),
            *(holds("user", "x@x", "Tester", name) for name in scopes),
        ]
        keys.setdefault(("user", "x@x"), user("x@x"))
    people = People("acc", keys, scopes, frozenset(assignments), complete=complete)
    return State({"admin": Section.of(tuple(roles))}, people)


def pairs(*of: tuple[str, str, str]) -> Pairs:
    return Pairs.of_pairs(Pair(kind, one, two, f"was {one}", f"was {two}") for kind, one, two in of)


def faults(source: State, target: State, rules: IdentityRules, known: Pairs) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        resolve(source, target, rules, known)
    assert caught.value.exit_code is Exit.INVALID
    assert caught.value.target == UNCHANGED
    assert "environments.TARGET.identity" in caught.value.remedy
    return [str(fault) for fault in caught.value.faults]


def reasons(resolution: Resolution) -> list[str]:
    return [str(each) for each in resolution.unresolved]


def test_the_same_names_are_the_same() -> None:
    source = state([user("Ann@X.com", 1), group("Ops", 1)], [Scope("Bank", "st-1")])
    target = state([user("aNN@x.com", 9), group("Ops", 8)], [Scope("Bank", "st-7")])
    found = resolve(source, target, NO_RULES, NO_PAIRS)
    assert found.principals == {
        ("user", "ann@x.com"): ("user", "ann@x.com"),
        ("user", "x@x"): ("user", "x@x"),
        ("group", "Ops"): ("group", "Ops"),
    }
    assert found.scopes == {"Bank": "Bank"}
    assert found.roles == {("admin", "Ops Admin"): ("admin", "Ops Admin")} | {
        ("bot", "Tester"): ("bot", "Tester")
    }
    assert found.unresolved == found.notes == ()


def test_a_user_and_a_group_of_one_name_stay_apart() -> None:
    source = state([user("ops"), group("ops")])
    target = state([group("ops")])
    found = resolve(source, target, NO_RULES, NO_PAIRS)
    assert ("user", "ops") not in found.principals
    assert found.principals["group", "ops"] == ("group", "ops")


def test_tables_without_regard_to_the_case_of_e_mails_only() -> None:
    source = state([user("a@x"), group("Ops")], [Scope("Bank", "1")])
    target = state(
        [user("b@x"), group("Operations"), user("a@x"), group("Ops")], [Scope("Bank EU", "2")]
    )
    rules = IdentityRules({"A@x": "B@X"}, {"Ops": "Operations"}, {"Bank": "Bank EU"})
    found = resolve(source, target, rules, NO_PAIRS)
    assert found.principals["user", "a@x"] == ("user", "b@x")
    assert found.principals["group", "Ops"] == ("group", "Operations")
    assert found.scopes == {"Bank": "Bank EU"}
    wrong_case = IdentityRules(groups={"ops": "Operations"})
    assert resolve(source, target, wrong_case, NO_PAIRS).principals["group", "Ops"][1] == "Ops"


def test_a_table_wins_over_a_domain_and_a_domain_over_the_same_name() -> None:
    rules = IdentityRules({"a@dev": "boss@prod"}, domains={"@DEV": "@Prod"})
    source = state([user("a@dev"), user("b@DEV"), user("c@dev"), user("d@sub.dev")])
    target = state(
        [user(name) for name in ("boss@prod", "a@prod", "b@prod", "b@dev", "c@dev", "d@sub.dev")]
    )
    found = resolve(source, target, rules, NO_PAIRS).principals
    assert {one[1]: two[1] for one, two in found.items()} == {
        "a@dev": "boss@prod",
        "b@dev": "b@prod",
        "c@dev": "c@dev",
        "d@sub.dev": "d@sub.dev",
        "x@x": "x@x",
    }


def test_what_was_renamed_in_the_target_is_recognised_by_its_id() -> None:
    source = state([user("a@x", 1), group("Ops", 1)], [Scope("Bank", "st-1")])
    target = state([user("b@x", 9), group("Platform", 9)], [Scope("Bank EU", "st-9")])
    known = pairs(("user", "u-1", "u-9"), ("group", "e-1", "e-9"), ("bot", "st-1", "st-9"))
    found = resolve(source, target, NO_RULES, known)
    assert found.principals["user", "a@x"] == ("user", "b@x")
    assert found.principals["group", "Ops"] == ("group", "Platform")
    assert found.scopes == {"Bank": "Bank EU"}
    assert 'group "Ops" is "Platform" in the target, remembered by its id' in found.notes
    assert len(found.notes) == 3


def test_a_pair_of_another_kind_or_with_an_id_that_is_gone_says_nothing() -> None:
    source = state([group("Ops", 1)])
    target = state([group("Platform", 9), group("Ops", 8)])
    for known in (pairs(("bot", "e-1", "e-9")), pairs(("group", "e-1", "e-5")), pairs()):
        found = resolve(source, target, NO_RULES, known)
        assert found.principals["group", "Ops"] == ("group", "Ops")


def test_name_and_remembered_id_that_disagree_are_ambiguous() -> None:
    source = state([group("Ops", 1), user("a@dev", 1)])
    target = state([group("Ops", 8), group("Ops old", 9), user("a@prod", 8), user("z@prod", 9)])
    known = pairs(("group", "e-1", "e-9"), ("user", "u-1", "u-9"))
    found = faults(source, target, IdentityRules(domains={"@dev": "@prod"}), known)
    assert found == [
        'user "a@dev" (1 assignment): it is "a@prod" by the rewritten domain, and "z@prod" '
        "remembered by its id from an earlier run",
        'group "Ops" (1 assignment): it is "Ops" by its name, and "Ops old" remembered by its id '
        "from an earlier run",
    ]


def test_table_and_remembered_id_that_disagree_are_ambiguous_and_agree_otherwise() -> None:
    source = state([group("Ops", 1)])
    target = state([group("A", 8), group("B", 9)])
    known = pairs(("group", "e-1", "e-9"))
    [fault] = faults(source, target, IdentityRules(groups={"Ops": "A"}), known)
    assert '"A" by the config\'s table' in fault
    assert '"B" remembered' in fault
    found = resolve(source, target, IdentityRules(groups={"Ops": "B"}), known)
    assert found.principals["group", "Ops"] == ("group", "B")
    assert found.notes == ()


def test_two_that_would_become_one_are_ambiguous() -> None:
    rules = IdentityRules(domains={"@dev": "@prod", "@qa": "@prod"})
    source = state([user("a@dev"), user("a@qa"), user("a@prod"), user("b@qa")])
    target = state([user("a@prod"), user("b@prod")])
    [fault] = faults(source, target, rules, NO_PAIRS)
    assert fault == (
        'user "a@prod" of the target is meant by 3: "a@dev" (by the rewritten domain), '
        '"a@prod" (by its name), "a@qa" (by the rewritten domain)'
    )


def test_what_a_table_gives_to_one_is_not_taken_by_another() -> None:
    rules = IdentityRules({"a@x": "b@x"})
    source, target = state([user("a@x"), user("b@x")]), state([user("b@x")])
    found = resolve(source, target, rules, NO_PAIRS)
    assert found.principals["user", "a@x"] == ("user", "b@x")
    assert reasons(found) == [
        'user "b@x" (1 assignment): the config says that "b@x" here is "a@x" of the source'
    ]
    without = state([user("b@x")])
    assert resolve(without, target, rules, NO_PAIRS).principals["user", "b@x"] == ("user", "b@x")


def test_a_new_group_that_took_the_name_of_a_renamed_one_is_ambiguous() -> None:
    source = state([group("Ops", 2), group("Ops old", 1)])
    target = state([group("Ops", 9)])
    [fault] = faults(source, target, NO_RULES, pairs(("group", "e-1", "e-9")))
    assert "is meant by 2" in fault


def test_what_is_in_dispute_is_not_free_for_another() -> None:
    source = state([user("a@x", 3), user("o-1", 1, "o-1")], assignments=[holds("user", "o-1")])
    target = state([user("a@x", 8, "o-1"), user("b@x", 9)])
    [fault] = faults(source, target, NO_RULES, pairs(("user", "u-3", "u-9")))
    assert 'user "a@x" of the target is meant by 2: "a@x" (by its name), "o-1" (by its id' in fault


def test_what_nobody_needs_is_never_at_fault_and_not_taken_either() -> None:
    rules = IdentityRules(domains={"@dev": "@prod"})
    source = state([user("a@dev"), user("a@prod"), user("gone@x")], assignments=())
    found = resolve(source, state([user("a@prod")]), rules, NO_PAIRS)
    assert found.principals == {}
    assert found.unresolved == ()
    needed = state([user("a@dev"), user("a@prod")], assignments=[holds("user", "a@prod")])
    assert len(faults(needed, state([user("a@prod")]), rules, NO_PAIRS)) == 1


@pytest.mark.parametrize("near", [("OPS", "ops"), ("Ops ", "ops"), ("\uff2fps", "oPs")])
def test_names_that_differ_only_by_case_form_or_blanks(near: tuple[str, str]) -> None:
    source = state([group("Ops")])
    [fault] = faults(source, state([group(name) for name in near]), NO_RULES, NO_PAIRS)
    assert all(f'"{name}"' in fault for name in near)
    assert "differ only by case, Unicode form or blanks" in fault
    [reason] = reasons(resolve(source, state([group(near[0])]), NO_RULES, NO_PAIRS))
    assert f'"{near[0]}" differs only by case, Unicode form or blanks' in reason
    assert "say so under groups" in reason
    every = state([group("Ops"), *(group(name) for name in near)])
    found = resolve(source, every, NO_RULES, NO_PAIRS)
    assert found.principals["group", "Ops"] == ("group", "Ops")


def test_everything_missing_is_listed_at_once_with_who_needs_it() -> None:
    source = state(
        [user("a@dev"), group("Ops"), user("t@x")],
        [Scope("Bank", "1")],
        [
            holds("user", "a@dev"),
            holds("user", "a@dev", "Tester", "Bank"),
            holds("group", "Ops", "Tester", "Bank"),
            holds("user", "t@x", "Other"),
        ],
    )
    rules = IdentityRules({"t@x": "t@y"}, domains={"@dev": "@prod"})
    found = resolve(source, state(), rules, NO_PAIRS, roles_after={("bot", "Tester")})
    assert reasons(found) == [
        'user "a@dev" (2 assignments): the target has neither "a@prod" nor "a@dev"',
        'user "t@x" (1 assignment): the config says it is "t@y" here, and there is none',
        'group "Ops" (1 assignment): the target has none of that name',
        'bot "Bank" (2 assignments): the target has none of that name',
        'role "Ops Admin" (1 assignment): the target will have no admin role "Ops Admin"',
        'role "Other" (1 assignment): the target will have no admin role "Other"',
    ]
    assert found.roles == {("bot", "Tester"): ("bot", "Tester")}


def test_a_reading_of_holders_only_is_named_as_the_possible_reason() -> None:
    found = resolve(state([group("Ops")]), state(complete=False), NO_RULES, NO_PAIRS)
    assert "only they were read" in reasons(found)[0]


def test_what_only_an_assignment_names_is_matched_or_listed_too() -> None:
    source = state(assignments=[holds("user", "a@x"), holds("user", "b@x", "Tester", "Bank")])
    target = state([user("a@x")])
    found = resolve(source, target, NO_RULES, NO_PAIRS)
    assert found.principals == {("user", "a@x"): ("user", "a@x")}
    assert [(each.kind, each.name) for each in found.unresolved] == [
        ("user", "b@x"),
        ("bot", "Bank"),
    ]


class TestUsersOfWhomOnlyAnOrgIdIsKnown:
    def test_on_either_side_or_both(self) -> None:
        source = state([user("o-1", 1, "o-1"), user("b@x", 2, "o-2"), user("O-3", 3, "O-3")])
        target = state([user("a@x", 9, "o-1"), user("o-2", 8, "o-2"), user("O-3", 7, "O-3")])
        found = resolve(source, target, NO_RULES, NO_PAIRS).principals
        assert found["user", "o-1"] == ("user", "a@x")
        assert found["user", "b@x"] == ("user", "o-2")
        assert found["user", "o-3"] == ("user", "o-3")

    def test_it_never_joins_two_known_e_mails(self) -> None:
        source, target = state([user("a@x", 1, "o-1")]), state([user("b@x", 9, "o-1")])
        assert reasons(resolve(source, target, NO_RULES, NO_PAIRS))

    def test_two_of_one_org_id_are_ambiguous(self) -> None:
        source = state([user("o-1", 1, "o-1")])
        target = state([user("b@x", 9, "o-1"), user("c@x", 8, "o-1")])
        assert 'could be "b@x" or "c@x"' in faults(source, target, NO_RULES, NO_PAIRS)[0]


class TestBotsOfOneName:
    twins = (Scope("Bank [st-1]", "st-1"), Scope("Bank [st-2]", "st-2"))

    def test_in_the_target(self) -> None:
        source, target = state(bots=[Scope("Bank", "a")]), state(bots=self.twins)
        [fault] = faults(source, target, NO_RULES, NO_PAIRS)
        assert 'bot "Bank" (1 assignment): it could be "Bank [st-1]" or "Bank [st-2]"' in fault
        [fault] = faults(source, target, IdentityRules(bots={"Bank": "Bank"}), NO_PAIRS)
        assert "it could be" in fault

    def test_one_of_which_has_no_id_in_its_name(self) -> None:
        source, target = (
            state(bots=[Scope("Bank", "a")]),
            state(bots=[Scope("Bank", "st-1"), self.twins[1]]),
        )
        assert (
            'it could be "Bank" or "Bank [st-2]"' in faults(source, target, NO_RULES, NO_PAIRS)[0]
        )

    def test_in_the_source(self) -> None:
        source, target = state(bots=self.twins), state(bots=[Scope("Bank", "a")])
        found = faults(source, target, NO_RULES, NO_PAIRS)
        assert [fault.partition(": ")[2] for fault in found] == [
            'the source has 2 of the name "Bank"'
        ] * 2

    @pytest.mark.parametrize("by_table", [True, False])
    def test_a_table_or_a_remembered_id_settles_it(self, by_table: bool) -> None:
        source, target = state(bots=[Scope("Bank", "a")]), state(bots=self.twins)
        rules = IdentityRules(bots={"Bank": "Bank [st-2]"}) if by_table else NO_RULES
        known = NO_PAIRS if by_table else pairs(("bot", "a", "st-2"))
        assert resolve(source, target, rules, known).scopes == {"Bank": "Bank [st-2]"}
        if not by_table:
            same = IdentityRules(bots={"Bank": "Bank"})
            assert resolve(source, target, same, known).scopes == {"Bank": "Bank [st-2]"}
        source, target = target, state(bots=[Scope("Bank", "a"), Scope("Bank 2", "b")])
        rules = IdentityRules(bots={"Bank [st-1]": "Bank", "Bank [st-2]": "Bank 2"})
        known = pairs(("bot", "st-1", "a"), ("bot", "st-2", "b"))
        found = resolve(source, target, *((rules, NO_PAIRS) if by_table else (NO_RULES, known)))
        assert found.scopes == {"Bank [st-1]": "Bank", "Bank [st-2]": "Bank 2"}

    def test_a_remembered_id_that_is_none_of_the_candidates_settles_nothing(self) -> None:
        source = state(bots=[Scope("Bank", "a")])
        target = state(bots=[*self.twins, Scope("Other", "st-3")])
        assert faults(source, target, NO_RULES, pairs(("bot", "a", "st-3")))

    def test_a_single_bot_keeps_its_name_whatever_the_other_side_had_to_add(self) -> None:
        source, target = state(bots=self.twins[:1]), state(bots=[Scope("Bank", "a")])
        assert resolve(source, target, NO_RULES, NO_PAIRS).scopes == {"Bank [st-1]": "Bank"}
        table = IdentityRules(bots={"Bank": "Bank"})
        assert resolve(source, target, table, NO_PAIRS).scopes == {"Bank [st-1]": "Bank"}

    def test_the_same_environment_at_two_times(self) -> None:
        source = state(bots=self.twins)
        found = resolve(source, state(bots=self.twins), NO_RULES, NO_PAIRS)
        assert found.scopes == {each.name: each.name for each in self.twins}


class TestUsersWhoseNamesDifferOnlyByCase:
    @staticmethod
    def twins(*holding: str) -> State:
        """Two users of one e-mail, of whom these hold a role."""
        known = {"ann@x [u-1]": user("Ann@x", 1), "ann@x [u-2]": user("ann@x", 2)}
        principals = {("user", key): each for key, each in known.items()}
        assignments = frozenset(holds("user", key) for key in holding)
        return State({}, People("acc", principals, {}, assignments))

    def test_in_the_target(self) -> None:
        [fault] = faults(state([user("ANN@X", 7)]), self.twins(), NO_RULES, NO_PAIRS)
        assert 'user "ANN@X" (1 assignment): it could be "Ann@x [u-1]" or "ann@x [u-2]"' in fault

    def test_they_are_no_matter_where_nobody_needs_them(self) -> None:
        found = resolve(state([user("bob@x", 7)]), self.twins(), NO_RULES, NO_PAIRS)
        assert reasons(found) == ['user "bob@x" (1 assignment): the target has none of that name']
        idle = state([user("ann@x", 7)], assignments=[])
        assert resolve(idle, self.twins("ann@x [u-1]"), NO_RULES, NO_PAIRS).principals == {}

    def test_in_the_source(self) -> None:
        source = self.twins("ann@x [u-1]")
        [fault] = faults(source, state([user("ann@x", 9)]), NO_RULES, NO_PAIRS)
        assert 'user "Ann@x" (1 assignment): the source has 2 of the name "ann@x"' in fault

    def test_a_table_or_a_remembered_id_settles_it(self) -> None:
        source, target = state([user("ann@x", 7)]), self.twins()
        for said in ("Ann@x [u-1]", "ann@x [u-1]"):
            rules = IdentityRules(users={"ann@x": said})
            found = resolve(source, target, rules, NO_PAIRS).principals
            assert found == {("user", "ann@x"): ("user", "ann@x [u-1]")}
        known = pairs(("user", "u-7", "u-2"))
        found = resolve(source, target, NO_RULES, known).principals
        assert found == {("user", "ann@x"): ("user", "ann@x [u-2]")}
        source, target = self.twins("ann@x [u-1]"), state([user("ann@x", 9)])
        rules = IdentityRules(users={"Ann@x [u-1]": "ann@x"})
        found = resolve(source, target, rules, NO_PAIRS).principals
        assert found == {("user", "ann@x [u-1]"): ("user", "ann@x")}

    def test_ids_that_differ_only_by_case_are_two_ids(self) -> None:
        principals = {
            ("user", "ann@x [u-a]"): Principal(USER, "Ann@x", "u-a"),
            ("user", "ann@x [u-A]"): Principal(USER, "ann@x", "u-A"),
        }
        target = State({}, People("acc", principals, {}, frozenset()))
        source = state([user("ann@x", 7)])
        rules = IdentityRules(users={"ann@x": "ann@x [u-A]"})
        [fault] = faults(source, target, rules, NO_PAIRS)
        assert '"Ann@x [u-a]"' in fault and '"ann@x [u-A]"' in fault

    def test_the_same_environment_at_two_times(self) -> None:
        keys = ("ann@x [u-1]", "ann@x [u-2]")
        found = resolve(self.twins(*keys), self.twins(*keys), NO_RULES, NO_PAIRS).principals
        assert found == {("user", key): ("user", key) for key in keys}


def test_role_aliases_hold_for_every_role_of_the_source() -> None:
    source = state(roles=[Role("admin", "Bot Developer"), Role("admin", "Ops")])
    rules = IdentityRules(roles={"Bot Developer": "App Developer"})
    found = resolve(source, state(), rules, NO_PAIRS)
    assert found.roles["admin", "Bot Developer"] == ("admin", "App Developer")
    assert found.roles["admin", "Ops"] == ("admin", "Ops")


def test_an_alias_that_makes_two_roles_one_is_ambiguous() -> None:
    source = state(roles=[Role("admin", "Bot Developer"), Role("admin", "App Developer")])
    rules = IdentityRules(roles={"Bot Developer": "App Developer"})
    [fault] = faults(source, state(), rules, NO_PAIRS)
    assert 'roles "App Developer" and "Bot Developer" would both be "App Developer"' in fault


def test_roles_alone_need_no_people() -> None:
    source = State({"admin": Section.of((Role("admin", "Ops"),))})
    for target in (state(), source):
        found = resolve(source, target, NO_RULES, NO_PAIRS)
        assert found.roles == {("admin", "Ops"): ("admin", "Ops")}
        assert not found.principals


def test_translation_keeps_what_it_cannot_translate() -> None:
    source = state(
        [user("a@x"), group("Ops")],
        [Scope("Bank", "1")],
        [
            holds("user", "a@x"),
            holds("user", "a@x", "Bot Developer", "Bank"),
            holds("group", "Ops", "Bot Developer", "Bank"),
            holds("user", "a@x", "Bot Developer", "Lost"),
            holds("user", "lost@x"),
        ],
    )
    target = state([user("a@x"), group("Platform")], [Scope("Bank EU", "2")])
    rules = IdentityRules(
        groups={"Ops": "Platform"},
        bots={"Bank": "Bank EU"},
        roles={"Bot Developer": "App Developer"},
    )
    found = resolve(source, target, rules, NO_PAIRS)
    assert source.people
    done = translated(source.people.assignments, found)
    assert done.assignments == {
        holds("user", "a@x"),
        holds("user", "a@x", "App Developer", "Bank EU"),
        holds("group", "Platform", "App Developer", "Bank EU"),
    }
    assert done.left == (
        holds("user", "a@x", "Bot Developer", "Lost"),
        holds("user", "lost@x"),
    )
