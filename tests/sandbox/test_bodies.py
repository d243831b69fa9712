import hashlib
import json

import pytest
import requests

from migrate.sandbox.bodies import read_body


def test_a_json_body_is_logged_without_what_stands_under_keys_for_secrets() -> None:
    raw = json.dumps({"fileId": "f", "apps": [{"clientSecret": "hush", "name": "n"}]}).encode()
    body = read_body(raw, "application/json")
    assert body.json["apps"][0]["clientSecret"] == "hush"
    assert body.as_log() == {"fileId": "f", "apps": [{"clientSecret": "***", "name": "n"}]}


@pytest.mark.parametrize("raw", [b"nonsense", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_logged_by_its_size(raw: bytes) -> None:
    assert read_body(raw, "").as_log() == {"size": len(raw)}


def test_no_body() -> None:
    assert read_body(b"", "").as_log() is None


def test_a_form_is_logged_by_fields_and_digest() -> None:
    content = b"[]" * 1_000_000
    request = requests.Request(
        "POST",
        "http://127.0.0.1/",
        files={"file": ("rollen ü.json", content)},
        data={"fileContext": "bulkImport", "apiKey": "hush"},
    ).prepare()
    assert isinstance(request.body, bytes)
    body = read_body(request.body, request.headers["Content-Type"])
    assert body.file
    assert body.file.content == content
    assert body.as_log() == {
        "fields": {"fileContext": "bulkImport", "apiKey": "***"},
        "file": {
            "name": "rollen ü.json",
            "size": 2_000_000,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    }


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/x"]
)
def test_a_broken_form_has_neither_fields_nor_file(content_type: str) -> None:
    body = read_body(b"--y\r\nnonsense", content_type)
    assert (body.fields, body.file) == ({}, None)
    assert body.as_log() == {"fields": {}, "file": None}
