"""The Kore.ai client as an account sees it: every call, token, body and limit."""

import json
import re
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
import trustme

from migrate.sandbox import Sandbox
from tests.cli.world import DEV, EXPORT, IMPORT, PROD, UPLOAD, USERS, USERS_INFO, World, world_on


class Capture:
    """A server in front of the sandbox that keeps every request, headers and all.

    `instead` holds bodies that are answered in place of the account's, which acted all the same.
    """

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.requests: list[dict[str, Any]] = []
        self.instead: dict[tuple[str, str], bytes] = {}
        capture = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                import urllib.error
                import urllib.request

                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                capture.requests.append(
                    {"method": self.command, "target": self.path, "headers": headers, "body": body}
                )
                passed = {
                    name: value
                    for name, value in headers.items()
                    if name in ("auth", "content-type")
                }
                request = urllib.request.Request(
                    capture.behind + self.path, body or None, passed, method=self.command
                )
                try:
                    with urllib.request.urlopen(request, timeout=10) as answer:
                        status, data = answer.status, answer.read()
                except urllib.error.HTTPError as refused:
                    with refused:
                        status, data = refused.code, refused.read()
                path = self.path.partition("?")[0]
                data = capture.instead.get((self.command, path), data)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_one  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))

    def claims(self, secret: str) -> list[dict[str, Any]]:
        """The claims of every token, its signature checked."""
        return [
            jwt.decode(
                request["headers"]["auth"],
                secret,
                algorithms=["HS256"],
                options={"verify_sub": False},
            )
            for request in self.requests
        ]


@pytest.fixture
def captured(world: World) -> Iterator[Capture]:
    """prod, seen from the wire."""
    capture = Capture(json.loads(world.settings["prod"]["url"]))
    capture.thread.start()
    world.configure(url=json.dumps(capture.url), builder_app=None)
    yield capture
    capture.server.shutdown()
    capture.thread.join()
    capture.server.server_close()


def admin_secret(world: World) -> str:
    secret: str = world.box.ready["environments"]["prod"]["admin_app"]["client_secret"]
    return secret


def test_every_call_is_as_documented(world: World, captured: Capture) -> None:
    assert world.promote("--yes", "--role", "Auditor").code == 0
    seen = [(request["method"], request["target"]) for request in captured.requests]
    assert seen == [
        ("GET", f"{EXPORT}?roleType=admin"),
        ("GET", f"{EXPORT}?roleType=bot"),
        ("GET", f"{USERS}?limit=500&offset=0"),
        ("POST", UPLOAD),
        ("POST", f"{IMPORT}?roleType=admin&fullImport=false"),
        ("GET", f"{EXPORT}?roleType=admin"),
    ]
    for request in captured.requests:
        headers = request["headers"]
        assert headers["accept"] == "application/json"
        assert headers["user-agent"].startswith("role-migrate/")
        assert "authorization" not in headers and "cookie" not in headers


EVE = "Eve@example.com"


def newcomer(world: World) -> None:
    """In dev, eve holds a role; in prod, where only holders are listed, she holds nothing yet."""
    world.switch(roleless_users="omitted")
    for name in ("dev", "prod"):
        document = world.state(name)
        document["users"] = [{"username": EVE}]
        if name == "dev":
            document["roles"][-1]["holders"] = [{"user": EVE, "bot": "st-1"}]
        document["bots"] = [{"_id": "st-1", "name": "Helpdesk"}]
        world.put(name, document)


def test_a_look_up_is_as_documented_and_signed_as_every_call(
    world: World, captured: Capture
) -> None:
    newcomer(world)
    assert world.promote("--dry-run", "--assignments", "merge").code == 0
    (look_up,) = (each for each in captured.requests if each["method"] == "POST")
    assert look_up["target"] == USERS_INFO
    assert look_up["headers"]["content-type"] == "application/json"
    assert json.loads(look_up["body"]) == {"emailIds": [EVE], "status": "all"}
    claims = captured.claims(admin_secret(world))
    assert len({claim["jti"] for claim in claims}) == len(captured.requests)
    assert world.writes() == []


