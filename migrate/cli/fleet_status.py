"""`fleet status`: how a set stands."""

from typing import TYPE_CHECKING

from migrate.cli.fleets import hand_out, load_set, report_value
from migrate.errors import MigrateError
from migrate.fleet.outcome import failed

if TYPE_CHECKING:
    from migrate.cli.reporting import Reports
    from migrate.cli.runtime import Runtime


def show_standing(folder: str, runtime: "Runtime", form: str, reports: "Reports") -> int:
    """Show how each target of a set stands, as the store tells it. Returns the worst exit code."""
    from migrate.pipeline.fleet_standing import environment_of, standing

    fleet = load_set(folder)
    found = {}
    for name in fleet.order:
        subject = fleet.member(name).subject
        try:
            environment = environment_of(name, subject.target, runtime.connections)
            found[name] = standing(environment, subject.plan, runtime.connections)
        except MigrateError as error:
            found[name] = failed(name, error, subject.plan)
    value = report_value(
        "status", fleet, found, fleet.waves, group=fleet.group, source=fleet.source
    )
    hand_out(value, form, reports, runtime)
    return int(value["exitCode"])
