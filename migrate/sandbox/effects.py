"""What the faults of every platform make of an answer, or put in its place."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from migrate.sandbox.calls import Call
from migrate.sandbox.exchange import Answer, Hangup
from migrate.sandbox.faults import Armed

RATE_MESSAGE = "Rate limit for this API has been reached. Please try again after some time."

_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_SIGN_IN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"

Refusal = Callable[..., Answer]
"""Makes an error in the platform's envelope from the call, a status, a message and headers."""


def in_place(fault: Armed, call: Call, refusal: Refusal) -> Answer | Hangup:
    """What comes where the server did not act."""
    match fault.fault:
        case "429_retry_after":
            return refusal(call, 429, RATE_MESSAGE, ("Retry-After", f"{fault.seconds:g}"))
        case "429_bare":
            return refusal(call, 429, RATE_MESSAGE)
        case "500":
            return refusal(call, 500, "Internal Server Error")
        case "502_html":
            return Answer(502, _GATEWAY, _HTML)
        case "503":
            return Answer(503)
        case "200_html":
            return Answer(200, _SIGN_IN, _HTML)
        case "redirect":
            return Answer(302, b"", (("Location", f"https://elsewhere.invalid{quote(call.path)}"),))
        case _:
            return Hangup()


def distort(fault: Armed, call: Call, answer: Answer, refusal: Refusal) -> Answer | Hangup:
    """What becomes of the answer of a server that acted."""
    match fault.fault:
        case "reset_after":
            return Hangup()
        case "500_after":
            return refusal(call, 500, "Internal Server Error")
        case "502_html_after":
            return Answer(502, _GATEWAY, _HTML)
        case "200_html_after":
            return Answer(200, _SIGN_IN, _HTML)
        case "200_cut_json":
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case "200_empty":
            return replace(answer, body=b"")
        case "slow_body":
            return replace(answer, drip=fault.seconds)
        case "wrong_content_length":
            return replace(answer, length=len(answer.body) + 64)
        case _:
            return answer
