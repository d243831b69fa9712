"""One account's API: finds the endpoint, checks the token and the request budget (kore.md D, E)."""

from collections.abc import Mapping
from dataclasses import replace

from migrate.sandbox.calls import Call, as_json
from migrate.sandbox.exchange import Answer, Hangup
from migrate.sandbox.faults import Armed
from migrate.sandbox.kore import faults
from migrate.sandbox.kore.assigning_calls import AssigningCalls
from migrate.sandbox.kore.audit_calls import AuditCalls
from migrate.sandbox.kore.calls import Refused, Route, error
from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.kore.people_calls import PeopleCalls
from migrate.sandbox.kore.role_calls import FileStore, RoleCalls
from migrate.sandbox.kore.tokens import AUDIT_LOGS, ROLE_MANAGEMENT, USER_MANAGEMENT, App, Denied
from migrate.sandbox.platform import Api


class KoreApi(Api):
    """Answers calls to one environment."""

    def __init__(self, environment: KoreEnvironment, files: FileStore) -> None:
        self._environment = environment
        self._routes: Mapping[str, Route] = {
            **RoleCalls(environment, files).routes(),
            **PeopleCalls(environment).routes(),
            **AssigningCalls(environment).routes(),
            **AuditCalls(environment).routes(),
        }

    def handle(self, call: Call) -> Answer:
        """Answer one call. A wrong method is told before credentials are looked at (kore.md D)."""
        route = self._routes.get(call.path.removesuffix("/"))
        if route is None:
            return error(404, "Not Found", 404)
        if call.method != route.method:
            return error(405, "Method Not Allowed", 405)
        try:
            with self._environment.lock:
                return self._counted(as_json(route.act(call, self._admit(call, route.scope))))
        except Refused as refused:
            return refused.answer

    def refusal(self, call: Call, status: int, message: str, *headers: tuple[str, str]) -> Answer:
        """An error in the platform's envelope."""
        return error(status, message, status, *headers)

    def in_place(self, fault: Armed, call: Call) -> Answer | Hangup:
        """What comes where a fault keeps the account from acting."""
        return faults.in_place(fault, call) or super().in_place(fault, call)

    def distort(self, fault: Armed, call: Call, answer: Answer) -> Answer | Hangup:
        """What a fault makes of the answer of an account that acted."""
        return faults.edited(fault, answer) or super().distort(fault, call, answer)

    def _counted(self, answer: Answer) -> Answer:
        """A good answer, with what is left of the minute's budget where that is told."""
        environment, switches = self._environment, self._environment.switches
        if switches.rate_headers == "none":
            return answer
        limit = switches.limit_per_minute
        left = environment.budget.left(environment.elapsed(), limit)
        told = (("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remaining", str(left)))
        return replace(answer, headers=(*answer.headers, *told))

    def _admit(self, call: Call, scope: str) -> App:
        environment, switches = self._environment, self._environment.switches
        try:
            app = environment.gate.admit(
                call.token,
                now=environment.now(),
                single_use=switches.jti == "enforced",
                encrypted=switches.jwe == "on",
            )
        except Denied as denied:
            raise Refused(401, denied.message, denied.code) from None
        granted = {
            ROLE_MANAGEMENT: switches.admin_scope,
            USER_MANAGEMENT: switches.user_scope,
            AUDIT_LOGS: switches.audit_scope,
        }
        if scope not in app.scopes or granted.get(scope) == "missing":
            raise Refused(401, "Permission denied. Scope is incorrect!", 4002)
        spent = environment.budget.take(
            environment.elapsed(), switches.limit_per_minute, switches.limit_per_hour
        )
        if spent:
            after = [("Retry-After", str(spent.retry_after))]
            status = 400 if switches.rate_limit == "message" else 429
            headers = after if switches.rate_limit == "retry_after" else []
            raise Refused(status, spent.message, status, *headers)
        return app
