"""Pages of HTML by the command line: of a plan, of a run, and of one that was cut off."""

import html5lib
import pytest

from tests.cli.test_resume import killed
from tests.cli.world import IMPORT, World


def shown(page: str) -> str:
    """What a page of HTML says, without its style, script and data."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    body = tree.find("body")
    for script in body.findall("script"):
        body.remove(script)
    return " ".join(" ".join(body.itertext()).split())


def test_a_plan_is_answered_and_written_as_a_page(world: World) -> None:
    page, plan = world.folder / "plan.html", world.folder / "plan.json"
    ran = world.run(
        *("plan", "--from", "dev", "--to", "prod", "--out", plan),
        *("--report", f"html={page}", "--format", "html"),
    )
    assert ran.code == 0, ran.err
    assert ran.out == page.read_text()
    said = shown(ran.out)
    assert "Plan: dev → prod" in said
    assert "2 roles to create" in said
    assert "role-migrate apply" in said
    applied = world.folder / "applied.html"
    assert world.run("apply", plan, "--yes", "--report", f"html={applied}").code == 0
    assert "Run: dev → prod Done" in shown(applied.read_text())


@pytest.mark.parametrize("fault", ["", "500"])
def test_a_run_s_page_shows_what_its_plan_does_while_the_store_has_it(
    world: World, fault: str
) -> None:
    world.configure(timeout="0.3")
    if fault:
        world.fault(fault, IMPORT, query={"roleType": "bot"}, times=10)
    page = world.folder / "run.html"
    assert world.promote("--yes", "--report", f"html={page}").code == (8 if fault else 0)
    run = world.runs()[0]
    again = world.run("runs", "show", run, "--format", "html")
    assert again.out == page.read_text()
    said = shown(again.out)
    assert f"role-migrate rollback {run}" in said
    assert (f"role-migrate resume {run}" in said) is bool(fault)
    assert "2 roles to create" in said
    (plan,) = world.shelf.glob("plans/*.json")
    plan.chmod(0o600)
    plan.write_bytes(b"{}")
    without = world.run("runs", "show", run, "--format", "html")
    assert without.code == 0
    without.says("the plan of the run is left out")
    assert "The plan is not at hand" in shown(without.out)
    assert "create admin role Prüferin / ⚖" in shown(without.out)


def test_a_run_that_was_cut_off_has_a_page_too(world: World) -> None:
    run = killed(world, "timeout_before")
    ran = world.run("runs", "show", run, "--format", "html")
    assert ran.code == 0, ran.err
    said = shown(ran.out)
    assert "Unfinished" in said
    assert "begun, and not known to be done" in said
    assert f"role-migrate resume {run}" in said
    assert "2 roles to create" in said
    assert world.run("runs", "abandon", run, "--reason", "</b> given up").code == 0
    assert "</b> given up" in shown(world.run("runs", "show", run, "--format", "html").out)


def test_a_probe_has_no_page(world: World) -> None:
    ran = world.run("probe", "--env", "dev", "--show", "--format", "html")
    assert ran.code == 2
    ran.says("a probe has no page of HTML", "next: ")
