"""The import file: ids and refIds are the target's, and never those of another role."""

from dataclasses import replace

from hypothesis import given, settings

from migrate.canonical import loads
from migrate.diff import Rules
from migrate.model import Mode, Role, Section, Selection, State
from migrate.planner import Request
from migrate.platforms.kore.checks import check_kore_roles
from migrate.platforms.kore.documents import document_from_role, role_from_document
from migrate.platforms.kore.importfile import build
from migrate.resources import schema
from migrate.validation import validate
from tests.core.account import planned
from tests.core.strategies import promotions


def bot(name, value="FULL", **ids):
    return Role("bot", name, "", {"Tasks": (value,)}, **ids)


def state(*roles):
    return State({"bot": Section.of(roles)})


def file_for(source, target, mode=Mode.INCREMENTAL, **rules):
    request = Request(mode, Selection(), Rules(**rules), (), (), "")
    (file,) = build(planned(source, target, request), target)
    return file, {document["role"]: document for document in loads(file.data, where="x")}


def test_an_update_carries_the_targets_ids():
    source, target = (
        state(bot("A", "VIEW", id="s", ref_id="sr")),
        state(bot("A", id="t", ref_id="tr")),
    )
    file, documents = file_for(source, target)
    assert documents == {
        "A": {
            "_id": "t",
            "refId": "tr",
            "role": "A",
            "roleType": "bot",
            "rDesc": "",
            "permissions": {"Tasks": ["VIEW"]},
        }
    }
    assert (file.full, file.repeatable) == (False, True)


def test_a_new_role_carries_the_sources_ref_id_and_no_id():
    file, documents = file_for(state(bot("A", id="s", ref_id="sr")), state(bot("B", id="t")))
    assert documents.keys() == {"A"}
    assert documents["A"]["refId"] == "sr"
    assert "_id" not in documents["A"]
    assert file.repeatable


def test_a_new_role_carries_the_sources_id_only_where_asked_and_free():
    source = state(bot("A", id="s", ref_id="r"), bot("B", id="t", ref_id="q"))
    _, documents = file_for(source, state(bot("C", id="t")), send_source_id=True)
    assert documents["A"]["_id"] == "s"
    assert "_id" not in documents["B"]


def test_a_ref_id_that_the_target_has_under_another_name_is_left_out():
    source, target = state(bot("New", ref_id="r")), state(bot("Old", id="t", ref_id="r"))
    file, documents = file_for(source, target)
    assert "refId" not in documents["New"]
    assert not file.repeatable  # nothing would find it again but its name


def test_a_renamed_role_in_full_does_not_take_the_ref_id_of_the_one_that_goes():
    source, target = state(bot("New", ref_id="r")), state(bot("Old", id="t", ref_id="r"))
    file, documents = file_for(source, target, Mode.FULL)
    assert file.full
    assert documents.keys() == {"New"}
    assert "refId" not in documents["New"]


def test_a_ref_id_that_two_new_roles_share_is_left_out_of_both():
    _, documents = file_for(state(bot("A", ref_id="r"), bot("B", ref_id="r")), state())
    assert all("refId" not in document for document in documents.values())


def test_a_ref_id_that_two_roles_of_the_target_share_is_left_out_of_either():
    source = state(bot("A", "VIEW"), bot("B"), bot("C", ref_id="r"))
    target = state(bot("A", id="1", ref_id="r"), bot("B", id="2", ref_id="r"))
    _, documents = file_for(source, target)
    assert documents.keys() == {"A", "C"}
    assert documents["A"]["_id"] == "1"
    assert all("refId" not in document for document in documents.values())


def test_a_full_file_holds_every_role_that_stays_as_the_target_has_it():
    target = state(
        bot("Bot Owner", id="1"), bot("Keep", id="2"), bot("Gone", id="3"), bot("Out", id="4")
    )
    source = state(bot("New"), bot("Bot Owner", "VIEW"))
    request = Request(Mode.FULL, Selection(exclude=("Out",)), Rules(keep=("Keep",)), (), (), "")
    (file,) = build(planned(source, target, request), target)
    assert file.full
    held = {role.name: role for role in target.roles["bot"].roles}
    assert [role.name for role in file.roles] == ["Bot Owner", "Keep", "New", "Out"]
    assert all(role == held[role.name] for role in file.roles if role.name != "New")


def test_a_role_that_appeared_since_planning_stays_in_a_full_file():
    source, target = state(bot("A")), state(bot("A"), bot("Gone", id="3"))
    plan = planned(source, target, Request(Mode.FULL, Selection(), Rules(), (), (), ""))
    later = bot("Later", id="9", ref_id="x")
    (file,) = build(plan, state(bot("A"), bot("Gone", id="3"), later))
    assert later in file.roles


def test_one_file_per_role_type_that_changes():
    admin = Section.of((Role("admin", "A"),))
    source = State({"admin": admin, **state(bot("A")).roles})
    target = State({"admin": admin, **state().roles})
    request = Request(Mode.FULL, Selection(), Rules(), (), (), "")
    assert [file.role_type for file in build(planned(source, target, request), target)] == ["bot"]
    none = planned(target, target, request)
    assert build(none, target) == ()


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_a_file_is_what_its_schema_allows_and_reads_back_as_what_was_meant(promotion):
    source, target, request, narrowed = promotion
    for file in build(planned(source, target, request, narrowed=narrowed), target):
        documents = loads(file.data, where="x")
        assert (
            validate(documents, file.data, schema(f"import-kore-{file.role_type}"), where="x") == ()
        )
        faults = check_kore_roles(documents, file.role_type)
        assert [fault for fault in faults if not fault.warning] == []
        assert tuple(role_from_document(document) for document in documents) == file.roles


def test_a_document_without_description_or_ids_is_a_role_without():
    document = {"roleType": "admin", "role": "A", "permissions": {"Invite": "YES"}, "__v": 3}
    role = role_from_document(document)
    assert role == Role("admin", "A", "", {"Invite": "YES"})
    assert document_from_role(role).keys() == {"roleType", "role", "rDesc", "permissions"}


def test_the_order_of_values_in_a_document_makes_no_difference():
    one = {"roleType": "bot", "role": "A", "permissions": {"Tasks": ["VIEW", "FULL"]}}
    two = {**one, "permissions": {"Tasks": ["FULL", "VIEW"]}}
    assert role_from_document(one) == role_from_document(two)
    assert role_from_document(one) != replace(
        role_from_document(two), permissions={"Tasks": "FULL"}
    )
