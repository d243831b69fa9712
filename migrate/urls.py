"""Small facts about URLs: folding for comparison, hosts, and what counts as loopback."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: `localhost`, 127.0.0.0/8 or ::1. Looks nothing up."""
    bare = host.strip("[]").rstrip(".").lower()
    if bare == "localhost":
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


def fold(url: str) -> str:
    """Fold `url` for comparison: scheme and host in lower case, no default port, no last slash.

    The case of the path is kept, for it may matter. Raises ValueError if `url` is no URL.
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(scheme):
        host = f"{host}:{parts.port}"
    return urlunsplit(SplitResult(scheme, host, parts.path.rstrip("/"), "", ""))


def fault_of(url: str) -> str | None:
    """Say what is wrong with `url` as a base URL, None if it is sound.

    Sound is http or https, a host, perhaps a port and a path; nothing else. The answer never
    repeats the URL, which may hold a password.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        return "holds a blank or a control character"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL that can be read: check the host and the port"
    if parts.scheme.lower() not in _DEFAULT_PORTS:
        return "must begin with https://"
    if not parts.hostname:
        return "names no host"
    if port == 0:
        return "has port 0, which no server listens on"
    if "@" in parts.netloc:
        return "holds a user name or password: leave them out"
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return "holds a query or a fragment: leave out everything from ? or # on"
    return None


def host_of(url: str) -> str:
    """Name the host, and the port if one is given, without credentials; `?` if there is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "?", parts.port
    except ValueError:
        return "?"
    shown = "".join(character if character.isprintable() else "?" for character in host)[:253]
    return f"{shown}:{port}" if port is not None else shown
