"""What a schema cannot say of the settings of a FairCom server."""

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.canonical.diagnose import JsonPath
from migrate.validation.locate import Finding


def check_faircom(table: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    """Yield what is wrong with an environment on FairCom: its URL, login and certificate."""
    url, login = table.get("url"), table.get("login")
    if isinstance(url, str) and url.rstrip("/").endswith("/api"):
        yield Finding("url ends with /api, which is added to it: leave that out", (*path, "url"))
    if "client_key" in table and "client_cert" not in table:
        yield Finding("client_key needs client_cert beside it", (*path, "client_key"))
    if not isinstance(login, dict):
        return
    if "password" not in login and "client_cert" not in table:
        yield Finding(
            "login needs a password, or client_cert beside it: the server must know who logs in",
            (*path, "login"),
        )
    if "password_next" in login and "password" not in login:
        yield Finding("password_next needs password beside it", (*path, "login", "password_next"))
