from pathlib import Path

import pytest

from migrate.mounts import mount_of

TABLE = r"""
24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw,discard
25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw,size=1k
30 25 0:27 / /dev/shm rw shared:3 master:2 - tmpfs tmpfs rw,size=2k
31 24 0:50 / /srv/roles rw,relatime - nfs4 filer:/roles rw,vers=4.2,local_lock=none,addr=10.0.0.1
32 24 0:51 / /srv/roles/alone rw - nfs filer:/alone rw,vers=3,nolock,local_lock=all
33 24 0:52 / /srv/with\040blank rw - xfs /dev/sdb rw
34 33 0:53 /x /srv/with\040blank rw - btrfs /dev/sdc rw,subvol=/x
not a line of the table
35 24
"""


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE)
    monkeypatch.setattr("migrate.mounts.TABLE", path)
    return path


@pytest.mark.parametrize(
    ("path", "point", "kind", "option"),
    [
        ("/", "/", "ext4", "discard"),
        ("/home/ada", "/", "ext4", "discard"),
        ("/dev/shm", "/dev/shm", "tmpfs", "size=2k"),
        ("/dev/shmoo", "/", "ext4", "discard"),
        ("/srv/roles", "/srv/roles", "nfs4", "local_lock=none"),
        ("/srv/roles/deep/er", "/srv/roles", "nfs4", "vers=4.2"),
        ("/srv/roles/alone/x", "/srv/roles/alone", "nfs", "nolock"),
        ("/srv/with blank/x", "/srv/with blank", "btrfs", "subvol=/x"),
    ],
)
def test_a_path_is_on_the_innermost_mount(path: str, point: str, kind: str, option: str) -> None:
    mount = mount_of(Path(path))
    assert mount is not None
    assert (str(mount.point), mount.kind) == (point, kind)
    assert option in mount.options


def test_where_nothing_is_said_nothing_is_known(table: Path) -> None:
    table.write_text("")
    assert mount_of(Path("/")) is None
    table.unlink()
    assert mount_of(Path("/")) is None
