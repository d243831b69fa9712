"""Plans and checks for machines and merge requests, read by readers that are not ours."""

import json
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from migrate.report.plan_markdown import LIMIT
from tests.cli.world import Ran, World, role

GUARD = """[[guards]]
rule = "protected_names"
names = ["Auditor"]
"""


def plan(world: World, *words: str) -> Ran:
    return world.run("plan", "--from", "dev", "--to", "prod", *words)


def test_junit_has_a_test_for_each_guard(world: World) -> None:
    passed = plan(world, "--format", "junit")
    assert passed.code == 0
    suites = JUnitXml.fromstring(passed.out.encode())
    (suite,) = list(suites)
    names = [case.name for case in suite]
    assert {"max_deletions", "held_roles", "no_gain"} <= set(names)
    assert (suite.failures, suite.tests) == (0, len(names))
    world.guards(GUARD)
    refused = plan(world, "--format", "junit")
    assert refused.code == 4
    (suite,) = list(JUnitXml.fromstring(refused.out.encode()))
    assert suite.failures == 1
    (failed,) = [case for case in suite if case.result and case.result[0]._tag == "failure"]
    assert failed.name == "protected_names"
    assert "Auditor" in failed.result[0].message


def test_sarif_has_a_result_for_each_guard_that_objects(world: World) -> None:
    world.guards(GUARD)
    log = plan(world, "--format", "sarif").json()
    (run,) = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    refused = [each for each in run["results"] if each["level"] == "error"]
    assert [each["ruleId"] for each in refused] == ["protected_names"]
    assert {each["ruleId"] for each in run["results"]} <= rules
    assert log["version"] == "2.1.0"
    for each in run["results"]:  # code hosts take no result without one
        (place,) = [found["physicalLocation"] for found in each["locations"]]
        assert place["artifactLocation"]["uri"] == world.config.name
        assert place["region"]["startLine"] == 1


def test_a_page_for_a_merge_request_is_short_first_and_folds_the_rest(world: World) -> None:
    hostile = role("admin", "</details><img src=x> | @all", Preferences="YES")
    state = world.state("dev")
    state["roles"].append(hostile)
    world.put("dev", state)
    page = plan(world, "--format", "md").out
    head, _, rest = page.partition("<details>")
    assert head.startswith("## dev → prod: 3 roles to create")
    assert "to update" in head
    assert rest.count("</details>") == 2  # ours, and the role's within the block of code
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    assert "<img" not in html
    assert html.count("</details>") == 1
    assert "@all" not in head


def test_a_page_has_room_in_a_comment(world: World) -> None:
    state = world.state("dev")
    state["roles"] += [role("admin", f"Role {number:04}", Invite="YES") for number in range(2000)]
    world.put("dev", state)
    words = ("plan", "--from", "dev", "--to", "prod", "--format", "md")
    page = world.run(*words, first=("-v",)).out
    assert len(page) < LIMIT + 500
    assert "The page is cut here" in page
    assert "2002 to create" in page
    assert "and 1982 more" in page


@pytest.mark.parametrize("form", ["junit", "sarif"])
def test_faults_in_files_have_their_lines(world: World, form: str) -> None:
    path = world.file("wrong.json", '[\n{"role": 1}\n]')
    sound = world.file("sound.json", world.export("admin"))
    ran = world.run("validate", path, sound, "--format", form)
    assert ran.code == 3
    if form == "junit":
        root = ET.fromstring(ran.out.encode())
        (suite,) = root
        assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    else:
        results = json.loads(ran.out)["runs"][0]["results"]
        assert {each["level"] for each in results} == {"error"}
        places = [each["locations"][0]["physicalLocation"] for each in results]
        assert {place["artifactLocation"]["uri"] for place in places} == {str(path)}


def test_markdown_is_another_name_of_md(world: World) -> None:
    words = ("plan", "--from", "dev", "--to", "prod")
    path = world.folder / "p.md"
    ran = world.run(*words, "--format", "markdown", "--report", f"markdown={path}")
    assert ran.code == 0
    assert ran.out.startswith("## ") or ran.out.startswith("# ")
    assert path.read_text() == ran.out
