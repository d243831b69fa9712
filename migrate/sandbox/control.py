"""The control endpoint: look into the sandbox, and change how it behaves.

GET /state/ENV[?at=SEQ], PUT /state/ENV · GET /log[?environment=ENV][&since=SEQ] ·
GET|PUT /switches/ENV, GET /switches · PUT /secrets/ENV · GET|PUT /faults · POST /reset
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from migrate.errors import InvalidInput, MigrateError, UsageError
from migrate.sandbox.calls import as_json
from migrate.sandbox.environment import Environment
from migrate.sandbox.exchange import Answer, Request
from migrate.sandbox.faults import Faults
from migrate.sandbox.front import Patience
from migrate.sandbox.recorder import Recorder
from migrate.sandbox.switchboard import Switchboard


class Control:
    """The application of the control server."""

    def __init__(
        self,
        environments: Mapping[str, Environment[Any, Any]],
        recorder: Recorder,
        faults: Faults,
        patience: Patience,
        switches: Mapping[str, type[Switchboard]],
    ) -> None:
        self._environments = environments
        self._recorder = recorder
        self._faults = faults
        self._patience = patience
        self._tables = switches

    def __call__(self, request: Request) -> Answer:
        """Answer one request; what is wrong with it is a 400 or 404 with a message."""
        first, _, name = request.path.strip("/").partition("/")
        routes: Mapping[tuple[str, bool], Mapping[str, Callable[..., Any]]] = {
            ("state", True): {"GET": self._state, "PUT": self._put_state},
            ("switches", True): {"GET": self._switches, "PUT": self._put_switches},
            ("secrets", True): {"PUT": self._put_secret},
            ("switches", False): {"GET": self._all_switches},
            ("log", False): {"GET": self._log},
            ("faults", False): {"GET": self._list_faults, "PUT": self._put_faults},
            ("reset", False): {"POST": self._reset},
        }
        methods = routes.get((first, bool(name)))
        if methods is None:
            known = [f"/{path}/ENV" if named else f"/{path}" for path, named in routes]
            return _problem(404, f"There is no {request.path}.", f"There are {', '.join(known)}.")
        if request.method not in methods:
            return _problem(405, f"{request.path} takes {' and '.join(methods)}.")
        if name and name not in self._environments:
            known = list(self._environments)
            return _problem(404, f"There is no environment {name}.", f"There are {known}.")
        extra = (self._environments[name],) if name else ()
        try:
            return as_json(methods[request.method](request, *extra))
        except MigrateError as fault:
            details = fault.faults if isinstance(fault, InvalidInput) else ()
            return _problem(400, str(fault), fault.remedy, [str(entry) for entry in details])

    def reset(self) -> None:
        """States, switches, secrets, faults and log as at the start; what is held is let go."""
        self._patience.release()
        self._faults.arm([])
        for environment in self._environments.values():
            environment.reset()
        self._recorder.clear()

    def _state(self, request: Request, environment: Environment[Any, Any]) -> Any:
        seq = _whole_number(request, "at")
        state = environment.state if seq is None else environment.at(seq)
        return state.as_document()

    def _put_state(self, request: Request, environment: Environment[Any, Any]) -> Any:
        state = environment.read(_json(request))
        seq = self._recorder.next()
        environment.put(seq, state)
        return {"seq": seq}

    def _switches(self, _request: Request, environment: Environment[Any, Any]) -> Any:
        return environment.switches.as_document()

    def _put_switches(self, request: Request, environment: Environment[Any, Any]) -> Any:
        return environment.set_switches(_json(request)).as_document()

    def _all_switches(self, _request: Request) -> Any:
        return {platform: table.describe() for platform, table in self._tables.items()}

    def _put_secret(self, request: Request, environment: Environment[Any, Any]) -> Any:
        return environment.change_secret(_json(request))

    def _log(self, request: Request) -> Any:
        name = request.query.get("environment")
        if name is not None and name not in self._environments:
            raise UsageError(f"There is no environment {name}.")
        since = _whole_number(request, "since") or 0
        return [entry.as_document() for entry in self._recorder.entries(name, since)]

    def _list_faults(self, _request: Request) -> Any:
        return self._faults.as_document()

    def _put_faults(self, request: Request) -> Any:
        self._faults.arm(_json(request))
        return self._faults.as_document()["armed"]

    def _reset(self, _request: Request) -> Any:
        self.reset()
        return {"reset": True}


def _json(request: Request) -> Any:
    try:
        return json.loads(request.read_body().decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidInput("The body is not JSON in UTF-8.") from None


def _whole_number(request: Request, name: str) -> int | None:
    value = request.query.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 16):
        raise UsageError(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _problem(
    status: int, message: str, remedy: str = "", faults: list[str] | None = None
) -> Answer:
    return as_json({"error": message, "remedy": remedy, "faults": faults or []}, status)
