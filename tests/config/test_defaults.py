"""`[defaults.PLATFORM]`: what environments have of it, and where faults in it are told."""

from pathlib import Path

import pytest

from migrate.config import Config, DirectoryLocation, Limits, UploadCommand, load
from migrate.errors import InvalidInput
from migrate.secrets import EnvRef, FileRef

TEXT = """\
[defaults.kore]
url = "https://bots.kore.ai"
upload = { command = ["put"], timeout = 5 }
limits = { per_minute = 30 }
keep = ["BreakGlass*"]
store = { directory = "shared", durable = true }

[defaults.kore.admin_app]
client_id = "cs-all"
client_secret = { env = "ALL" }

[environments.dev]
platform = "kore"

[environments.prod]
platform = "kore"
url = "https://eu-bots.kore.ai"
limits.per_hour = 100
keep = []
upload = "platform"
store = { directory = "own" }
admin_app = { client_secret = { file = "secret" } }

[environments.ledger]
platform = "faircom"
url = "https://ledger.example.com:8443"
login = { username = "ADMIN", password = { env = "LEDGER" } }
"""


def config(folder: Path, text: str) -> Config:
    path = folder / "role-migrate.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        config(folder, text)
    return [str(fault) for fault in caught.value.faults]


def test_environments_have_what_they_do_not_say_themselves(tmp_path: Path) -> None:
    read = config(tmp_path, TEXT)
    dev, prod, ledger = (read.environment(name) for name in ("dev", "prod", "ledger"))
    assert (dev.url, prod.url) == ("https://bots.kore.ai", "https://eu-bots.kore.ai")
    assert (dev.upload, prod.upload) == (UploadCommand(("put",), 5.0), "platform")
    assert (dev.keep, prod.keep) == (("BreakGlass*",), ())
    assert (dev.limits, prod.limits) == (Limits(per_minute=30), Limits(30, 100))
    assert dev.store == DirectoryLocation(tmp_path / "shared", durable=True)
    assert prod.store == DirectoryLocation(tmp_path / "own")
    assert dev.admin_app is not None
    assert prod.admin_app is not None
    assert (dev.admin_app.client_secret, prod.admin_app.client_secret) == (
        EnvRef("ALL"),
        FileRef("secret"),
    )
    assert prod.admin_app.client_id == "cs-all"
    assert (ledger.keep, ledger.upload, ledger.store) == ((), None, None)
    assert read.warnings == ()


def test_a_fault_is_told_once_and_where_it_stands(tmp_path: Path) -> None:
    text = TEXT.replace("per_minute = 30", "per_minute = -1").replace("100", '"many"')
    found = faults(tmp_path, text.replace('url = "https://bots', 'uri = "https://bots'))
    assert [fault.partition(":")[0] for fault in found] == [
        "line 2, $.defaults.kore.uri",
        "line 4, $.defaults.kore.limits.per_minute",
        "line 12, $.environments.dev",
        "line 18, $.environments.prod.limits.per_hour",
    ]


def test_a_secret_in_the_defaults_is_found_and_not_repeated(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, TEXT.replace('{ env = "ALL" }', '"hunter2"'))
    assert found.startswith("line 10, $.defaults.kore.admin_app.client_secret: ")
    assert "hunter2" not in found
    text = "defaults.client_secret = 'hunter2'\n" + TEXT[TEXT.index("[environments.ledger]") :]
    assert not any("hunter2" in found for found in faults(tmp_path, text))


@pytest.mark.parametrize("setting", ['platform = "kore"', 'account = "x"', 'account_id = "x"'])
def test_what_says_which_account_it_is_can_be_no_default(tmp_path: Path, setting: str) -> None:
    (found,) = faults(tmp_path, TEXT.replace("[defaults.kore]", f"[defaults.kore]\n{setting}"))
    assert found.startswith("line 2, $.defaults.kore.")
    assert "set it for each environment" in found


def test_defaults_are_by_platform(tmp_path: Path) -> None:
    found = faults(tmp_path, f"[defaults.koer]\ntimeout = 5\n{TEXT}")
    assert any("line 1" in fault and "koer" in fault for fault in found), found
    found = faults(
        tmp_path, TEXT.replace("[defaults.kore]", "[defaults]\ntimeout = 5\n[defaults.kore]")
    )
    assert any("line 2" in fault and "timeout" in fault for fault in found), found
    assert faults(tmp_path, "defaults = 5\n" + TEXT.partition("\n\n")[2].partition("\n\n")[2])


def test_defaults_of_a_platform_that_no_environment_is_on_are_warned_about(tmp_path: Path) -> None:
    ledger = TEXT[TEXT.index("[environments.ledger]") :]
    (warning,) = config(tmp_path, f"[defaults.kore]\nkeep = ['x']\n{ledger}").warnings
    assert str(warning).startswith("line 1, $.defaults.kore: no environment is on kore")
