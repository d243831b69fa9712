"""Until when certificates are good: a server's, and the one that is shown to it."""

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from migrate.errors import InvalidInput
from migrate.http.trust import checked_certificate
from migrate.http.unsent import certificate_fault

_ROUNDS = 10


def servers_until(
    url: str, *, ca_bundle: Path | None, proxy: str | None, timeout: float
) -> datetime | None:
    """When the certificate of the server at `url` ends, None where there is none to be seen.

    That is so without TLS, behind a proxy, and where there is no connection or it is not accepted:
    why that is, a request tells. `timeout` is in seconds.
    """
    from migrate.http import exchange

    parts = urlsplit(url)
    if parts.scheme.lower() != "https" or exchange.proxy_for(url, proxy):
        return None
    trust = exchange.trust_for(str(ca_bundle) if ca_bundle else None)
    try:
        context = _trusting(trust)
        address = (parts.hostname or "", parts.port or 443)
        with (
            socket.create_connection(address, timeout) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as secured,
        ):
            return _end_of(secured.getpeercert())
    except (OSError, ValueError):
        return None


def own_until(certificate: Path, key: Path | None) -> datetime:
    """When a certificate ends that is shown to servers.

    Raises InvalidInput where it can't be used, has expired, or does not hold yet.
    """
    chain, its_key = checked_certificate(certificate, key)
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    # A server in memory is shown it, for only a handshake reads a certificate's dates.
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, its_key)
    server.load_verify_locations(chain)
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.load_cert_chain(chain, its_key)
    showing, seeing = client.wrap_bio(ours, theirs), server.wrap_bio(theirs, ours, server_side=True)
    try:
        for _ in range(_ROUNDS):
            with suppress(ssl.SSLWantReadError):
                showing.do_handshake()
            with suppress(ssl.SSLWantReadError):
                seeing.do_handshake()
                return _end_of(seeing.getpeercert())
    except ssl.SSLCertVerificationError as failure:
        fault = certificate_fault(failure)
        raise InvalidInput(
            f"the client certificate {fault.state}",
            where=str(certificate),
            remedy="Show one that is good now, or set this machine's clock.",
            cause=fault.cause,
        ) from None
    raise InvalidInput("the client certificate can't be shown to anybody", where=str(certificate))


def _trusting(trust: str | bool) -> ssl.SSLContext:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    place = trust if isinstance(trust, str) else DEFAULT_CA_BUNDLE_PATH
    if Path(place).is_dir():
        return ssl.create_default_context(capath=place)
    return ssl.create_default_context(cafile=place)


def _end_of(certificate: Any) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
