import json
import subprocess
import sys

import jsonschema
import pytest

from migrate import resources
from migrate.errors import UsageError


def test_every_schema_is_sound_and_says_its_name():
    names = resources.schema_names()
    assert {"import-kore-admin", "import-kore-bot", "snapshot"} <= set(names)
    for name in names:
        schema = resources.schema(name)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"urn:role-migrate:schema:{name}:1"
        assert json.loads(resources.schema_text(name)) == schema


def properties(schema, path="$"):
    if isinstance(schema, dict):
        for name, part in schema.get("properties", {}).items():
            yield f"{path}.{name}", part
        for key, part in schema.items():
            if key not in ("if", "then", "else"):
                yield from properties(part, f"{path}.{key}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from properties(part, f"{path}[{index}]")


@pytest.mark.parametrize("name", ["import-kore-admin", "import-kore-bot", "snapshot"])
def test_every_property_says_what_it_is(name):
    found = dict(properties(resources.schema(name)))
    assert found
    for path, part in found.items():
        assert "$ref" in part or (part["title"] and part["description"]), path


@pytest.mark.parametrize("read", [resources.schema, resources.schema_text, resources.seed])
def test_an_unknown_name_is_wrong_usage(read):
    with pytest.raises(UsageError, match=r'"\.\./secrets"') as caught:
        read("../secrets")
    assert caught.value.remedy.startswith("Choose one of: ")


def test_the_names_are_in_the_remedy():
    with pytest.raises(UsageError) as caught:
        resources.schema("snapshots")
    assert "import-kore-bot" in caught.value.remedy


def test_seeds_are_listed_and_read():
    for name in resources.seed_names():
        assert isinstance(resources.seed(name), dict)


def test_the_data_of_a_wheel_is_found_beside_the_package(tmp_path):
    package = tmp_path / "migrate"
    (package / "data" / "schemas").mkdir(parents=True)
    (package / "data" / "seed").mkdir()
    (package / "data" / "schemas" / "one.schema.json").write_text('{"title": "ü"}', "utf-8")
    (package / "data" / "seed" / "dev.json").write_text('{"roles": []}', "utf-8")
    (package / "data" / "assignments.csv").write_text("kind", "utf-8")
    for module in ("__init__", "causes", "errors", "resources"):
        source = (resources._PACKAGE / f"{module}.py").read_text("utf-8")
        (package / f"{module}.py").write_text(source, "utf-8")
    script = (
        "from migrate.resources import *;"
        "print(schema_names(), schema('one'), seed_names(), seed('dev'), sample_assignments())"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-X",
            "utf8",
            "-c",
            f"import sys; sys.path.insert(0, '.'); {script}",
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.strip() == "('one',) {'title': 'ü'} ('dev',) {'roles': []} b'kind'"
