"""Somebody else's client, as it is on PyPI, works with the sandbox.

Only what it is known to do is asked of it: it takes the token from the top level of an answer and
errorCode as a number, so these two switches stay as they are.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from json_action_client import JsonActionApiError, JsonActionClient, JsonActionError

from migrate.sandbox import Sandbox
from tests.sandbox.faircom.conftest import STATE, Server

Connect = Callable[[], JsonActionClient]


@pytest.fixture
def connect(stranger: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Makes clients that are not logged in."""
    monkeypatch.setenv("NO_PROXY", "*")
    made: list[JsonActionClient] = []

    def one() -> JsonActionClient:
        made.append(JsonActionClient(stranger.url, description="public"))
        return made[-1]

    yield one
    for client in made:
        client._session.close()


def logged_in(connect: Connect, server: Server) -> JsonActionClient:
    client = connect()
    client.login(**server.ready["login"])
    return client


def asked(client: JsonActionClient, action: str, **params: object) -> dict[str, object]:
    request = client.build_basic_request(api="admin", action=action)
    request["params"] = params
    return dict(client.post_json(request))


def test_it_logs_in_lists_accounts_and_assigns_roles(stranger: Server, connect: Connect) -> None:
    with logged_in(connect, stranger) as client:
        listed = asked(client, "listAccounts")["result"]["accounts"]  # type: ignore[index]
        assert [each["username"] for each in listed] == ["ADMIN", "ada", "BO", "Cy", "SECOND"]
        give = [{"roleNames": ["close"], "usernames": ["cy"]}]
        take = [{"roleNames": ["READ"], "usernames": ["ada"]}]
        assert asked(client, "assignRolesToAccounts", add=give, remove=take)["errorCode"] == 0
        (found,) = asked(client, "listAccounts", partialNames=["c"])["result"]["accounts"]  # type: ignore[index]
        assert found["roles"] == [{"roleName": "CLOSE"}]
        assert stranger.held()["ada"] == ["WRITE"]
        token = client.auth_token
    assert client.auth_token is None
    assert stranger.fails("listAccounts", authToken=token) == 12031


def test_it_names_every_option_that_it_documents(stranger: Server, connect: Connect) -> None:
    client = connect()
    client.login(
        **stranger.ready["login"],
        response_options={
            "binaryFormat": "hex",
            "dataFormat": "objects",
            "numberFormat": "string",
            "variantFormat": "json",
        },
        defaultDebug="max",
        defaultBinaryFormat="hex",
        defaultVariantFormat="binary",
        defaultDatabaseName="ctreeSQL",
        defaultOwnerName="admin",
        defaultResponseOptions={"dataFormat": "objects", "numberFormat": "string"},
        idleConnectionTimeoutSeconds=60,
        idleCursorTimeoutSeconds=60,
    )
    assert "debugInfo" in asked(client, "listAccounts")


@pytest.mark.parametrize("status", ["200", "401"])
def test_it_sees_errors_whatever_their_status(
    stranger: Server, connect: Connect, status: str
) -> None:
    stranger.switch(dead_token_status=status, error_status="4xx" if status == "401" else "200")
    client = connect()
    with pytest.raises(JsonActionApiError) as caught:
        client.login("ADMIN", "ADMIN")
    assert (caught.value.error_code, caught.value.status_code) == (451, int(status))
    client = logged_in(connect, stranger)
    stranger.fault("session_lost")
    with pytest.raises(JsonActionApiError) as caught:
        asked(client, "listAccounts")
    assert (caught.value.error_code, caught.value.status_code) == (12031, int(status))
    with pytest.raises(JsonActionApiError) as caught:
        asked(logged_in(connect, stranger), "listRoles")
    assert caught.value.error_code == 14701


def test_it_may_leave_the_api_out(stranger: Server, connect: Connect) -> None:
    client = logged_in(connect, stranger)
    request = client.build_basic_request(action="listAccounts")
    assert client.post_json(request)["errorCode"] == 0


def test_it_needs_the_token_at_the_top(stranger: Server, connect: Connect) -> None:
    stranger.switch(token_place="result")
    with pytest.raises(KeyError):
        logged_in(connect, stranger)


def test_it_logs_in_by_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)  # requests prefers them to what it is told
    authority = trustme.CA()
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "chain", "key", "client")}
    authority.cert_pem.write_to_path(str(files["ca"]))
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(files["chain"]))
    issued.private_key_pem.write_to_path(str(files["key"]))
    own = authority.issue_cert("ops@example.com", common_name="second")
    own.private_key_and_cert_chain_pem.write_to_path(str(files["client"]))
    tls = (files["chain"], files["key"])
    with Sandbox(
        {"ledger": STATE}, tmp_path / "box", s3=False, tls=tls, client_ca=files["ca"]
    ) as box:
        url = f"{box.ready['environments']['ledger']['url']}/api"
        ca = str(files["ca"])
        client = JsonActionClient(url, ca_cert=ca, cert_file=str(files["client"]))
        client.login()
        with client:
            assert len(asked(client, "listAccounts")["result"]["accounts"]) == 5  # type: ignore[index]
        without = JsonActionClient(url, ca_cert=ca)
        with pytest.raises(JsonActionError):
            without.login("ADMIN", "ADMIN")
        without._session.close()
