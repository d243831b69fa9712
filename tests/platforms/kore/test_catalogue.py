"""What is known of Kore.ai's permissions fits together: names, the console's labels, values."""

from migrate.platforms.kore.catalogue import TRAITS

KNOWN = {name for each in TRAITS.role_types.values() for name in each.known}


def test_labels_are_of_documented_names_and_say_something_else() -> None:
    assert TRAITS.labels.keys() < KNOWN
    assert all(label != name for name, label in TRAITS.labels.items())
    # kore.md A2 and A3: Bot became App; a name on the wire that says App already needs no label.
    assert all("Bot" in name and "Bot" not in label for name, label in TRAITS.labels.items())
    assert "App Builder API Scopes" not in TRAITS.labels


def test_every_admin_permission_that_consoles_renamed_has_its_label() -> None:
    renamed = {name for name in TRAITS.role_types["admin"].known if "Bot" in name}
    assert renamed <= TRAITS.labels.keys()


def test_sensitive_permissions_are_documented() -> None:
    assert KNOWN.issuperset(TRAITS.sensitive)
