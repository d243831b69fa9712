"""Reading a config: what it becomes, and everything wrong with it at once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.config import (
    App,
    Config,
    DirectoryLocation,
    ImportBucket,
    Limits,
    S3Location,
    UploadCommand,
    find,
    load,
)
from migrate.errors import Exit, InvalidInput, UsageError
from migrate.guardkind import Severity
from migrate.guards import GuardRule
from migrate.model import Identity
from migrate.secrets import AwsRef, CommandRef, EnvRef, FileRef, KeyringRef

DEV = """
[environments.dev]
platform = "kore"
url = "https://bots.kore.ai"
[environments.dev.admin_app]
client_id = "cs-dev"
client_secret = { env = "DEV_SECRET" }
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str | bytes) -> Path:
        path = tmp_path / "role-migrate.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return to_file


def faults(path: Path) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load(path, {})
    assert caught.value.exit_code is Exit.INVALID
    assert caught.value.where == str(path)
    return [str(fault) for fault in caught.value.faults]


def one(path: Path, *words: str) -> str:
    found = faults(path)
    matching = [fault for fault in found if all(word in fault for word in words)]
    assert len(matching) == 1, found
    return matching[0]


def test_the_least_config_and_its_defaults(write: Write) -> None:
    path = write(DEV)
    config = load(path, {})
    dev = config.environment("dev")
    assert dev.admin_app == App("cs-dev", EnvRef("DEV_SECRET"))
    assert dev.identity == Identity("kore", "https://bots.kore.ai", "cs-dev")
    assert (dev.timeout, dev.verify_timeout, dev.limits) == (60, 30, Limits(60, 1800))
    assert (dev.upload, dev.role_types, dev.builder_app, dev.store) == (None,) * 4
    assert (dev.keep, dev.promote_builtins, dict(dev.permission_map)) == ((), (), {})
    assert not dev.send_source_id
    assert not dev.protected
    assert config.store_of("dev") == DirectoryLocation(path.parent / ".role-migrate")
    assert config.guards == config.warnings == ()


WHOLE = """
"$schema" = "urn:role-migrate:schema:config:1"
formatVersion = 1

[store]
url = "s3://bucket/some/prefix/"
endpoint_url = "http://127.0.0.1:9000"
region = "eu-west-1"
path_style = true
ca_bundle = "ca/s3.pem"
expected_bucket_owner = "123456789012"
sse = "aws:kms"
kms_key_id = "alias/roles"
checksums = "when_required"
timeout = 5
access_key = { file = "secrets/access" }
secret_key = { command = ["vault", "read"], timeout = 3 }
session_token = { keyring = "aws", user = "me" }

[environments.prod]
platform = "kore"
url = "HTTPS://Bots.Kore.AI:443/on-prem/"
account = "acme"
upload = "store"
timeout = 10.5
verify_timeout = 90
keep = ["BreakGlass*"]
promote_builtins = ["Bot Tester"]
permission_map = { "Old" = "New", "client_secret" = "Secrets" }
send_source_id = true
protected = true
limits = { per_minute = 50 }
role_types = ["bot"]
ca_bundle = "/etc/ca.pem"
proxy = "http://proxy.example:3128"
admin_app = { client_id = "cs", client_secret = { aws_secret = "x", key = "k" }, sub = "me" }
builder_app.client_id = "cb"
builder_app.client_secret = { file = "b" }
builder_app.client_secret_next = { file = "n" }

[environments.prod.import_bucket]
url = "s3://imports"
file_id = "roles/{key}?v={version_id}"

[environments.prod.store]
directory = "../shared"
durable = true

[environments."test.2"]
platform = "kore"
url = "http://localhost:8080"
upload = { command = ["./upload", "--to"], timeout = 20 }
admin_app = { client_id = "ct", client_secret = { env = "T" } }

[[guards]]
rule = "max_deletions"
severity = "warn"
environments = ["prod*"]
max = 3
percent = 2.5

[[guards]]
rule = "protected_names"
names = ["Root"]
"""


