from migrate.wording import json_path, near, quoted, subject, value_words


def test_paths_quote_what_is_no_plain_key():
    assert json_path(()) == "$"
    assert json_path((3, "permissions", "Single Sign On", 0)) == (
        '$[3].permissions["Single Sign On"][0]'
    )
    assert json_path(("", "a.b", 'x"y', "é")) == '$[""]["a.b"]["x\\"y"]["é"]'


def test_quoted_text_is_short_and_can_always_be_encoded():
    assert quoted("x" * 60) == '"' + "x" * 60 + '"'
    assert quoted("x" * 61) == '"' + "x" * 59 + '…"'
    assert quoted("a\nb\ud800") == '"a\\nb\\ud800"'


def test_a_subject_is_what_stands_after_the_last_position():
    assert subject(()) == ""
    assert subject((3,)) == "this entry"
    assert subject((3, "permissions", "Tasks", 0)) == "permissions.Tasks[0]"
    assert subject(("state", "roles", "bot", "items")) == "roles.bot.items"


def test_values_are_named_by_kind():
    values = [None, True, 5, 1.5, "a", [], [1], {}, {"a": 1}, b""]
    assert [value_words(value) for value in values] == [
        "null",
        "true",
        "the number 5",
        "the number 1.5",
        'the string "a"',
        "an empty list",
        "a list",
        "an empty object",
        "an object",
        "a bytes",
    ]


def test_only_a_near_name_is_a_guess():
    assert near("taks", ["Tasks", "Testing"]) == ' (did you mean "Tasks"?)'
    assert near("Billing", ["Tasks", "Testing"]) == ""
