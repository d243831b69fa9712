"""Known secrets leave no trace in a text."""

import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from migrate.redaction import Redactor


@given(
    text=st.text(min_size=4).filter(lambda text: text.strip("*") != ""),
    before=st.text(max_size=5),
    after=st.text(max_size=5),
)
def test_a_redactor_leaves_no_form_of_a_secret(text: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add(text)
    forms = [text, json.dumps(text)[1:-1]]
    if text.isprintable():
        forms += [quote(text, safe=""), quote_plus(text)]
    for form in forms:
        shown = redactor.redact(f"{before}|{form}|{after}")
        assert form not in shown or form in f"{before}|***|{after}"
        assert "***" in shown


def test_a_redactor_handles_secrets_inside_others_and_leaves_short_ones() -> None:
    redactor = Redactor()
    for text in ("hunter", "hunter2-long", "ab"):
        redactor.add(text)
    assert redactor.redact("x hunter2-long hunter ab y") == "x *** *** ab y"
