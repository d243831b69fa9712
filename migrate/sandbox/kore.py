"""The role endpoints of one account, answered from the facts (kore.md: the calls in one table)."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import NAMESPACE_DNS, uuid5

from migrate.sandbox import answers
from migrate.sandbox.account import StoredRole
from migrate.sandbox.bodies import Body
from migrate.sandbox.catalogue import ROLE_TYPES
from migrate.sandbox.documents import read_role_file
from migrate.sandbox.environment import Environment
from migrate.sandbox.exchange import Answer
from migrate.sandbox.importing import Import, ImportRefused, import_roles
from migrate.sandbox.tokens import ROLE_MANAGEMENT, UPLOAD, App, Denied

LARGEST_PAGE = 50

EXPORT = "/api/public/roles/export"
ROLES = "/api/public/roles"
IMPORT = "/api/public/roles/import"
UPLOAD_FILE = "/api/public/uploadfile"

INVALID = "Validation errors/ Invalid arguments"


class FileStore(Protocol):
    """Where the file behind a fileId is found."""

    def find(self, environment: Environment, file_id: str) -> bytes | None:
        """The content, or None for an unknown fileId."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the endpoints see it; `seq` numbers the state that it leaves behind."""

    seq: int
    method: str
    path: str
    query: Mapping[str, str]
    token: str | None
    body: Body


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, message: str, code: int | str, *headers: tuple[str, str]
    ) -> None:
        super().__init__(message)
        self.answer = error(status, message, code, *headers)


def error(status: int, message: str, code: int | str, *headers: tuple[str, str]) -> Answer:
    """An error in the platform's envelope."""
    return as_json({"errors": [{"msg": message, "code": code}]}, status, *headers)


def as_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """An answer with a JSON body."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, (("Content-Type", "application/json; charset=utf-8"), *headers))


class KoreApi:
    """Answers calls to one environment."""

    def __init__(self, environment: Environment, files: FileStore) -> None:
        self._environment = environment
        self._files = files
        self._routes: Mapping[str, tuple[str, str, Callable[[Call, App], Any]]] = {
            EXPORT: ("GET", ROLE_MANAGEMENT, self._export),
            ROLES: ("GET", ROLE_MANAGEMENT, self._list),
            IMPORT: ("POST", ROLE_MANAGEMENT, self._import),
            UPLOAD_FILE: ("POST", UPLOAD, self._upload),
        }

    def handle(self, call: Call) -> Answer:
        """Answer one call. A wrong method is told before credentials are looked at (kore.md D)."""
        route = self._routes.get(call.path.removesuffix("/"))
        if route is None:
            return error(404, "Not Found", 404)
        method, scope, act = route
        if call.method != method:
            return error(405, "Method Not Allowed", 405)
        try:
            with self._environment.lock:
                return as_json(act(call, self._admit(call, scope)))
        except Refused as refused:
            return refused.answer

    def _admit(self, call: Call, scope: str) -> App:
        environment, switches = self._environment, self._environment.switches
        try:
            app = environment.gate.admit(
                call.token, now=environment.now(), single_use=switches.jti == "enforced"
            )
        except Denied as denied:
            raise Refused(401, denied.message, denied.code) from None
        withdrawn = scope == ROLE_MANAGEMENT and switches.admin_scope == "missing"
        if scope not in app.scopes or withdrawn:
            raise Refused(401, "Permission denied. Scope is incorrect!", 4002)
        spent = environment.budget.take(
            time.monotonic(), switches.limit_per_minute, switches.limit_per_hour
        )
        if spent:
            after = [("Retry-After", str(spent.retry_after))]
            status = 400 if switches.rate_limit == "message" else 429
            headers = after if switches.rate_limit == "retry_after" else []
            raise Refused(status, spent.message, status, *headers)
        return app

    def _export(self, call: Call, _app: App) -> list[dict[str, Any]]:
        roles = self._visible_roles(call)
        return [answers.exported(role) for role in roles]

    def _list(self, call: Call, _app: App) -> dict[str, Any]:
        limit = call.query.get("limit", str(LARGEST_PAGE))
        if not (limit.isascii() and limit.isdecimal()) or int(limit) < 1:
            raise Refused(412, INVALID, 412)
        roles = self._visible_roles(call)
        page = roles[: min(int(limit), LARGEST_PAGE)]
        return {
            "total": len(roles),
            "availableMore": len(roles) > len(page),
            "roles": [answers.listed(role) for role in page],
        }

    def _upload(self, call: Call, _app: App) -> dict[str, Any]:
        file, fields = call.body.file, call.body.fields
        extension = fields.get("fileExtension", "").removeprefix(".")
        if file is None or fields.get("fileContext") != "bulkImport" or not extension:
            raise Refused(412, INVALID, 412)
        # The content is not looked at: a .csv sent as json was accepted (kore.md D, Upload).
        file_id = self._environment.mint_id()
        self._environment.uploads[file_id] = file.content
        digest = hashlib.md5(file.content, usedforsecurity=False).hexdigest()
        return {"fileId": file_id, "hash": digest, "fileName": file.name}

    def _import(self, call: Call, app: App) -> list[dict[str, Any]]:
        environment = self._environment
        role_type, full = _role_type(call), call.query.get("fullImport", "false")
        if full not in ("true", "false") or not isinstance(call.body.json, dict):
            raise Refused(412, INVALID, 412)
        file_id = call.body.json.get("fileId")
        if not isinstance(file_id, str):
            raise Refused(412, INVALID, 412)
        content = self._files.find(environment, file_id)
        if content is None:
            raise Refused(400, "Invalid file id", 400)
        documents = read_role_file(content, role_type)
        if isinstance(documents, str):
            if environment.switches.bad_content == "error_500":
                raise Refused(500, "Internal Server Error", 500)
            raise Refused(400, f"Invalid file content: {documents}", 400)
        author = f"u-{uuid5(NAMESPACE_DNS, app.client_id)}"
        job = Import(
            role_type, full == "true", author, environment.timestamp(), environment.mint_id
        )
        try:
            outcome = import_roles(environment.account, documents, job, environment.switches)
        except ImportRefused as refusal:
            raise Refused(400, f"Import failed: {refusal}", 400) from None
        environment.commit(call.seq, outcome.account)
        return [answers.imported(outcome.account, role) for role in outcome.answered]

    def _visible_roles(self, call: Call) -> tuple[StoredRole, ...]:
        return self._environment.visible().of_type(_role_type(call))


def _role_type(call: Call) -> str:
    role_type = call.query.get("roleType", "")
    if role_type not in ROLE_TYPES:
        raise Refused(412, INVALID, 412)
    return role_type
