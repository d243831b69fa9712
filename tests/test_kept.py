"""What threads share: one value for each key, and every secret that any of them fetched."""

import threading
from concurrent.futures import ThreadPoolExecutor

from migrate.kept import Kept
from migrate.redaction import Redactor


def test_all_threads_get_the_same_value() -> None:
    kept: Kept[int, object] = Kept()
    together = threading.Barrier(8)

    def get() -> object:
        def make() -> object:
            together.wait(5)  # all of them are making it at once
            return object()

        return kept.get(1, make)

    with ThreadPoolExecutor(8) as pool:
        found = [future.result() for future in [pool.submit(get) for _ in range(8)]]
    assert len({id(each) for each in found}) == 1
    assert kept.get(1, list) is found[0]
    assert kept.get(2, list) == []


def test_no_secret_is_lost_that_was_added_beside_another() -> None:
    redactor = Redactor()
    secrets = [f"secret-number-{number:04d}" for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(redactor.add, secrets))
    for secret in secrets:
        assert secret not in redactor.redact(f"it is {secret}!")
