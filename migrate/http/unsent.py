"""Why no connection was opened, so that nothing was sent: name, proxy, TLS, refusal, time-out."""

import http.client
import socket
import ssl
from typing import NamedTuple

from migrate.causes import Cause
from migrate.errors import NotSent
from migrate.http.failures import Call, Unreachable, chain

_PROXY_LOGIN = (
    "Put the proxy's user and password into HTTPS_PROXY in the environment, "
    "and leave `proxy` out of the config."
)
_TRUST = (
    "If the certificate is right, name the file with its issuer as `ca_bundle` for this "
    "environment (or in REQUESTS_CA_BUNDLE)."
)


class Fault(NamedTuple):
    """What is wrong with a certificate, what mends it, and its cause."""

    state: str
    remedy: str
    cause: Cause


_UNTRUSTED = Fault("comes from an issuer that is not trusted", _TRUST, Cause.TLS_ISSUER)
_NAME = "Check `url`: use the name that the certificate is for."
ANOTHER_NAME = Fault("is for another host name", _NAME, Cause.TLS_NAME)
_CERTIFICATES = {
    9: Fault("is not valid yet", "Check the clock of this machine.", Cause.TLS_NOT_YET),
    10: Fault(
        "has expired", "Have it renewed, and check the clock of this machine.", Cause.TLS_EXPIRED
    ),
    18: Fault("is self-signed and not trusted", _TRUST, Cause.TLS_ISSUER),
    **dict.fromkeys((19, 20, 21), _UNTRUSTED),
    62: ANOTHER_NAME,
    64: Fault("is for another address", _NAME, Cause.TLS_NAME),
}
"""By OpenSSL's code of a certificate that is not accepted."""
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
_OLD_TLS = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}
)


def not_sent(failure: BaseException, call: Call) -> NotSent:
    """Explain why no connection was opened: name, proxy, TLS, refusal, time-out."""
    found = list(chain(failure))
    peer = f"the proxy {call.proxy}" if call.proxy else call.host
    for each in found:
        if isinstance(each, socket.gaierror):
            return _name_not_found(each, call)
        if isinstance(each, ssl.SSLCertVerificationError):
            fault = certificate_fault(each)
            text = f"the certificate of {call.host} {fault.state}"
            return _error(call, text, fault.remedy, fault.cause)
        if "Tunnel connection failed" in str(each) and type(each) is OSError:
            return _proxy_refused(str(each), call)
        if isinstance(each, ConnectionRefusedError):
            cause = Cause.PROXY if call.proxy else Cause.REFUSED
            return _passing(call, f"{peer} refused the connection", cause)
    return _no_connection(found, call, peer)


def certificate_fault(failure: ssl.SSLCertVerificationError) -> Fault:
    """What is wrong with a certificate that was not accepted."""
    unnamed = Fault(f"is not accepted ({failure.verify_message})", _TRUST, Cause.TLS_ISSUER)
    return _CERTIFICATES.get(failure.verify_code, unnamed)


def _no_connection(found: list[BaseException], call: Call, peer: str) -> NotSent:
    for each in found:
        if isinstance(each, ssl.SSLError) and not isinstance(each, ssl.SSLEOFError):
            return _tls(each, call)
        if isinstance(each, TimeoutError):
            return _error(
                call,
                f"no connection to {peer} within the time-out",
                "Check `url`, the network, a firewall, and whether a proxy is needed.",
                Cause.PROXY if call.proxy else Cause.NO_ANSWER,
            )
        if isinstance(each, (ConnectionError, ssl.SSLEOFError, http.client.RemoteDisconnected)):
            text = f"{peer} closed the connection before anything was sent"
            return _passing(call, text, Cause.PROXY if call.proxy else Cause.NO_ANSWER)
    if any("SOCKS" in str(each) for each in found):
        return _error(
            call,
            "the environment names a SOCKS proxy, which is not supported",
            _NO_SOCKS,
            Cause.PROXY,
        )
    if any("TLS CA certificate bundle" in str(each) for each in found):
        return _error(
            call,
            "the CA bundle that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names is not there",
            "Correct or unset the variable, or name a file as `ca_bundle` for this environment.",
            Cause.TLS_FILES,
        )
    reason = next(
        (each.strerror for each in found if isinstance(each, OSError) and each.strerror), ""
    )
    return _error(
        call,
        f"no connection to {peer} could be opened" + (f": {reason}" if reason else ""),
        "Check `url`, `proxy` and `ca_bundle` of this environment, and the network.",
        Cause.NO_ANSWER,
    )


_NO_SOCKS = "Name an HTTP proxy as `proxy` for this environment, or unset ALL_PROXY."


def proxy_wants_login(call: Call) -> NotSent:
    """Explain HTTP 407: the proxy wants a user and password that it did not get."""
    text = f"the proxy {call.proxy} wants a user and password (407)"
    return _error(call, text, _PROXY_LOGIN, Cause.PROXY)


def _proxy_refused(text: str, call: Call) -> NotSent:
    if " 407" in text:
        return proxy_wants_login(call)
    status = "".join(part for part in text.split() if part.isdigit())[:3]
    return _error(
        call,
        f"the proxy {call.proxy} refused to connect to {call.host} (status {status or 'unknown'})",
        "Have the host allowed on the proxy, or name another `proxy` for this environment.",
        Cause.PROXY,
    )


def _name_not_found(failure: socket.gaierror, call: Call) -> NotSent:
    subject = f"the proxy {call.proxy}" if call.proxy else f"the host {call.host}"
    if failure.errno == socket.EAI_AGAIN:
        return _passing(call, f"{subject} could not be looked up just now", Cause.DNS)
    setting = "proxy" if call.proxy else "url"
    return _error(
        call,
        f"{subject} was not found",
        f"Check `{setting}` of this environment, and that this machine can look names up.",
        Cause.DNS,
    )


def _tls(failure: ssl.SSLError, call: Call) -> NotSent:
    reason = failure.reason or ""
    if reason in _NOT_TLS:
        return _error(
            call,
            f"{call.host} does not answer with TLS",
            "Check the scheme and the port in `url`, and `proxy`.",
            Cause.TLS,
        )
    if reason in _OLD_TLS or "ALERT" in reason:
        return _error(
            call,
            f"{call.host} and this program agree on no TLS version or cipher ({reason})",
            "TLS 1.2 is the least that is accepted: have it enabled on the server.",
            Cause.TLS,
        )
    text = f"TLS with {call.host} failed ({reason or 'no reason given'})"
    return _error(call, text, _TRUST, Cause.TLS)


def _error(call: Call, sentence: str, remedy: str, cause: Cause) -> NotSent:
    what = f"{call.what} was not sent: {sentence}"
    return NotSent(what, where=call.where, remedy=remedy, cause=cause)


def _passing(call: Call, sentence: str, cause: Cause) -> Unreachable:
    return Unreachable(
        f"{call.what} was not sent: {sentence}",
        where=call.where,
        remedy="Check that the platform is up and that `url` is right, then run it again.",
        cause=cause,
    )