ENCRYPTED = {"encryptedKey": "AAAA", "iv": "AAAA", "payload": "AAAA", "authTag": "AAAA"}
ODD_USERS: dict[str, tuple[int, Any, tuple[str, ...]]] = {
    "encrypted": (3, ENCRYPTED, ("could not be looked up", "encrypted", "Turn payload encryption")),
    "nobody": (7, [], (f'says nothing of "{EVE}"',)),
    "somebody else": (7, [{"userInfo": {"emailId": "x@x", "userId": "u"}}], ("not asked for",)),
    "an object": (7, {"total": 1, "users": []}, ("not a list",)),
    "null": (7, None, ("null", "not a list")),
}


@pytest.mark.parametrize("odd", ODD_USERS)
def test_an_odd_answer_to_a_look_up_is_no_ground_for_a_plan(
    world: World, captured: Capture, odd: str
) -> None:
    newcomer(world)
    code, value, words = ODD_USERS[odd]
    captured.instead["POST", USERS_INFO] = json.dumps(value).encode()
    with world.untouched():
        ran = world.promote("--yes", "--assignments", "merge")
    assert ran.code == code, ran.err
    ran.says("Get User Information", *words, "target: unchanged", "next: ")
    assert world.writes() == []


def test_each_request_has_a_token_of_its_own(world: World, captured: Capture) -> None:
    before = int(time.time())
    assert world.promote("--yes").code == 0
    claims = captured.claims(admin_secret(world))
    assert len(claims) == 9
    for claim in claims:
        assert claim.keys() == {"sub", "appId", "jti", "iat", "exp"}
        assert claim["appId"] == "cs-prod-admin"
        assert claim["sub"]
        assert before <= claim["iat"] <= time.time()
        assert 0 < claim["exp"] - claim["iat"] <= 3600
    assert len({claim["jti"] for claim in claims}) == len(claims)
    for request in captured.requests:
        assert jwt.get_unverified_header(request["headers"]["auth"])["alg"] == "HS256"
        assert not request["headers"]["auth"].startswith("Bearer")


def test_a_retry_has_a_new_token_too(world: World, captured: Capture) -> None:
    world.fault("503", EXPORT)
    assert world.run("snapshot", "--env", "prod", "--role", "Auditor").code == 0
    claims = captured.claims(admin_secret(world))
    # Two exports, each read twice and one of them once more, and three lists of people.
    assert len(claims) == 8
    assert len({claim["jti"] for claim in claims}) == 8


def test_the_subject_can_be_set(world: World, captured: Capture) -> None:
    app = world.settings["prod"]["admin_app"].replace(
        "{ client_id", '{ sub = "releases", client_id'
    )
    world.configure(admin_app=app)
    assert world.run("snapshot", "--env", "prod").code == 0
    assert {claim["sub"] for claim in captured.claims(admin_secret(world))} == {"releases"}