def test_a_whole_config(write: Write) -> None:
    path = write(WHOLE)
    config = load(path, {})
    folder = path.parent
    prod = config.environment("prod")
    assert prod.identity == Identity("kore", "https://bots.kore.ai/on-prem", "acme")
    assert prod.url == "HTTPS://Bots.Kore.AI:443/on-prem"
    assert prod.import_bucket == ImportBucket(S3Location("imports"), "roles/{key}?v={version_id}")
    assert prod.admin_app == App("cs", AwsRef("x", "k"), "me")
    assert prod.builder_app == App("cb", FileRef("b"), client_secret_next=FileRef("n"))
    assert (prod.timeout, prod.verify_timeout, prod.limits) == (10.5, 90, Limits(50, 1800))
    assert (prod.keep, prod.promote_builtins) == (("BreakGlass*",), ("Bot Tester",))
    assert prod.permission_map == {"Old": "New", "client_secret": "Secrets"}
    assert (prod.send_source_id, prod.role_types, prod.upload) == (True, ("bot",), "store")
    assert prod.protected
    assert (prod.ca_bundle, prod.proxy) == (Path("/etc/ca.pem"), "http://proxy.example:3128")
    assert config.store_of("prod") == DirectoryLocation(folder / "../shared", durable=True)
    assert config.environment("test.2").upload == UploadCommand(("./upload", "--to"), 20)
    assert config.store_of("test.2") == S3Location(
        bucket="bucket",
        prefix="some/prefix",
        endpoint_url="http://127.0.0.1:9000",
        region="eu-west-1",
        path_style=True,
        ca_bundle=folder / "ca/s3.pem",
        timeout=5,
        expected_bucket_owner="123456789012",
        sse="aws:kms",
        kms_key_id="alias/roles",
        checksums="when_required",
        access_key=FileRef("secrets/access"),
        secret_key=CommandRef(("vault", "read"), 3),
        session_token=KeyringRef("aws", "me"),
    )
    assert config.guards == (
        GuardRule("max_deletions", Severity.WARN, ("prod*",), {"max": 3, "percent": 2.5}),
        GuardRule("protected_names", None, (), {"names": ("Root",)}),
    )
    assert config.warnings == ()
    assert {config.store_of("prod"), config.store_of("test.2")}


def test_an_unknown_environment(write: Write) -> None:
    config = load(write(WHOLE), {})
    with pytest.raises(UsageError, match="did you mean prod") as caught:
        config.environment("prd")
    assert "prod, test.2" in caught.value.remedy


@pytest.mark.parametrize("ci", ["true", "1", "woodpecker"])
def test_in_ci_a_directory_must_be_durable_when_it_is_used(write: Write, ci: str) -> None:
    config = load(write(DEV), {"CI": ci})
    with pytest.raises(InvalidInput, match="CI is set") as caught:
        config.store_of("dev")
    assert "durable = true" in caught.value.remedy
    config = load(write("[store]\ndurable = true\n" + DEV), {"CI": ci})
    assert config.store_of("dev") == DirectoryLocation(config.folder / ".role-migrate", True)


@pytest.mark.parametrize("ci", ["", "false", "0"])
def test_ci_that_is_off(write: Write, ci: str) -> None:
    assert load(write(DEV), {"CI": ci}).store_of("dev")


