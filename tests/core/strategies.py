"""Random roles, states, snapshots and requests, from pools small enough to collide."""

from hypothesis import strategies as st

from migrate.canonical import sha256
from migrate.diff import Rules
from migrate.model import (
    Capture,
    Identity,
    Mode,
    Role,
    Section,
    Selection,
    Snapshot,
    State,
)
from migrate.planner import Request

CUSTOM = ("Alpha", "Alpha 2", "Beta", "BreakGlass 1", "Team [A]", "What?", "équipe\u202e\x1b[31m")
BUILT_IN = {
    "admin": ("admin",),
    "bot": ("Bot Owner", "Bot Developer", "Bot Tester"),
}
KNOWN = {
    "admin": ("Invite", "Manage Users", "Preferences"),
    "bot": ("Tasks", "Channels", "Testing"),
}
UNKNOWN = ("Legacy", "Future")
VALUES = {"admin": ("YES", "NO"), "bot": (("FULL",), ("VIEW",), ("NO",), ("FULL", "VIEW"))}
PATTERNS = ("Alpha*", "Alpha", "Beta", "Team [A]", "What?", "B*", "* 1", "*", "Nobody")

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


DESCRIPTIONS = ("", "one", "two")
REFS = (None, "r1", "r2", "r3", "r4", "r5", "r6")
CAPTURES = (Capture.CAPTURED,) * 3 + (Capture.SEEN_IN_USE, Capture.NOT_CAPTURED)
DRAWN = st.integers(0, 2**24 - 1)
"""Roles are made from one number each: drawing every part of its own takes ten times as long."""


def role_of(number: int, role_type: str, name: str, role_id: str, pool: tuple[str, ...]) -> Role:
    """The role that a number stands for; 0 is the plainest one."""
    number, description = divmod(number, len(DESCRIPTIONS))
    number, ref = divmod(number, len(REFS))
    choices = (None, *VALUES[role_type])
    held = {}
    for permission in pool:
        number, choice = divmod(number, len(choices))
        if choices[choice] is not None:
            held[permission] = choices[choice]
    return Role(role_type, name, DESCRIPTIONS[description], held, id=role_id, ref_id=REFS[ref])


@st.composite
def states(draw, side: str, *, whole: bool = False, unknown: tuple[str, ...] = UNKNOWN) -> State:
    """A state of both role types. Unless `whole`, a type may be captured in part, or not at all.

    Names of roles differ and so do ids; refIds may be shared or absent, as in life.
    """
    found = {}
    for role_type, built_in in BUILT_IN.items():
        names = (*CUSTOM, *built_in)
        which = draw(st.integers(0, 2 ** len(names) - 1))
        chosen = [name for bit, name in enumerate(names) if which >> bit & 1]
        pool = (*KNOWN[role_type], *unknown)
        roles = tuple(
            role_of(draw(DRAWN), role_type, name, f"{side}-{role_type}-{number}", pool)
            for number, name in enumerate(chosen)
        )
        capture = Capture.CAPTURED if whole else draw(st.sampled_from(CAPTURES))
        if capture is Capture.CAPTURED:
            found[role_type] = Section.of(roles)
        else:
            part = Section.of(roles).roles if capture is Capture.SEEN_IN_USE else ()
            found[role_type] = Section(capture, part)
    return State(found)


def snapshot(state: State, environment: str, selection: Selection | None = None) -> Snapshot:
    identity = Identity("kore", f"https://{environment}.example.com", f"cs-{environment}")
    return Snapshot(
        environment, identity, "2026-01-31T12:00:00Z", "1.0", selection or Selection(), state
    )


PARTS = st.lists(st.sampled_from(PATTERNS), max_size=1)


@st.composite
def selections(draw, *held: State) -> Selection:
    """A selection whose pattern to include matches a role of the states, as planning asks for."""
    names = {role.name for state in held for role in state.all_roles()}
    include, exclude = draw(PARTS), draw(PARTS)
    return Selection(tuple(p for p in include if matched(p, names)), tuple(exclude))


def matched(pattern: str, names: set[str]) -> bool:
    """Whether a pattern selects any of the names."""
    return any(Selection((pattern,)).covers(name) for name in names)


RULES = st.builds(
    Rules,
    keep=st.lists(st.sampled_from(PATTERNS[:-2]), max_size=1).map(tuple),
    promote_builtins=st.sets(
        st.sampled_from((*BUILT_IN["admin"], *BUILT_IN["bot"])), max_size=2
    ).map(lambda names: tuple(sorted(names))),
    send_source_id=st.booleans(),
)


@st.composite
def requests(draw, source: State, target: State) -> Request:
    """What a plan is asked for; guards are for other tests."""
    selection = draw(selections(source, target))
    return Request(draw(st.sampled_from(Mode)), selection, draw(RULES), (), (), "directory")


@st.composite
def promotions(draw, unknown=UNKNOWN, here=None):
    """(source, target, request, selection that the source was captured with).

    `unknown` permission names may be on both sides; the target has those `here`, where given.
    """
    source = draw(states("dev", unknown=unknown))
    target = draw(states("prod", whole=True, unknown=unknown if here is None else here))
    narrowed = draw(st.just(Selection()) | selections(source))
    return source, target, draw(requests(source, target)), narrowed


def digests(text: str) -> str:
    """Any digest."""
    return sha256(text.encode())
