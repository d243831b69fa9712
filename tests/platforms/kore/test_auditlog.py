"""The audit log read under every meaning that its one sample leaves open."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from migrate.errors import PlatformFailed
from migrate.platforms.kore.auditlog import LONGEST, PAGES, said_since
from migrate.platforms.kore.channel import ReadChannel

STATE = {"platform": "kore", "roles": []}


def stamp(**ahead):
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fill(here, count, start=0):
    """So many roles are made in the console, and an entry is written of each."""
    roles = [
        {"roleType": "admin", "role": f"R{n}", "permissions": {}} for n in range(start + count)
    ]
    here.control("PUT", "/state/prod", {**STATE, "roles": roles})


def read(here, **since):
    ahead = since or {"hours": -1}
    return said_since(here.channel, stamp(**ahead), stamp(minutes=10), where="prod")


def asked(here):
    return [entry["query"] for entry in here.log()]


@pytest.mark.parametrize("meaning", ["page", "record"])
@pytest.mark.parametrize("dates", ["from_first", "from_last"])
@pytest.mark.parametrize("ids", ["unique", "repeated"])
def test_every_entry_comes_once_whatever_is_meant(place, meaning, dates, ids):
    here = place(STATE, offset_audit=meaning, audit_dates=dates, audit_ids=ids)
    fill(here, 230)
    log = read(here)
    assert [entry.text.split("'")[1] for entry in log.entries] == [f"R{n}" for n in range(230)]
    assert log.cut == ""


def test_one_page_is_one_call_with_the_documented_parameters(place):
    here = place(STATE)
    fill(here, 5)
    since, until = stamp(hours=-1), stamp(minutes=10)
    log = said_since(here.channel, since, until, where="prod")
    dates = {"fromDate": since.replace("Z", ".000Z"), "toDate": until.replace("Z", ".000Z")}
    assert asked(here) == [{"size": "100", "offset": "0", **dates}]
    assert {entry.event for entry in log.entries} == {"Role Created"}
    assert all(since < entry.at < until for entry in log.entries)


def test_who_did_it_is_told_where_the_log_tells(place):
    here = place(STATE, audit_user="columns")
    fill(here, 1)
    (entry,) = read(here).entries
    assert (entry.who, entry.text) == ("console user", "The admin role 'R0' was created")
    here.switch(audit_user="untold")
    assert [each.who for each in read(here).entries] == [""]


def test_what_is_older_does_not_count_and_an_empty_log_is_asked_for_both_ways(place):
    here = place(STATE)
    fill(here, 3)
    assert read(here, minutes=5).entries == ()
    first, second = asked(here)
    assert (first["fromDate"], first["toDate"]) == (second["toDate"], second["fromDate"])


@pytest.mark.parametrize(("meaning", "most"), [("page", 50), ("record", 41)])
def test_it_is_read_in_part_where_it_is_long_and_says_so(place, meaning, most):
    here = place(STATE, largest_page=10, offset_audit=meaning)
    fill(here, 120)
    log = read(here)
    assert len(asked(here)) == PAGES
    assert (len(log.entries), log.cut) == (most, f"{most} entries of 120 were read")


@pytest.mark.parametrize(
    ("fault", "cut"),
    [
        ("total_moves", "30 entries of 33 were read"),
        ("page_repeats", "a page brought nothing new"),
        ("page_short", "15 entries of 30 were read"),
        ("200_short", "27 entries of 30 were read"),
    ],
)
def test_a_list_that_does_not_add_up_is_shown_with_a_word_on_it(place, fault, cut):
    here = place(STATE, largest_page=10)
    fill(here, 30)
    here.fault(fault, path="/api/public/auditlogs", times=99)
    assert read(here).cut == cut


def test_without_the_scope_it_says_which(place):
    here = place(STATE, audit_scope="missing")
    with pytest.raises(PlatformFailed, match="Logs > Admin Console Audit Logs"):
        read(here)


def test_an_address_that_does_not_offer_it_is_a_refusal(place, monkeypatch):
    here = place(STATE)
    monkeypatch.setattr("migrate.platforms.kore.auditlog.AUDIT_LOGS", "/api/public/nothing")
    with pytest.raises(PlatformFailed, match="HTTP 404"):
        read(here)


class Said:
    """A channel that answers these things, the last one again and again."""

    def __init__(self, *answers):
        self.answers = itertools.chain(answers, itertools.repeat(answers[-1]))

    def get(self, path, params, *, what):
        return next(self.answers)


def page(*rows, more=False, **extra):
    return {"total": len(rows), "auditlogs": [*rows], "moreAvailable": more, **extra}


def row(**fields):
    return {
        "timestampValue": 1578157612745,
        "Date/Time": "2020-01-04T17:06:52.745Z",
        "Description": "Role 'Ops' updated",
        "Name": "Role Updated",
        "Category": "Role Management",
        "AuditLogId": "5e10c62ce0e2f05f0548048",
        **fields,
    }


def entries(*rows):
    channel: ReadChannel = Said(page(*rows))
    return said_since(channel, "2019-01-01T00:00:00Z", "2021-01-01T00:00:00Z", where="prod").entries


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, "2020-01-04T17:06:52Z"),
        ({"timestampValue": None}, "2020-01-04T17:06:52Z"),
        ({"timestampValue": "x", "Date/Time": "2020-01-04T18:06:52+01:00"}, "2020-01-04T17:06:52Z"),
        ({"timestampValue": True, "Date/Time": "2020-01-04"}, "2020-01-04T00:00:00Z"),
        ({"timestampValue": 2**62, "Date/Time": "soon"}, ""),
        ({"timestampValue": -1, "Date/Time": None}, ""),
        ({"timestampValue": None, "Date/Time": "0001-01-01T00:00:00+10:00"}, ""),
    ],
)
def test_when_it_was_is_told_as_far_as_it_can_be(fields, at):
    assert [entry.at for entry in entries(row(**fields))] == [at]


def test_only_what_is_about_roles_and_has_a_text_is_an_entry():
    logout = row(Description="User Ops logged out", Name="Logout", Category="Login/Logout")
    odd = [row(Description=value) for value in (None, 5, "", "  ", ["Role"])]
    assert entries(logout, *odd, {}) == ()


def test_texts_are_short_of_one_line_and_without_secrets():
    long, lines, secret = entries(
        row(Description=f"Role {'x' * 1000}"),
        row(Description="Role\n\tOps   updated"),
        row(Description="Role Ops: clientSecret: abcdef", Name="Role token=abc"),
    )
    assert len(long.text) == LONGEST
    assert lines.text == "Role Ops updated"
    assert "abc" not in f"{secret}"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "it is null, not an object"),
        ([row()], "it is a list, not an object"),
        ("AAAA", "it is a string, not an object"),
        ({}, "moreAvailable is null"),
        (page(more="no"), 'moreAvailable is the string "no"'),
        (page(auditlogs={}), "auditlogs is not a list of objects"),
        (page(auditlogs=["Role"]), "auditlogs is not a list of objects"),
    ],
)
def test_answers_that_are_not_as_documented(answer, message):
    with pytest.raises(PlatformFailed) as caught:
        said_since(Said(answer), "2019-01-01T00:00:00Z", "2021-01-01T00:00:00Z", where="prod")
    assert message in caught.value.what


@pytest.mark.parametrize("total", [None, "3", -3, 2**62, True])
def test_a_total_is_only_a_hint(total):
    channel = Said(page(row(), total=total))
    log = said_since(channel, "2019-01-01T00:00:00Z", "2021-01-01T00:00:00Z", where="prod")
    assert len(log.entries) == 1


def test_a_log_that_grows_while_it_is_read_is_not_taken_for_another_meaning():
    rows = [row(Description=f"Role {n}") for n in range(6)]
    first, second = page(*rows[:3], more=True), page(*rows[2:5], more=True)
    log = said_since(
        Said(first, second, page(rows[5], total=6)),
        "2019-01-01T00:00:00Z",
        "2021-01-01T00:00:00Z",
        where="prod",
    )
    assert len(log.entries) == 6 and log.cut == ""


def test_what_comes_from_before_is_left_out_though_the_platform_shows_it():
    second = {"Date/Time": "2019-01-01T00:00:00.900Z", "timestampValue": None}
    assert entries(row(**second), row(timestampValue=1_500_000_000_000)) == ()
