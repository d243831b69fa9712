"""The front of an environment's server: logs every request, and lets a waiting fault happen."""

import threading
import time
from dataclasses import replace
from typing import Any

from migrate.sandbox.bodies import Body, read_body
from migrate.sandbox.calls import Call
from migrate.sandbox.environment import Environment
from migrate.sandbox.exchange import Answer, Hangup, Request
from migrate.sandbox.faults import LATE, NOT, Armed, Faults
from migrate.sandbox.platform import Api
from migrate.sandbox.recorder import Entry, Recorder


class Patience:
    """Lets requests be held for a time, until all of them are let go."""

    def __init__(self) -> None:
        self._released = threading.Event()
        self._closed = False

    def hold(self, seconds: float) -> bool:
        """Wait; whether the time passed undisturbed."""
        released = self._released
        return not self._closed and not released.wait(seconds)

    def release(self) -> None:
        """Let go of all that is held now; later holds wait again."""
        held, self._released = self._released, threading.Event()
        held.set()

    def close(self) -> None:
        """Let go of all that is held, and hold nothing any more."""
        self._closed = True
        self._released.set()


class Front:
    """The application that an environment's server serves."""

    def __init__(
        self,
        environment: Environment[Any, Any],
        api: Api,
        recorder: Recorder,
        faults: Faults,
        patience: Patience,
    ) -> None:
        self._environment = environment
        self._api = api
        self._recorder = recorder
        self._faults = faults
        self._patience = patience

    def __call__(self, request: Request) -> Answer | Hangup:
        """Answer one request, or hang up where a fault says so."""
        latency = self._environment.switches.latency
        if latency:
            self._patience.hold(latency)
        prefix = self._environment.prefix
        served = request.path.startswith(f"{prefix}/")
        path = request.path.removeprefix(prefix) if served else request.path
        name, query = self._environment.name, request.query

        def action() -> str:
            return self._api.action(_body(request))

        fault = self._faults.next(name, request.method, path, query, action) if served else None
        refused = fault is not None and fault.fault == "refused"
        call = Call(
            seq=self._recorder.next(),
            method=request.method,
            path=path,
            query=query,
            token=request.headers.get("auth"),
            body=Body() if refused else _body(request),
            fault=fault.fault if fault else "",
            peer=request.peer,
        )
        if fault:
            answer = self._trouble(call, fault)
        else:
            # An on-premises installation answers below its prefix only.
            handle, refusal = self._api.handle, self._api.refusal
            answer = handle(call) if served else refusal(call, 404, "Not Found")
            self._record(call, answer)
        if isinstance(answer, Answer):
            return replace(answer, date=self._environment.now())
        return answer

    def _trouble(self, call: Call, fault: Armed) -> Answer | Hangup:
        api, acts = self._api, self._faults.acts(self._environment.name, fault)
        if acts == LATE:
            return self._act_late(call, fault)
        if acts == NOT:
            answer = api.in_place(fault, call)
        else:
            answer = api.distort(fault, call, api.handle(call))
        held = fault.fault.startswith("timeout")
        self._record(call, Hangup() if held else answer, fault)
        if held and not self._patience.hold(fault.seconds):
            return Hangup()
        return answer

    def _act_late(self, call: Call, fault: Armed) -> Answer | Hangup:
        handle = self._api.later(call)
        self._record(call, Hangup(), fault)
        if not self._patience.hold(fault.seconds):
            return Hangup()
        late = replace(call, seq=self._recorder.next())
        answer = handle(late)
        self._record(call, Hangup(), fault, acted=late.seq)
        return answer

    def _record(
        self,
        call: Call,
        answer: Answer | Hangup,
        fault: Armed | None = None,
        acted: int | None = None,
    ) -> None:
        entry = Entry(
            seq=call.seq,
            environment=self._environment.name,
            method=call.method,
            path=call.path,
            query=dict(call.query),
            body=call.body.as_log(),
            status=answer.status if isinstance(answer, Answer) else None,
            time=time.time(),
            fault=fault.fault if fault else None,
            acted=acted,
        )
        self._recorder.record(entry)


def _body(request: Request) -> Body:
    return read_body(request.read_body(), request.headers.get("Content-Type", ""))