def test_the_upload_is_the_documented_form_with_the_very_bytes(
    world: World, captured: Capture
) -> None:
    files = world.folder / "files"
    path = world.plan("--write-import-files", str(files), "--role", "Auditor")
    assert world.run("apply", path, "--yes").code == 0
    upload = next(request for request in captured.requests if request["target"] == UPLOAD)
    assert upload["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    boundary = upload["headers"]["content-type"].partition("boundary=")[2].encode()
    parts = {}
    for part in upload["body"].split(b"--" + boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="(\w+)"', head)
        assert name
        parts[name[1].decode()] = (head, content)
    assert parts["fileContext"][1] == b"bulkImport"
    assert parts["fileExtension"][1] == b"json"
    head, content = parts["file"]
    assert b'filename="roles-admin-' in head
    assert content == (files / "import-kore-admin.json").read_bytes()
    imported = next(request for request in captured.requests if IMPORT in request["target"])
    assert json.loads(imported["body"]).keys() == {"fileId"}
    assert imported["headers"]["content-type"] == "application/json"


def test_the_import_file_holds_only_what_changes_with_the_targets_ids(world: World) -> None:
    files = world.folder / "files"
    world.plan("--write-import-files", str(files))
    documents = json.loads((files / "import-kore-admin.json").read_bytes())
    held, source = world.roles(), world.roles("dev")
    assert [document["role"] for document in documents] == ["Auditor", "Prüferin / ⚖"]
    existing, created = documents
    assert existing["_id"] == held["admin", "Auditor"]["_id"]
    assert existing["refId"] == held["admin", "Auditor"]["refId"]
    assert "_id" not in created
    assert created["refId"] == source["admin", "Prüferin / ⚖"]["refId"]
    for document in documents:
        assert document.keys() <= {"roleType", "role", "rDesc", "permissions", "_id", "refId"}
        assert document["permissions"] == source["admin", document["role"]]["permissions"]


def test_full_import_is_always_sent_and_true_only_where_a_role_goes(world: World) -> None:
    arguments = ("--mode", "full", "--allow", "max_deletions", "--reason", "x")
    assert world.promote("--yes", *arguments).code == 0
    sent = [entry["query"] for entry in world.log() if entry["path"] == IMPORT]
    assert sent == [
        {"roleType": "admin", "fullImport": "true"},
        {"roleType": "bot", "fullImport": "false"},
    ]


def test_an_account_that_takes_each_token_once_is_served(world: World) -> None:
    for name in ("dev", "prod"):
        world.switch(name, jti="enforced")
    world.fault("503", EXPORT)
    assert world.promote("--yes").code == 0
    world.assert_promoted()


def test_the_builder_app_uploads_and_the_admin_app_does_the_rest(world: World) -> None:
    # Each app's wrong secret stops just the calls that are its own.
    secret = world.folder / "secrets" / "prod-builder_app"
    right = secret.read_text()
    secret.write_text("w" * 40)
    ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("Upload File (admin): access denied", "target: unchanged")
    assert [entry["status"] for entry in world.log()] == [200, 200, 200, 401]
    secret.write_text(right)
    world.switch(admin_scope="missing")
    world.promote("--yes").says("Export Roles (admin): access denied")
    world.switch(admin_scope="granted")
    world.configure(builder_app=None)
    assert world.promote("--yes").code == 0


def test_a_short_secret_is_signed_with_and_not_commented_on(world: World) -> None:
    (world.folder / "secrets" / "prod-admin_app").write_text("short-secret")
    process = world.spawn("snapshot", "--env", "prod")
    ran = world.ended(process)
    assert ran.code == 7
    assert "Warning" not in ran.err


@pytest.mark.parametrize("fault", ["reset_before", "500", "200_empty", "wrong_content_length"])
def test_a_write_is_never_sent_again_blindly(world: World, fault: str) -> None:
    world.configure(timeout="0.3")
    world.fault(fault, IMPORT)
    assert world.promote("--yes", "--role", "Auditor").code == 0
    calls = world.calls("prod")
    first = calls.index("POST import admin")
    # Whatever came of it is read back before anything else is sent.
    assert calls[first + 1] == "GET export admin"


ODD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "two of one name": lambda role: [{**role, "_id": "e" * 24}, {**role, "_id": "d" * 24}],
    "a bot role": lambda role: [{**role, "roleType": "bot"}],
    "no permissions": lambda role: [{key: role[key] for key in ("role", "roleType", "_id")}],
    "an object": lambda role: {"roles": [role]},
    "a string": lambda role: "done",
    "null": lambda role: None,
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_export_is_an_error_and_never_a_source_of_plans(
    world: World, captured: Capture, odd: str
) -> None:
    roles = world.export("admin", "prod")
    captured.instead["GET", EXPORT] = json.dumps(ODD[odd](roles[-1])).encode()
    with world.untouched():
        ran = world.promote("--yes", "--mode", "full")
    assert ran.code == 7, ran.err
    ran.says("Export Roles (admin)", "no sound list of admin roles", "target: unchanged", "next: ")
    assert world.writes() == []


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_to_an_import_is_settled_by_reading_back(
    world: World, captured: Capture, odd: str
) -> None:
    roles = world.export("admin", "prod")
    captured.instead["POST", IMPORT] = json.dumps(ODD[odd](roles[-1])).encode()
    ran = world.promote("--yes", "--role", "Auditor")
    assert ran.code == 0, ran.err
    ran.says("no sound list of admin roles", "done, as reading back shows")
    assert world.calls("prod").count("POST import admin") == 1


@pytest.mark.parametrize("body", [b"{}", b'{"fileId": ""}', b'{"fileId": 7}', b"[]", b"null"])
def test_an_upload_without_a_file_id_is_not_gone_on_with(
    world: World, captured: Capture, body: bytes
) -> None:
    captured.instead["POST", UPLOAD] = body
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("the answer has no fileId", "target: unchanged", "next: ")
    assert "POST import admin" not in world.calls("prod")


def test_a_base_url_with_a_path_is_kept_before_every_call(tmp_path: Path) -> None:
    states = {"dev": DEV, "prod": PROD}
    prefixes = {"dev": "/kore", "prod": "/on/premises"}
    with (
        Sandbox(states, tmp_path / "box", s3=False, prefixes=prefixes) as box,
        world_on(box, tmp_path / "work") as world,
    ):
        assert box.ready["environments"]["prod"]["url"].endswith("/on/premises")
        assert world.promote("--yes").code == 0
        world.assert_promoted()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    ca, path = trustme.CA(), tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return ca, path


@pytest.fixture
def secure(authority: tuple[trustme.CA, Path], tmp_path: Path) -> Iterator[World]:
    """Environments that speak https, with a certificate that nobody trusts by default."""
    certificate = authority[0].issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(tmp_path / "chain.pem", append=True)
    tls = (tmp_path / "chain.pem", tmp_path / "key.pem")
    with (
        Sandbox({"dev": DEV, "prod": PROD}, tmp_path / "box", s3=False, tls=tls) as box,
        world_on(box, tmp_path / "work") as world,
    ):
        yield world


def trust(world: World, bundle: Path) -> None:
    for name in ("dev", "prod"):
        world.configure(name, ca_bundle=json.dumps(str(bundle)))


def test_tls_with_a_bundle_of_ones_own(
    secure: World, authority: tuple[trustme.CA, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(secure, authority[1])
    # The bundle of the config counts, whatever the environment says.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assert secure.promote("--yes").code == 0
    secure.assert_promoted()


def test_tls_without_it_is_refused_before_anything_is_sent(secure: World) -> None:
    with secure.untouched():
        ran = secure.promote("--yes")
    assert ran.code == 7
    ran.says("not trusted", "ca_bundle", "target: unchanged")
    assert secure.control("/log") == []


def test_a_certificate_for_another_name_is_refused(
    secure: World, authority: tuple[trustme.CA, Path]
) -> None:
    trust(secure, authority[1])
    url = secure.settings["dev"]["url"].replace("127.0.0.1", "localhost")
    secure.configure("dev", url=url)
    ran = secure.promote("--yes")
    assert ran.code == 7
    ran.says("for another host name", "target: unchanged", "next: ")


def test_a_bundle_that_is_not_there_or_no_bundle_is_named(secure: World) -> None:
    for content in (None, "no certificate"):
        bundle = secure.folder / "bundle.pem"
        if content:
            bundle.write_text(content)
        trust(secure, bundle)
        ran = secure.promote("--yes")
        assert ran.code == 3
        ran.says("bundle.pem", "target: unchanged", "next: ")


def test_the_clients_own_pace_keeps_inside_the_limits_of_the_account(world: World) -> None:
    # 8 calls at most 8 a minute: not one is refused, and nobody waits.
    world.switch(limit_per_minute=8)
    world.configure(limits="{ per_minute = 8, per_hour = 1800 }")
    assert world.promote("--yes").code == 0
    assert {entry["status"] for entry in world.log()} == {200}


def test_a_spent_budget_of_ones_own_is_an_error_before_the_write(world: World) -> None:
    world.configure(limits="{ per_minute = 3, per_hour = 3 }")
    with world.untouched():
        ran = world.promote("--yes")
    assert ran.code == 7
    ran.says("3 calls an hour", "prod", "target: unchanged", "next: ")
