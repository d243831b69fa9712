"""A history is kept on both kinds of store: see tests/stores/shelves.py."""

from tests.stores.shelves import (
    bucket,
    hand,
    moto_url,
    no_aws_settings,
    reopen,
    s3_admin,
    settings,
    store,
)

__all__ = [
    "bucket",
    "hand",
    "moto_url",
    "no_aws_settings",
    "reopen",
    "s3_admin",
    "settings",
    "store",
]
