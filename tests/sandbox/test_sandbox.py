import http.client
import json
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trustme

from migrate.errors import InvalidInput, UsageError
from migrate.sandbox import Sandbox, account_state, server_state
from migrate.sandbox.server import LoopbackServer
from tests.sandbox.conftest import Connect

SAMPLES = Path(__file__).parents[2] / "samples"
STATES = {"dev": account_state(1, 0), "prod": account_state(1, 0)}
LEDGER = server_state(3)


def ports(box: Sandbox) -> list[int]:
    urls = [entry["url"] for entry in box.ready["environments"].values()]
    urls += [box.control, *([box.ready["s3"]["endpoint_url"]] if box.ready["s3"] else [])]
    return [int(url.rpartition(":")[2]) for url in urls]


def free_run(length: int) -> int:
    """The first of some ports in a row that are free now."""
    for base in range(20000, 32000, 50):
        try:
            probes = [LoopbackServer(lambda _: None, base + n) for n in range(length)]  # type: ignore[arg-type,return-value]
        except UsageError:
            continue
        for probe in probes:
            probe.stop()
        return base
    raise AssertionError("no free ports")


def test_ports_follow_each_other(tmp_path: Path) -> None:
    base = free_run(4)
    with Sandbox(STATES, tmp_path, port=base) as box:
        assert ports(box) == [base, base + 1, base + 2, base + 3]
        with pytest.raises(UsageError, match=f"127.0.0.1:{base}"):
            Sandbox(STATES, tmp_path / "b", port=base, s3=False).start()


def test_stop_leaves_no_thread_and_start_works_again(tmp_path: Path, connect: Connect) -> None:
    before = threading.active_count()
    box = Sandbox(STATES, tmp_path)
    for _ in range(2):
        box.start()
        assert connect(box, "prod").export().status_code == 200
        connect(box, "prod").session.close()
        box.stop()
        assert threading.active_count() == before
    box.stop()


def test_stop_does_not_wait_for_held_requests(tmp_path: Path, connect: Connect) -> None:
    with Sandbox(STATES, tmp_path, s3=False) as box:
        dev = connect(box, "dev")
        dev.fault("timeout_after", seconds=60)
        host, port = dev.ready["url"].removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("GET", "/api/public/roles/export")
        while not dev.log():
            time.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    connection.close()


