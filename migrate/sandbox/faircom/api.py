"""One server's API: one address, and a body that says what to do (faircom.md 1)."""

from collections.abc import Callable

from migrate.sandbox.bodies import Body
from migrate.sandbox.calls import Call
from migrate.sandbox.exchange import Answer, Hangup
from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account_actions import AccountActions
from migrate.sandbox.faircom.actions import Action, Job
from migrate.sandbox.faircom.assign_action import AssignAction
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.envelope import Asked, Reply, read, wrap
from migrate.sandbox.faircom.environment import FaircomEnvironment
from migrate.sandbox.faircom.faults import edited
from migrate.sandbox.faircom.session_actions import SessionActions
from migrate.sandbox.faircom.sessions import NOBODY, Session
from migrate.sandbox.faults import Armed
from migrate.sandbox.platform import Api

PATH = "/api"


class FaircomApi(Api):
    """Answers calls to one environment."""

    def __init__(self, environment: FaircomEnvironment) -> None:
        self._environment = environment
        actions = {
            **SessionActions(environment).actions(),
            **AccountActions(environment).actions(),
            **AssignAction(environment).actions(),
        }
        # Their names are taken in any case (faircom.md 1).
        self._actions = {name.lower(): action for name, action in actions.items()}

    def handle(self, call: Call) -> Answer:
        """Answer one call."""
        with self._environment.lock:
            return self._answer(call, self._session(call))

    def later(self, call: Call) -> Callable[[Call], Answer]:
        """A session that ends while a request waits does not keep it from being carried out."""
        with self._environment.lock:
            session = self._session(call)

        def answer(late: Call) -> Answer:
            with self._environment.lock:
                return self._answer(late, session)

        return answer

    def action(self, body: Body) -> str:
        """The action that a request names."""
        named = body.json.get("action") if isinstance(body.json, dict) else None
        return named if isinstance(named, str) else ""

    def refusal(self, call: Call, status: int, message: str, *headers: tuple[str, str]) -> Answer:
        """An error of the server itself, in the envelope of an answer."""
        reply = Reply(code=codes.INTERNAL, message=message)
        answer = wrap(call.body.json, reply, self._environment.switches, {})
        return Answer(status, answer.body, (*answer.headers, *headers))

    def in_place(self, fault: Armed, call: Call) -> Answer | Hangup:
        """What comes where a fault keeps the server from acting."""
        match fault.fault:
            case "error_before":
                return self.refusal(call, 200, "Internal error.")
            case "session_lost":
                with self._environment.lock:
                    self._environment.sessions.end(_token(call))
                    return self._answer(call, NOBODY)
            case "assign_ignored":
                return self._wrapped(call, Reply(token=_token(call)), NOBODY)
        return super().in_place(fault, call)

    def distort(self, fault: Armed, call: Call, answer: Answer) -> Answer | Hangup:
        """What a fault makes of the answer of a server that acted."""
        if fault.fault == "error_after":
            return self.refusal(call, 200, "Internal error.")
        return edited(fault, answer) or super().distort(fault, call, answer)

    def _session(self, call: Call) -> Session:
        return self._environment.sessions.find(_token(call))

    def _answer(self, call: Call, session: Session) -> Answer:
        switches = self._environment.switches
        below = call.path.startswith(f"{PATH}/") and switches.after_api == "ignored"
        if call.path != PATH and not below:
            return Answer(404)
        if call.method != "POST":
            return Answer(405, headers=(("Allow", "POST"),))
        too_large = 0 < switches.largest_request < call.body.size
        if too_large and switches.too_large == "413":
            return Answer(413)
        try:
            if too_large:
                raise Failed(codes.REQUEST_TOO_LARGE)
            reply = self._act(call, read(call.body.json), session)
        except Failed as failed:
            reply = Reply(code=failed.code, message=failed.message)
        return self._wrapped(call, reply, session)

    def _act(self, call: Call, asked: Asked, session: Session) -> Reply:
        action, switches = self._named(asked, session), self._environment.switches
        if action.needs_session and session is NOBODY:
            raise Failed(codes.DEAD_TOKEN)
        params = action.params(switches).read(asked.params, switches)
        return action.act(Job(call, asked.token, params, session))

    def _named(self, asked: Asked, session: Session) -> Action:
        switches, api = self._environment.switches, asked.api
        if api is None and switches.api == "required":
            raise Failed(codes.MISSING, "'api' is missing.")
        if api is None and switches.api == "session" and session is not NOBODY:
            api = session.options["defaultApi"]
        action = self._actions.get(asked.action)
        if action is None or api not in (None, "admin"):
            raise Failed(int(switches.unknown_action))
        return action

    def _wrapped(self, call: Call, reply: Reply, session: Session) -> Answer:
        return wrap(call.body.json, reply, self._environment.switches, session.options)


def _token(call: Call) -> str:
    token = call.body.json.get("authToken") if isinstance(call.body.json, dict) else None
    return token if isinstance(token, str) else ""
