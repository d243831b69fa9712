from migrate.sandbox.faircom.sessions import IDLE, NOBODY, OPTIONS, Session, Sessions


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def sessions() -> tuple[Sessions, Clock]:
    clock = Clock()
    return Sessions(clock, lambda: clock.time + 5), clock


def create(made: Sessions, username: str = "ADA", idle: int = 10, **more: bool) -> Session:
    options = {**OPTIONS, IDLE: idle}
    return made.create(
        username, admin=False, options=options, permanent=more.get("permanent", False)
    )


def test_a_session_lives_as_long_as_it_is_used() -> None:
    made, clock = sessions()
    token = create(made).token
    for _ in range(3):
        clock.time += 9.9
        assert made.find(token) is not NOBODY
    clock.time += 10
    assert made.find(token) is NOBODY
    assert made.end(token) is False


def test_looking_at_all_sessions_keeps_none_alive() -> None:
    made, clock = sessions()
    create(made)
    clock.time += 9
    assert len(made.living()) == 1
    clock.time += 1
    assert made.living() == []


def test_sessions_of_one_account_and_of_all() -> None:
    made, _ = sessions()
    first, second = create(made), create(made, "BO")
    assert made.living() == [first, second]
    assert made.living("BO") == [second]
    assert made.end(first.token) is True
    assert made.living("ADA") == []


def test_tokens_differ_and_are_within_the_documented_length() -> None:
    made, _ = sessions()
    tokens = {create(made).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(40 < len(token) <= 225 for token in tokens)


def test_a_token_is_in_no_representation() -> None:
    made, _ = sessions()
    session = create(made)
    assert session.token not in repr(session)


def test_times_are_told_by_the_clock_that_people_read() -> None:
    made, clock = sessions()
    session = create(made)
    clock.time += 3
    found = made.find(session.token)
    assert found is not NOBODY
    assert (found.started, found.used_at, found.used) == (1005, 1008, 1003)
    changed = made.change(found, {"description": "d"})
    assert (changed.options["description"], changed.started) == ("d", 1005)
    assert made.find(session.token) is not NOBODY
