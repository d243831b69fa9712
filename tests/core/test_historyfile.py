"""A run that ended survives its file, and the schema of the history allows it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate import canonical, historyfile, resources
from migrate.actor import Actor, Approver
from migrate.diff import Action, PermissionChange
from migrate.history.entry import parse, to_bytes
from migrate.historyfile import Basis, Ended, Place, RoleChange
from migrate.model import Assignment, Identity
from migrate.validation import validate
from tests.core.test_accessfile import CHANGES, TEXT

HEX = st.binary(max_size=2).map(canonical.sha256)
VALUE = st.none() | TEXT | st.lists(TEXT, min_size=1, max_size=2).map(tuple)
TIMES = st.just("2026-01-31T02:00:00Z")
ACTORS = st.builds(Actor, TEXT, TEXT)
PLACES = st.builds(Place, TEXT, st.builds(Identity, TEXT, TEXT, TEXT), st.just("") | HEX)
ROLES = st.builds(
    RoleChange,
    st.sampled_from(Action),
    TEXT,
    TEXT,
    st.lists(st.builds(PermissionChange, TEXT, VALUE, VALUE), max_size=2).map(tuple),
    st.booleans(),
)
HELD = st.builds(Assignment, st.sampled_from(["user", "group"]), TEXT, TEXT, TEXT, TEXT)
ENDED = st.builds(
    Ended,
    run=TEXT,
    plan=TEXT,
    plan_digest=HEX,
    mode=st.sampled_from(["", "full", "incremental"]),
    assignments=st.sampled_from(["", "none", "merge", "exact"]),
    source=PLACES,
    target=PLACES,
    planner=ACTORS,
    applier=ACTORS,
    ended_by=ACTORS,
    approvers=st.lists(st.builds(Approver, ACTORS, TIMES, TEXT, TEXT), max_size=2).map(tuple),
    started_at=TIMES,
    finished_at=TIMES,
    backup=HEX,
    after=st.just("") | HEX,
    basis=st.sampled_from(Basis),
    roles=st.lists(ROLES, max_size=2).map(tuple),
    adds=st.lists(HELD, max_size=2).map(tuple),
    removes=st.lists(HELD, max_size=2).map(tuple),
    access=st.lists(CHANGES, max_size=2).map(tuple),
)
SCHEMA = resources.schema("history")


@settings(deadline=None)
@given(ENDED, st.integers(1, 10**7), st.none() | HEX)
def test_whatever_ended_survives_its_file(ended: Ended, number: int, previous: str | None) -> None:
    data = to_bytes(number, previous, ended)
    assert validate(canonical.loads(data, where="x"), data, SCHEMA, where="x") == ()
    entry = parse(data, number, "x")
    assert (entry.number, entry.previous, entry.ended) == (number, previous, ended)
    assert entry.digest == canonical.sha256(data)


def test_the_schema_names_every_field() -> None:
    fields = set(Ended.__dataclass_fields__)
    value = {"$schema", "formatVersion", "number", "previous"}
    assert len(SCHEMA["properties"]) == len(fields) + len(value)
    assert SCHEMA["$id"] == historyfile.SCHEMA
