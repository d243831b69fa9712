"""The floor: read files with orjson and validate them with jsonschema-rs, and nothing else."""

import sys

import jsonschema_rs
import orjson


def _read(name: str) -> object:
    with open(name, "rb") as file:  # noqa: PTH123 - one import less
        return orjson.loads(file.read())


validator = jsonschema_rs.validator_for(_read(sys.argv[1]))
# All of it stays in memory, as it must for whoever compares it.
values = [_read(name) for name in sys.argv[2:]]
sys.exit(not all(map(validator.is_valid, values)))