def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    base = free_run(2)
    taken = LoopbackServer(lambda _: None, base + 1)  # type: ignore[arg-type,return-value]
    with pytest.raises(UsageError):
        Sandbox(STATES, tmp_path, port=base, s3=False).start()
    assert threading.active_count() == before
    LoopbackServer(lambda _: None, base).stop()  # type: ignore[arg-type,return-value]
    taken.stop()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"states": {}}, "no environment to serve"),
        ({"states": {"a b": {}}}, "cannot be named"),
        ({"states": {"": {}}}, "cannot be named"),
        ({"states": {"dev": {}}}, "no state"),
        ({"states": {"dev": []}}, "no state"),
        ({"states": {"dev": {"platform": "other"}}}, "no platform 'other'"),
        ({"states": {"dev": {"platform": ["kore"]}}}, "no platform"),
        ({"states": {"dev": {"platform": "faircom"}}}, "no state"),
        ({"states": {"dev": LEDGER}, "switches": {"dev": {"ids": "kept"}}}, "no switch 'ids'"),
        ({"switches": {"qa": {}}}, "no environment qa"),
        ({"switches": {"dev": {"ids": "x"}}}, "kept, minted"),
        ({"switches": {"dev": {"file_ids": "key"}}}, "needs a bucket"),
        ({"prefixes": {"dev": "kore/"}}, "A prefix looks like"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_starts(
    tmp_path: Path, extra: dict[str, Any], message: str
) -> None:
    with pytest.raises((UsageError, InvalidInput), match=message):
        Sandbox(**{"states": STATES, "folder": tmp_path, "s3": False, **extra})
    assert list(tmp_path.iterdir()) == []


def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(chain)
    issued.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with Sandbox(STATES, tmp_path, s3=False, tls=(chain, key)) as box:
        scheme, _, address = box.ready["environments"]["dev"]["url"].partition("://")
        assert scheme == "https"
        connection = http.client.HTTPSConnection(address, timeout=5, context=context)
        connection.request("GET", "/api/public/roles/export")
        assert connection.getresponse().status == 401
        connection.close()
        assert box.control.startswith("http://")


def test_environments_do_not_share_credentials_or_state(tmp_path: Path, connect: Connect) -> None:
    with Sandbox(STATES, tmp_path, s3=False) as box:
        dev, prod = connect(box, "dev"), connect(box, "prod")
        assert prod.export(auth=dev.token()).status_code == 401
        dev.import_roles([], full=True)
        assert len(prod.export().json()) == 2
        file_id = dev.upload(b"[]").json()["fileId"]
        assert prod.import_file(file_id).status_code == 400


@pytest.mark.parametrize("name", ["dev", "prod", "newer"])
def test_the_seeds_can_be_served(tmp_path: Path, connect: Connect, name: str) -> None:
    state = json.loads((SAMPLES / "seed" / f"{name}.json").read_text("utf-8"))
    with Sandbox({"dev": state}, tmp_path, s3=False) as box:
        dev = connect(box, "dev")
        roles = [*dev.export().json(), *dev.export("bot").json()]
        assert len(roles) == len(state["roles"])
        assert len({role["_id"] for role in roles}) == len(roles)
        if name == "dev":
            sample = json.loads((SAMPLES / "export-admin.json").read_text("utf-8"))
            assert dev.export().json() == sample


def test_platforms_are_served_side_by_side(tmp_path: Path, connect: Connect) -> None:
    seeds = {
        name: json.loads((SAMPLES / "seed" / f"{name}.json").read_text("utf-8"))
        for name in ("ledger-dev", "ledger-prod")
    }
    with Sandbox({**STATES, **seeds}, tmp_path) as box:
        dev, prod = connect(box, "dev"), connect(box, "ledger-prod")
        assert dev.export().status_code == 200
        login = {"action": "createSession", "params": prod.ready["login"]}
        token = prod.call("POST", "/api", auth=None, json=login).json()["authToken"]
        listing = {"action": "listAccounts", "authToken": token}
        answer = prod.call("POST", "/api", auth=None, json=listing).json()
        accounts = answer["result"]["accounts"]
        assert len(accounts) == len(seeds["ledger-prod"]["accounts"])
        # One log for all, switches and faults for each kind.
        assert [entry["environment"] for entry in dev.log()] == ["dev", *["ledger-prod"] * 2]
        assert set(dev.control("GET", "/switches").json()) == {"kore", "faircom"}
        assert prod.control("PUT", "/switches/ledger-prod", json={"ids": "kept"}).status_code == 400
        prod.switch(role_shape="strings")
        prod.fault("session_lost")
        entry = {"environment": "dev", "fault": "session_lost"}
        assert dev.control("PUT", "/faults", json=[entry]).status_code == 400
        # A login is that of one server only.
        other = connect(box, "ledger-dev")
        assert other.call("POST", "/api", auth=None, json=login).json()["errorCode"] == 451


def test_between_the_seeds_there_is_something_to_see() -> None:
    dev, prod = (
        {
            (role["roleType"], role["role"]): role
            for role in json.loads((SAMPLES / "seed" / f"{name}.json").read_text("utf-8"))["roles"]
        }
        for name in ("dev", "prod")
    )
    both = dev.keys() & prod.keys()
    only_prod = {name for _, name in prod.keys() - dev.keys()}
    assert only_prod == {"BreakGlass Root", "Chat History Reader", "Legacy Importer"}
    assert len(dev.keys() - prod.keys()) >= 5
    assert all(dev[key]["_id"] != prod[key]["_id"] for key in both)
    assert {dev[key]["refId"] == prod[key]["refId"] for key in both} == {True, False}
    renamed = dev["admin", "Conversation Reader"]["refId"]
    assert renamed == prod["admin", "Chat History Reader"]["refId"]
    known = {(kind, key) for (kind, _), role in prod.items() for key in role["permissions"]}
    used = {(kind, key) for (kind, _), role in dev.items() for key in role["permissions"]}
    assert used <= known
    assert max(len(name) for _, name in dev) == 100


def test_a_large_account_is_the_same_each_time() -> None:
    assert account_state(50, 50) == account_state(50, 50)
    assert account_state(50, 50) != account_state(50, 50, seed=1)
    assert len(account_state(50, 60)["roles"]) == 50 + 60 + 4


def test_the_sandbox_imports_neither_moto_nor_boto3_before_it_needs_them() -> None:
    script = (
        "import sys, migrate.sandbox\n"
        "heavy = {'moto', 'boto3', 'botocore', 'requests'} & set(sys.modules)\n"
        "ours = {name for name in sys.modules if name.startswith('migrate.')}\n"
        "allowed = ('migrate.sandbox', 'migrate.errors', 'migrate.causes', 'migrate.model')\n"
        "print(sorted(heavy), sorted(n for n in ours if not n.startswith(allowed)))\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] []"
