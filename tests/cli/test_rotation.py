"""Client secrets that are rotated in the middle of a run, in either order, and what is tried."""

import json
import secrets
import time

import pytest

from migrate.config import load
from migrate.connect import Connections
from migrate.redaction import Redactor
from migrate.tools import real_tools
from tests.cli.world import EXPORT, Ran, World

REQUESTS = 9
"""To the target, in the promotion of these tests."""


class Rotation:
    """An app whose secret is kept where a program fetches it, which counts how often."""

    def __init__(self, world: World, environment: str = "prod", app: str = "admin_app") -> None:
        self.world, self.environment, self.app = world, environment, app
        self.old: str = world.box.ready["environments"][environment][app]["client_secret"]
        self.new = secrets.token_urlsafe(32)
        self.wrong = secrets.token_urlsafe(32)
        world.canaries += (self.new.encode(), self.wrong.encode())
        self.folder = world.folder / "secrets"

    def keep(self, first: str, later: str | None = None, following: str | None = None) -> None:
        """The place holds `first` when it is asked first, and `later` from then on."""
        settings = {"client_secret": self._kept("now", first, later or first)}
        if following is not None:
            settings["client_secret_next"] = self._kept("next", following, following)
        client_id = self.world.box.ready["environments"][self.environment][self.app]["client_id"]
        table = ", ".join(f"{key} = {value}" for key, value in settings.items())
        self.world.configure(
            self.environment, **{self.app: f'{{ client_id = "{client_id}", {table} }}'}
        )

    def _kept(self, name: str, first: str, later: str) -> str:
        for number, text in enumerate((first, later)):
            (self.folder / f"{name}-{number}").write_text(text)
        script = self.folder / f"{name}.sh"
        script.write_text(
            f"cd '{self.folder}'\n"
            f"if [ -e {name}-asked ]; then cat {name}-1; else cat {name}-0; fi\n"
            f"echo x >> {name}-asked\n"
        )
        return f'{{ command = ["sh", {json.dumps(str(script))}] }}'

    def asked(self, name: str) -> int:
        """How often a place was asked."""
        path = self.folder / f"{name}-asked"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def happen(self, nth: int = 1) -> None:
        """The platform takes the new secret only, from the nth request on."""
        body = {"app": self.app, "client_secret": self.new, "nth": nth}
        self.world.control(f"/secrets/{self.environment}", body)

    def refused(self) -> int:
        """How many requests the platform refused for their credentials."""
        return [entry["status"] for entry in self.world.log(self.environment)].count(401)


def ends_exact(world: World, ran: Ran) -> None:
    assert ran.code == 0, ran.err
    world.assert_promoted()
    world.search_for_secrets()


@pytest.mark.parametrize("nth", range(1, REQUESTS + 1))
def test_the_target_where_the_secret_was_stored_first(world: World, nth: int) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, later=rotation.new)
    rotation.happen(nth)
    ran = world.promote("--yes", first=("-v",))
    ends_exact(world, ran)
    ran.says("environments.prod.admin_app: client_secret was changed meanwhile")
    assert (rotation.refused(), rotation.asked("now")) == (1, 2)
    assert len(world.log()) == REQUESTS + 1


@pytest.mark.parametrize("nth", range(1, REQUESTS + 1))
def test_the_target_where_the_next_secret_is_at_hand(world: World, nth: int) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    rotation.happen(nth)
    ran = world.promote("--yes")
    ends_exact(world, ran)
    ran.says("warning: environments.prod.admin_app: client_secret is refused and ")
    assert ran.err.count("client_secret_next works") == 1
    assert rotation.refused() == 1
    assert (rotation.asked("now"), rotation.asked("next")) == (2, 1)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_side_that_is_read_only(world: World, environment: str, stored: bool) -> None:
    rotation = Rotation(world, environment)
    rotation.keep(
        rotation.old, rotation.new if stored else None, following=None if stored else rotation.new
    )
    rotation.happen(2)
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--format", "json")
    assert ran.code == 0, ran.err
    assert rotation.refused() == 1


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("nth", [4, 5, 6])
def test_the_app_that_uploads(world: World, stored: bool, nth: int) -> None:
    rotation = Rotation(world, app="builder_app")
    rotation.keep(
        rotation.old, rotation.new if stored else None, following=None if stored else rotation.new
    )
    rotation.happen(nth)
    ran = world.promote("--yes")
    ends_exact(world, ran)
    ran.says("environments.prod.builder_app: client_secret")
    assert rotation.refused() == 1


def test_lists_that_are_read_side_by_side_ask_once(world: World) -> None:
    rotation = Rotation(world, "dev")
    rotation.keep(rotation.old, following=rotation.new)
    rotation.happen(3)
    ran = world.run("snapshot", "--env", "dev")
    assert ran.code == 0, ran.err
    assert 1 <= rotation.refused() <= 3
    assert (rotation.asked("now"), rotation.asked("next")) == (2, 1)
    assert ran.err.count("client_secret_next works") == 1


