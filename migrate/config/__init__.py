"""The config: role-migrate.toml, read into frozen values. Secrets stay references in it."""

from migrate.config.load import FILE_NAME, VARIABLE, find, load, place
from migrate.config.logins import App, Login
from migrate.config.values import (
    Config,
    DirectoryLocation,
    Environment,
    ImportBucket,
    Limits,
    PolicyRef,
    S3Location,
    StoreLocation,
    Upload,
    UploadCommand,
)

__all__ = [
    "FILE_NAME",
    "VARIABLE",
    "App",
    "Config",
    "DirectoryLocation",
    "Environment",
    "ImportBucket",
    "Limits",
    "Login",
    "PolicyRef",
    "S3Location",
    "StoreLocation",
    "Upload",
    "UploadCommand",
    "find",
    "load",
    "place",
]
