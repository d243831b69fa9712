"""The one way out to a platform: HTTP with stated time-outs, trust, proxies and errors.

`requests` is imported when the first `Http` is made, not with this package.
"""

from migrate.http.answer import Answer, Upload
from migrate.http.client import Http
from migrate.http.failures import Unreachable

__all__ = ["Answer", "Http", "Unreachable", "Upload"]
