"""The calls about roles: export, list, upload of a role file, import (kore.md: the table)."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import NAMESPACE_DNS, uuid5

from migrate.sandbox.calls import Call
from migrate.sandbox.kore import answers
from migrate.sandbox.kore.account import StoredRole
from migrate.sandbox.kore.calls import INVALID, Refused, Route
from migrate.sandbox.kore.catalogue import ROLE_TYPES
from migrate.sandbox.kore.documents import read_role_file
from migrate.sandbox.kore.environment import KoreEnvironment
from migrate.sandbox.kore.importing import Import, ImportRefused, import_roles
from migrate.sandbox.kore.paging import LARGEST_PAGE, page, window
from migrate.sandbox.kore.tokens import ROLE_MANAGEMENT, UPLOAD, App

EXPORT = "/api/public/roles/export"
ROLES = "/api/public/roles"
IMPORT = "/api/public/roles/import"
UPLOAD_FILE = "/api/public/uploadfile"


class FileStore(Protocol):
    """Where the file behind a fileId is found."""

    def find(self, environment: KoreEnvironment, file_id: str) -> bytes | None:
        """The content, or None for an unknown fileId."""
        ...


class RoleCalls:
    """Answers the calls about the roles of one environment."""

    def __init__(self, environment: KoreEnvironment, files: FileStore) -> None:
        self._environment = environment
        self._files = files

    def routes(self) -> Mapping[str, Route]:
        """The endpoints by path."""
        return {
            EXPORT: Route("GET", ROLE_MANAGEMENT, self._export),
            ROLES: Route("GET", ROLE_MANAGEMENT, self._list),
            IMPORT: Route("POST", ROLE_MANAGEMENT, self._import),
            UPLOAD_FILE: Route("POST", UPLOAD, self._upload),
        }

    def _export(self, call: Call, _app: App) -> list[dict[str, Any]]:
        return [answers.exported(role) for role in self._visible_roles(call)]

    def _list(self, call: Call, _app: App) -> dict[str, Any]:
        roles = self._visible_roles(call)
        # No offset is documented for this call: there is a first page only.
        first = replace(call, query={**call.query, "offset": "0"})
        part = window(first, "record", self._environment.switches, LARGEST_PAGE)
        return page("roles", roles, part, answers.listed)

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
        spent = environment.switches.file_reuse == "refused" and file_id in environment.imported
        if content is None or spent:
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
            outcome = import_roles(environment.state, documents, job, environment.switches)
        except ImportRefused as refusal:
            raise Refused(400, f"Import failed: {refusal}", 400) from None
        environment.commit(call.seq, outcome.account)
        environment.imported.add(file_id)
        ids = outcome.account.principal_ids()
        return [answers.imported(outcome.account, role, ids) for role in outcome.answered]

    def _visible_roles(self, call: Call) -> tuple[StoredRole, ...]:
        return self._environment.visible().of_type(_role_type(call))


def _role_type(call: Call) -> str:
    role_type = call.query.get("roleType", "")
    if role_type not in ROLE_TYPES:
        raise Refused(412, INVALID, 412)
    return role_type
