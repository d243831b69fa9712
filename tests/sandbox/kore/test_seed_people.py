import pytest

from migrate.sandbox.kore.membership import members
from migrate.sandbox.kore.seed import account_state
from migrate.sandbox.kore.state import read_account

SIZE = {"users": 400, "groups": 30, "bots": 4}


def test_a_large_account_is_sound_and_the_same_each_time() -> None:
    state = account_state(20, 20, **SIZE)
    assert state == account_state(20, 20, **SIZE)
    account = read_account(state, "dev")
    assert (len(account.users), len(account.groups), len(account.bots)) == (400, 30, 4)
    assert all(app.client_secret for bot in account.bots for app in bot.jwt_apps)


@pytest.mark.parametrize("mean", [0, 0.5, 3])
def test_the_means_are_met(mean: float) -> None:
    state = account_state(
        20, 20, **SIZE, roles_per_user=mean, groups_per_user=mean, roles_per_group=mean
    )
    account = read_account(state, "dev")
    held = [holder for role in account.roles for holder in role.holders]
    found = {kind: sum(kind in holder for holder in held) for kind in ("user", "group")}
    assert found["user"] / SIZE["users"] == pytest.approx(mean, abs=0.1)
    assert found["group"] / SIZE["groups"] == pytest.approx(mean, abs=0.3)
    inside = sum(len(group.users) for group in account.groups)
    assert inside / SIZE["users"] == pytest.approx(mean, abs=0.1)


def test_another_seed_keeps_the_names_and_changes_the_rest() -> None:
    one, two = (read_account(account_state(9, 9, **SIZE, seed=n), "dev") for n in (1, 2))
    assert [user.email for user in one.users] == [user.email for user in two.users]
    assert [bot.name for bot in one.bots] == [bot.name for bot in two.bots]
    assert not {bot.id for bot in one.bots} & {bot.id for bot in two.bots}
    assert [role.holders for role in one.roles] != [role.holders for role in two.roles]


def test_some_groups_have_their_users_in_a_group_inside() -> None:
    account = read_account(account_state(1, 0, **SIZE), "dev")
    nested = [group for group in account.groups if group.groups]
    assert len(nested) == 3
    assert all(not group.users and members(account)[group.name] for group in nested)


def test_built_ins_and_bot_roles_without_bots_are_held_by_nobody() -> None:
    account = read_account(account_state(5, 5, users=50, groups=5), "dev")
    held = {(role.role_type, role.name) for role in account.roles if role.holders}
    assert {kind for kind, _ in held} == {"admin"}
    assert not any(account.built_in(*role) for role in held)
