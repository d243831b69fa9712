"""What checking files found, as one line a fault: file, line, path, sentence."""

from typing import TYPE_CHECKING, Any

from migrate.report.escape import inert

if TYPE_CHECKING:
    from migrate.checking import Checked


def render(checked: "list[tuple[str, Checked]]") -> str:
    """Every fault and warning, and for each file a line that says what it is and how it stands."""
    lines = []
    for name, one in checked:
        for fault in one.faults:
            line = f":{fault.line}" if fault.line else ""
            word = "warning" if fault.warning else "error"
            path = f"{inert(fault.path)}: " if fault.path else ""
            file = f"{inert(name.rstrip('/'))}/{inert(fault.file)}" if fault.file else inert(name)
            lines.append(f"{file}{line}: {word}: {path}{inert(fault.message)}")
        errors = sum(not fault.warning for fault in one.faults)
        counts = f"{_count(errors, 'error')}, {_count(len(one.faults) - errors, 'warning')}"
        state = "is sound" if not one.faults else f"has {counts}"
        lines.append(f"{inert(name)}: this {one.kind} {state}")
    return "\n".join(lines) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def to_value(checked: "list[tuple[str, Checked]]") -> dict[str, Any]:
    """The same as JSON."""
    return {
        "files": [
            {
                "file": name,
                "kind": one.kind,
                "sound": one.sound,
                "faults": [
                    {
                        **({"file": fault.file} if fault.file else {}),
                        "line": fault.line,
                        "path": fault.path,
                        "warning": fault.warning,
                        "message": fault.message,
                    }
                    for fault in one.faults
                ],
            }
            for name, one in checked
        ]
    }
