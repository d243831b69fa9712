"""A page of HTML from a template: every value in it is inert, and it can reach nothing.

The page has one style and one script of ours. Its Content-Security-Policy names their hashes and
allows nothing else: no other script, no address, no form, no markup made from text.
"""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.report.escape import inert
from migrate.report.html.strings import name

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"
_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def render(template: str, context: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The page of a template; `data` is what its script shows."""
    from markupsafe import Markup

    page = _environment().get_template(template)
    style, script = _ours("report.css"), _ours("report.js")
    return page.render(
        context,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        policy=policy(style, script),
        data=embedded(data),
    )


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy of a page with this style and this script."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )


def embedded(data: Mapping[str, Any]) -> "Markup":
    """Data as JSON that no `</script>` in it can end, and that no reader takes for more lines."""
    import orjson
    from markupsafe import Markup

    return Markup(orjson.dumps(data).decode().translate(_UNSAFE))  # noqa: S704 - escaped here


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def _ours(file: str) -> str:
    return (_TEMPLATES / file).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return value if isinstance(value, Markup) else inert(str(value))

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["name"] = name
    environment.filters["count"] = _count
    return environment


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
