"""A client of the JSON action protocol written for these tests only, and servers for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from migrate.sandbox import Sandbox

STATE: dict[str, Any] = {
    "platform": "faircom",
    "roles": ["ADMIN", "GUEST", "Read", "WRITE", "CLOSE", "NOBODY"],
    "accounts": [
        {"username": "ADMIN", "roles": ["ADMIN"]},
        {"username": "ada", "roles": ["READ", "WRITE"], "accountDescription": "Ada"},
        {"username": "BO", "roles": ["CLOSE"]},
        {"username": "Cy", "roles": []},
        {"username": "SECOND", "roles": ["ADMIN"]},
    ],
}


class Server:
    """Calls one server of a sandbox over HTTP, and its control endpoint."""

    def __init__(self, box: Sandbox, session: requests.Session, name: str = "ledger") -> None:
        self.name = name
        self.ready = box.ready["environments"][name]
        self.control_url = box.control
        self.session = session
        self.token = ""

    @property
    def url(self) -> str:
        return f"{self.ready['url']}/api"

    def post(self, body: Any, *, url: str = "", **extra: Any) -> requests.Response:
        extra.setdefault("timeout", 10)
        return self.session.post(url or self.url, json=body, **extra)

    def body(self, action: str, params: Any = None, **more: Any) -> dict[str, Any]:
        """A request as documented; None leaves a property out."""
        usual = {"api": "admin", "action": action, "authToken": self.token, "debug": "max"}
        whole = {**usual, "params": params, **more}
        return {key: value for key, value in whole.items() if value is not None}

    def ask(self, action: str, params: Any = None, **more: Any) -> Any:
        """The JSON of the answer, whatever its status."""
        return self.post(self.body(action, params, **more)).json()

    def do(self, action: str, **params: Any) -> Any:
        """The result of an action that must go well, without a warning."""
        answer = self.ask(action, params)
        assert answer["errorCode"] == 0, answer
        assert answer["debugInfo"]["warnings"] == []
        return answer.get("result")

    def fails(self, action: str, params: Any = None, **more: Any) -> int:
        """The error code of an action that must not go well."""
        answer = self.ask(action, params, **more)
        assert answer["errorCode"] != 0, answer
        assert answer["errorMessage"]
        assert 0 < len(answer["errorMessage"]) <= 256
        return int(answer["errorCode"])

    def warnings(self, action: str, params: Any) -> list[int]:
        """The codes of the warnings of an action that calls itself well."""
        answer = self.ask(action, params)
        assert answer["errorCode"] == 0, answer
        return [each["code"] for each in answer["debugInfo"]["warnings"]]

    def log_in(self, username: str = "ADMIN", password: str = "", **params: Any) -> Any:
        """Log in, and use the session from now on. Without a password it is set first."""
        if not password:
            password = f"{username}'s own"
            if username == "ADMIN":
                password = self.ready["login"]["password"]
            else:
                self.password(username, password)
        params = {"username": username, "password": password, **params}
        answer = self.ask("createSession", params, authToken=None)
        assert answer["errorCode"] == 0, answer
        self.token = answer["authToken"]
        return answer["result"]

    def password(self, username: str, password: str, **more: Any) -> None:
        entry = {"username": username, "password": password, **more}
        answer = self.control("PUT", f"/secrets/{self.name}", json=entry)
        assert answer.status_code == 200, answer.text

    def assign(self, *add: Any, remove: Any = (), **more: Any) -> Any:
        return self.ask("assignRolesToAccounts", {"add": list(add), "remove": list(remove)}, **more)

    def held(self) -> dict[str, list[str]]:
        """Who holds what, by the state."""
        return {each["username"]: each["roles"] for each in self.state()["accounts"]}

    def listed(self, **params: Any) -> dict[str, Any]:
        """What listAccounts shows, by name."""
        accounts = self.do("listAccounts", **params)["accounts"]
        return {each["username"]: each for each in accounts}

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

    def put_state(self, state: Any) -> None:
        answer = self.control("PUT", f"/state/{self.name}", json=state)
        assert answer.status_code == 200, answer.text

    def log(self, **query: Any) -> Any:
        return self.control("GET", "/log", params=query).json()


def entry(roles: str, users: str, key: str = "roleNames") -> dict[str, list[str]]:
    """An entry of an assignment; names are divided by blanks."""
    return {key: roles.split(), "usernames": users.split()}


Serve = Callable[..., Server]


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def serve(tmp_path: Path, session: requests.Session) -> Iterator[Serve]:
    """Starts a sandbox of one server, `ledger`."""
    boxes: list[Sandbox] = []

    def start(state: Any = None, **extra: Any) -> Server:
        states = {"ledger": state or STATE}
        box = Sandbox(states, tmp_path / f"box{len(boxes)}", s3=False, **extra)
        boxes.append(box)
        box.start()
        return Server(box, session)

    yield start
    for box in boxes:
        box.stop()


@pytest.fixture
def stranger(serve: Serve) -> Server:
    """A server on which nobody is logged in."""
    return serve()


@pytest.fixture
def ledger(stranger: Server) -> Server:
    """A server with ADMIN logged in."""
    stranger.log_in()
    return stranger