def test_two_names_for_one_account_share_what_was_found(world: World) -> None:
    rotation = Rotation(world, "dev")
    rotation.keep(rotation.old, following=rotation.new)
    world.configure("dev", builder_app=None)
    world.settings["twin"] = dict(world.settings["dev"])
    world.write()
    rotation.happen()
    ran = world.run("doctor", "--env", "dev", "--env", "twin")
    assert ran.code == 0, ran.out
    # Both may send the old one before either is refused, and both may fetch it: `Kept` has nobody
    # wait. What is refused is then looked up once for both.
    assert 1 <= rotation.refused() <= 2
    assert 2 <= rotation.asked("now") <= 3
    assert rotation.asked("next") == 1


@pytest.mark.parametrize(
    ("following", "words"),
    [
        (None, "client_secret was fetched again and is what it was"),
        ("wrong", "what it was; client_secret_next is refused, too"),
        ("old", "what it was; client_secret_next holds what was refused already"),
    ],
)
def test_where_none_is_taken_it_ends_with_what_was_tried(
    world: World, following: str | None, words: str
) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=getattr(rotation, following) if following else None)
    rotation.happen(5)  # the first import
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7, ran.err
    ran.says("access denied with HTTP 401", words, "target: unchanged", "next: Check client_id")
    assert rotation.refused() == (2 if following == "wrong" else 1)
    assert (rotation.asked("now"), rotation.asked("next")) == (2, int(following is not None))


def test_after_a_write_it_is_partly_applied(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, rotation.wrong)
    rotation.happen(6)
    ran = world.promote("--yes")
    assert ran.code == 8, ran.err
    ran.says("access denied", "client_secret is refused, too", "partly changed")
    assert rotation.asked("now") == 2


def test_a_place_that_fails_in_mid_run_is_passed_over(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    script = rotation.folder / "now.sh"
    script.write_text(f"cd '{rotation.folder}'; [ -e once ] && exit 3; touch once; cat now-0")
    rotation.happen(4)
    ends_exact(world, world.promote("--yes"))


def test_a_missing_scope_is_no_reason_to_try_other_secrets(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    world.switch(admin_scope="missing")
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("Scope is incorrect", "next: Give the admin-console app the scope")
    assert (rotation.asked("now"), rotation.asked("next"), rotation.refused()) == (1, 0, 1)


def test_a_scope_that_is_missing_for_the_next_secret_is_what_is_said(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    rotation.happen()
    world.switch(admin_scope="missing")
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("Scope is incorrect", "client_secret_next works", "next: Give the admin-console app")
    assert "refused, too" not in ran.err


def test_a_clock_that_is_wrong_is_still_what_is_said(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.wrong)
    world.switch(clock_offset=3600)
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("next: This machine's clock is 60 minutes behind the platform's")
    assert rotation.refused() <= 2


def test_the_spare_is_not_fetched_where_nothing_is_refused(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    world.fault("503", EXPORT)
    ends_exact(world, world.promote("--yes"))
    assert (rotation.asked("now"), rotation.asked("next")) == (1, 0)


def test_every_secret_that_was_ever_fetched_is_struck_out(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, later=rotation.wrong, following=rotation.new)
    redactor = Redactor()
    tools = real_tools(print, time.sleep, lambda seconds, *_: time.sleep(seconds))
    connections = Connections(load(world.config, {}), tools, redactor)
    environment = connections.config.environment("prod")
    secret = connections.shared(environment).secret(environment.admin_app, "prod")
    while secret.refused(secret.current):
        pass
    for text in (rotation.old, rotation.wrong, rotation.new):
        assert redactor.redact(f"<{text}>") == "<***>"


# doctor


def findings(ran: Ran) -> dict[str, dict[str, str]]:
    return {item["check"]: item for item in ran.json()["findings"]}


def test_doctor_says_which_secret_is_taken(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    world.configure(builder_app=None)
    ran = world.run("doctor", "--env", "prod", "--format", "json")
    assert ran.code == 0
    found = findings(ran)
    assert found["admin app"]["detail"].startswith("client_secret is taken; scope is right")
    assert found["admin app: client_secret_next"]["detail"] == "can be fetched, for a rotation"
    # What need not be taken yet is not tried: that would count as a wrong one.
    assert rotation.refused() == 0


def test_doctor_warns_where_only_the_next_one_is_taken(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    rotation.happen()
    ran = world.run("doctor", "--env", "prod")
    assert ran.code == 0, ran.out
    lines = [line.strip() for line in ran.out.splitlines()]
    place = next(n for n, line in enumerate(lines) if line.startswith("WARN admin app: "))
    assert "only client_secret_next is taken; scope is right" in lines[place]
    assert lines[place + 1].startswith("next: The secret was rotated: put the next one")
    assert "for a rotation" not in ran.out


def test_doctor_names_a_next_one_that_cannot_be_fetched(world: World) -> None:
    rotation = Rotation(world)
    rotation.keep(rotation.old, following=rotation.new)
    (rotation.folder / "next.sh").unlink()
    ran = world.run("doctor", "--env", "prod")
    assert ran.code == 0
    assert "WARN admin app: client_secret_next: " in ran.out


def test_doctor_says_what_was_tried_where_none_is_taken(world: World) -> None:
    for app in ("admin_app", "builder_app"):
        rotation = Rotation(world, app=app)
        rotation.keep(rotation.wrong, following=rotation.new)
    ran = world.run("doctor", "--env", "prod", "--format", "json")
    assert ran.code == 7
    for name in ("admin app", "builder app"):
        assert "client_secret_next is refused, too" in findings(ran)[name]["detail"]