def test_every_fault_comes_out_at_once_with_its_line(write: Write) -> None:
    path = write(
        DEV
        + """
colour = "red"
[environments.prod]
platform = "kor"
kep = []
url = "http://bots.example.com"
timeout = "60"
upload = "store"
[environments.prod.admin_app]
client_id = ""
[[guards]]
rule = "max_deletions"
[[guards]]
rule = "max_deletion"
ratio = 1
"""
    )
    for words in (
        ("line 9,", "colour"),
        ("line 16,", "client_secret", "missing"),
        ("line 11,", 'did you mean "kore"'),
        ("line 12,", 'did you mean "keep"'),
        ("line 13,", "this machine only"),
        ("line 14,", "timeout must be a number"),
        ("line 15,", "import_bucket"),
        ("line 17,", "client_id"),
        ("line 21,", 'did you mean "max_deletions"'),
    ):
        one(path, *words)
    assert len(faults(path)) == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (b"\xef\xbb\xbfa = 1", "byte-order mark"),
        ("a = 1".encode("utf-16"), "byte-order mark"),
        (b"a = '\xff'", "not UTF-8"),
        ("a = ", "not TOML"),
        ("a = b", "not TOML"),
        ("[a]\n[a]", "not TOML"),
        ("a = 1\na = 2", "not TOML"),
        ("a = [1,", "not TOML"),
        ("a = " + "1" * 5000, "not TOML"),
        ("a = " + "[" * 5000, "too deeply"),
        (".".join(["a"] * 5000) + " = 1", "too deeply"),
        ("#" * 5_000_000, "larger than"),
    ],
)
def test_what_is_no_toml(write: Write, text: str | bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        load(write(text), {})


def test_bad_toml_says_line_and_column(write: Write) -> None:
    assert faults(write('a = 1\nb = "x\n'))[0].startswith("line 2: column ")
    assert "too early" in faults(write("a = 1\nb = [1,\n"))[0]
    assert faults(write(b"a = 1\nb = '\xff'"))[0].startswith("line 2: ")


def test_a_config_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        load(tmp_path, {})
    with pytest.raises(InvalidInput, match="cannot be read"):
        load(tmp_path / "none.toml", {})


def changed(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("formatVersion = 1", "formatVersion = 2", "formatVersion"),
        ('"s3://bucket/some/prefix/"', '"https://bucket"', "s3://bucket/prefix"),
        ('"s3://bucket/some/prefix/"', '"s3://bucket//x"', "s3://bucket/prefix"),
        ('"s3://bucket/some/prefix/"', '"s3://"', "s3://bucket/prefix"),
        ('endpoint_url = "http://127', 'endpoint_url = "ftp://127', "endpoint_url must begin"),
        ('kms_key_id = "alias/roles"', 'directory = "x"', "directory is for a directory"),
        ('sse = "aws:kms"', 'sse = "AES256"', "kms_key_id needs"),
        ('access_key = { file = "secrets/access" }', "", "secret_key needs access_key"),
        ('region = "eu-west-1"', 'profile = "p"', "either a profile or keys"),
        ("durable = true", 'durable = true\nregion = "x"', "region is for a bucket"),
        ('file_id = "roles/{key}?v={version_id}"', 'file_id = "x"', "file_id must be made"),
        ('file_id = "roles/{key}?v={version_id}"', 'file_id = "{key}{x}"', "no other braces"),
        ('url = "http://localhost', 'url = "http://localhost.example', "this machine only"),
        ('url = "http://localhost:8080"', 'url = "https://x/?y"', "holds a query"),
        ('"http://proxy.example:3128"', '"socks5://x"', "proxy must begin with http://"),
        ("timeout = 10.5", "timeout = nan", "must be a number"),
        ("timeout = 10.5", "timeout = 0", "more than 0"),
        ("timeout = 10.5", "timeout = true", "must be a number"),
        ("timeout = 10.5", "timeout = 99999999999999999999999999", "at most 3600"),
        ("timeout = 10.5", "timeout = 1979-05-27", "found a date"),
        ("per_minute = 50", "per_minute = 0", "at least 1"),
        ('role_types = ["bot"]', 'role_types = ["bots"]', "must be one of"),
        ('upload = { command = ["./upload", "--to"]', "upload = { command = []", "not be empty"),
        ("percent = 2.5", "ratio = 0.5", "no parameter of max_deletions"),
        ('rule = "protected_names"', 'rule = "empty_source"', "no parameter of empty_source"),
        ('names = ["Root"]', 'severity = "of"', "must be one of"),
        ('"test.2"]', '"te st"]', "letters, digits"),
        ('"test.2"]', '"..."]', "letters, digits"),
        ('"test.2"]', f'"{"a" * 65}"]', "at most 64"),
    ],
)
def test_one_fault(write: Write, old: str, new: str, words: str) -> None:
    assert one(write(changed(old, new)), words)


def test_an_absolute_guard_takes_no_severity(write: Write) -> None:
    guard = '[[guards]]\nrule = "empty_source"\nseverity = "off"\n'
    assert "always refuses" in one(write(DEV + guard), "empty_source")


