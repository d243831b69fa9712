"""A client written for these tests only, and sandboxes to point it at."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from migrate.sandbox import Sandbox, account_state

EXPORT = "/api/public/roles/export"
ROLES = "/api/public/roles"
IMPORT = "/api/public/roles/import"
UPLOAD = "/api/public/uploadfile"
USER_ROLES = "/api/public/alluserroles"
USERS_INFO = "/api/public/usersInfo"
GROUPS = "/api/public/groups"
BOTS = "/api/public/bots"
ASSIGN = {
    "admin": "/api/public/adminroles/assignments/",
    "bot": "/api/public/btroles/assignments/",
}


class Account:
    """Calls one environment of a sandbox over HTTP, and its control endpoint."""

    def __init__(self, box: Sandbox, name: str, session: requests.Session) -> None:
        self.name = name
        self.ready = box.ready["environments"][name]
        self.control_url = box.control
        self.session = session

    def token(self, app: str = "admin_app", **claims: Any) -> str:
        """A token as documented; a claim of None is left out."""
        now = time.time()
        usual = {
            "sub": "tester",
            "appId": self.ready[app]["client_id"],
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        wanted = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(wanted, self.ready[app]["client_secret"], "HS256")

    def call(self, method: str, path: str, *, auth: str | None = "", **extra: Any) -> Any:
        headers = {} if auth is None else {"auth": auth or self.token()}
        extra.setdefault("timeout", 10)
        url = self.ready["url"] + path
        return self.session.request(method, url, headers=headers, allow_redirects=False, **extra)

    def export(self, role_type: str = "admin", **extra: Any) -> Any:
        return self.call("GET", EXPORT, params={"roleType": role_type}, **extra)

    def upload(self, content: bytes, **extra: Any) -> Any:
        form = {"fileContext": "bulkImport", "fileExtension": "json"}
        return self.call(
            "POST", UPLOAD, files={"file": ("roles.json", content)}, data=form, **extra
        )

    def import_file(
        self, file_id: str, role_type: str = "admin", full: bool = False, **extra: Any
    ) -> Any:
        query = {"roleType": role_type, "fullImport": str(full).lower()}
        return self.call("POST", IMPORT, params=query, json={"fileId": file_id}, **extra)

    def import_roles(self, roles: list[Any], role_type: str = "admin", full: bool = False) -> Any:
        file_id = self.upload(json.dumps(roles).encode()).json()["fileId"]
        return self.import_file(file_id, role_type, full)

    def rows(self, **query: Any) -> dict[str, Any]:
        """The rows of Get User Roles Details by e-mail, from one page."""
        answer = self.call("GET", USER_ROLES, params=query)
        assert answer.status_code == 200, answer.text
        return {row["username"]: row for row in answer.json()["users"]}

    def assign(self, role_type: str, *entries: Any, **extra: Any) -> Any:
        return self.call("POST", ASSIGN[role_type], json=list(entries), **extra)

    def put_state(self, state: Any) -> None:
        answer = self.control("PUT", f"/state/{self.name}", json=state)
        assert answer.status_code == 200, answer.text

    def control(self, method: str, path: str, **extra: Any) -> Any:
        return self.session.request(method, self.control_url + path, timeout=10, **extra)

    def switch(self, **values: Any) -> None:
        answer = self.control("PUT", f"/switches/{self.name}", json=values)
        assert answer.status_code == 200, answer.text

    def fault(self, fault: str, **entry: Any) -> None:
        armed = [{"environment": self.name, "fault": fault, **entry}]
        answer = self.control("PUT", "/faults", json=armed)
        assert answer.status_code == 200, answer.text

    def state(self, **query: int) -> Any:
        return self.control("GET", f"/state/{self.name}", params=query).json()

    def log(self, **query: Any) -> Any:
        return self.control("GET", "/log", params=query).json()


Connect = Callable[..., Account]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def serve(tmp_path: Path, session: requests.Session) -> Iterator[Callable[..., Account]]:
    """Starts a sandbox of one account, `dev`, without S3."""
    boxes: list[Sandbox] = []

    def start(state: Any = None, **extra: Any) -> Account:
        states = {"dev": state or account_state(4, 2)}
        box = Sandbox(states, tmp_path / f"box{len(boxes)}", s3=False, **extra)
        boxes.append(box)
        box.start()
        return Account(box, "dev", session)

    yield start
    for box in boxes:
        box.stop()


@pytest.fixture
def dev(serve: Callable[..., Account]) -> Account:
    return serve()


@pytest.fixture
def connect(session: requests.Session) -> Connect:
    return lambda box, name: Account(box, name, session)
