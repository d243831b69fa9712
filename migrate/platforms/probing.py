"""What a platform provides whose imports can be probed: somebody who tries them out."""

from dataclasses import dataclass
from typing import Protocol

from migrate.model import State
from migrate.profile import Finding


@dataclass(frozen=True, slots=True)
class ProbeWish:
    """What a probe is asked for. `mark` is in the name of every role that it makes.

    `user` (e-mail) is given roles, and taken from them again; `bot` (name) is where bot roles are
    given. Without them what concerns members stays unsettled. `rate_limit`: the budget is
    overspent on purpose, to see how the platform refuses.
    """

    mark: str
    user: str = ""
    bot: str = ""
    rate_limit: bool = False


class Prober(Protocol):
    """Settles on a live account what nobody documents, with roles of its own."""

    @property
    def wrote(self) -> bool:
        """Whether a call was begun that changes something. An upload alone does not."""
        ...

    @property
    def made(self) -> tuple[str, ...]:
        """The names of roles that it may have made, and has not seen to be gone."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every question, settled or with the reason why it is not."""
        ...

    def ask(self, before: State) -> None:
        """Ask everything that the account allows; it was `before`, read just now.

        Raises the errors of a writer; then `put_back` is due all the same.
        """
        ...

    def put_back(self) -> None:
        """Take back who was given roles, and remove the roles; what stays is in `made`.

        Roles that earlier probes left are removed as well. Raises the errors of a writer.
        """
        ...

    def ask_last(self) -> None:
        """Ask what can only be asked when nothing else is left to do. Only reads."""
        ...