SECRETS = [
    '"hunter2"',
    '["hunter2"]',
    "{}",
    '{ env = "hunter2!" }',
    '{ env = "", file = "" }',
    '{ env = "A", value = "hunter2" }',
    '{ value = "hunter2" }',
    '{ file = ["hunter2"] }',
    '{ command = "hunter2" }',
    '{ command = ["x"], timeout = 0 }',
    '{ command = ["x"], timeout = "hunter2" }',
    '{ command = ["x"], timeout = true }',
    '{ keyring = "hunter2" }',
    '{ aws_secret = "x", region = 5 }',
    "5",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("key", ["client_secret", "client_secret_next", "access_key"])
def test_a_wrong_secret_setting_is_named_and_never_repeated(
    write: Write, key: str, secret: str
) -> None:
    right = {
        "client_secret": '{ env = "T" }',
        "client_secret_next": '{ file = "n" }',
        "access_key": '{ file = "secrets/access" }',
    }[key]
    path = write(changed(f"{key} = {right}", f"{key} = {secret}"))
    found = faults(path)
    assert len(found) == 1
    assert key in found[0]
    assert found[0].startswith("line ")
    assert "hunter2" not in found[0]


def test_a_secret_in_the_config_is_told_where_to_go(write: Write) -> None:
    path = write(DEV.replace('{ env = "DEV_SECRET" }', '"hunter2"'))
    assert '{ env = "VARIABLE" }' in one(path, "holds a secret itself")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"HTTPS://Bots.Kore.AI:443/on-prem/"', '"https://me:hunter2@bots.kore.ai"'),
        ('"http://proxy.example:3128"', '"http://me:hunter2@proxy.example:3128"'),
        ('"http://127.0.0.1:9000"', '"http://me:hunter2@127.0.0.1:9000"'),
        ('"s3://bucket/some/prefix/"', '"s3://me:hunter2@bucket"'),
    ],
)
def test_a_password_in_a_url_is_refused_and_never_repeated(
    write: Write, old: str, new: str
) -> None:
    [fault] = faults(write(changed(old, new)))
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed('"http://127.0.0.1:9000"', '"http://minio:9000"'), "endpoint_url is http"),
        (changed('["prod*"]', '["prd*"]'), "no environment here is called prd*"),
        (changed('"HTTPS://Bots.Kore.AI:443/on-prem/"', '"https://[::1]"'), "no effect"),
        (changed('upload = "store"', 'upload = "platform"'), "import_bucket has no effect"),
        (changed('{ file = "n" }', '{ file = "b" }'), "client_secret_next has no effect"),
    ],
)
def test_warnings(write: Write, text: str, words: str) -> None:
    [warning] = load(write(text), {}).warnings
    assert warning.warning
    assert warning.line
    assert words in str(warning)


def test_two_names_for_one_environment_are_allowed(write: Write) -> None:
    config = load(write(DEV + DEV.replace("environments.dev", "environments.dev2")), {})
    assert config.environment("dev").identity == config.environment("dev2").identity


def test_no_secret_is_fetched_by_loading(write: Write) -> None:
    config: Config = load(write(WHOLE), {"T": "hunter2"})
    assert "hunter2" not in repr(config)


def test_finding_the_config(tmp_path: Path) -> None:
    for name in ("role-migrate.toml", "b.toml", "c.toml"):
        (tmp_path / name).write_text(DEV)
    environ = {"ROLE_MIGRATE_CONFIG": "b.toml"}
    assert find(None, {}, tmp_path) == tmp_path / "role-migrate.toml"
    assert find(None, environ, tmp_path) == tmp_path / "b.toml"
    assert find(Path("c.toml"), environ, tmp_path) == tmp_path / "c.toml"
    assert find(None, {"ROLE_MIGRATE_CONFIG": ""}, tmp_path) == tmp_path / "role-migrate.toml"


@pytest.mark.parametrize(
    ("option", "environ", "words"),
    [
        (None, {}, "role-migrate.toml does not exist"),
        (Path("x.toml"), {}, "named by --config"),
        (None, {"ROLE_MIGRATE_CONFIG": "y"}, "named by ROLE_MIGRATE_CONFIG"),
        (Path(), {}, "is a directory"),
    ],
)
def test_no_config(tmp_path: Path, option: Any, environ: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        find(option, environ, tmp_path)
    assert "--config" in caught.value.remedy


def test_a_config_from_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert find(pipe, {}, tmp_path) == pipe
