"""A PostgreSQL and a Chroma server of a test's own, on loopback, which can be stopped, killed and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """A cluster in a temporary folder.

    Its default order of text is that of English, as on most servers, so that code that relies on it is noticed.

    Args:
        small_disk: megabytes of a disk that is mounted for this server alone, as the tablespace ``small``.
    """

    def __init__(self, small_disk: int = 0) -> None:
        self._bin = _postgres_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="assistant-postgres-"))
        self._data = self._folder / "data"
        self._user = _other_user()
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._small, self._small_megabytes = self._folder / "small", small_disk
        self._small.mkdir()
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        if small_disk and (os.geteuid() != 0 or subprocess.run([*self._mounting(), "true"]).returncode != 0):
            pytest.skip("a process may not mount a disk here")
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        self._run("initdb", "-D", self._data, "-U", "assistant", "-A", "trust", "--no-sync", *locale)
        self.start()
        if small_disk:
            self.execute("postgres", f"CREATE TABLESPACE small LOCATION '{self._small}'")

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",  # processes are killed here, machines are not
            "max_connections": "200",
        }
        arguments = [item for name, value in options.items() for item in ("-c", f"{name}={value}")]
        mounting = self._mounting() if self._small_megabytes else []
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*mounting, self._bin / "postgres", "-D", self._data, "-p", str(self._port), *arguments],
                stdout=log,
                stderr=log,
                user=None if mounting else self._user,
                cwd=self._folder,
            )
        _wait_for(lambda: self.execute("postgres", "SELECT 1") is None, psycopg.OperationalError, self._folder / "log")

    def stop(self) -> None:
        """Stop at once, breaking open connections off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(SECONDS)
            self._process = None

    def crash(self) -> None:
        """End every process of it without writing anything more; the next start recovers from the log."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(SECONDS)
        self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self, tablespace: str = "pg_default") -> str:
        """The address of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        self.execute("postgres", f"CREATE DATABASE {name} TABLESPACE {tablespace}")
        return f"postgresql://assistant:secret-word@127.0.0.1:{self._port}/{name}"

    def drop(self, address: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute("postgres", f"DROP DATABASE {address.rpartition('/')[2]} WITH (FORCE)")

    def leave(self, kilobytes: int) -> None:
        """See to it that so much is free on the small disk."""
        assert self._process is not None
        ballast = Path(f"/proc/{self._process.pid}/root{self._small}/ballast")
        ballast.unlink(missing_ok=True)
        ballast.write_bytes(bytes(max(0, shutil.disk_usage(ballast.parent).free - 1024 * kilobytes)))

    def execute(self, database: str, statement: str) -> None:
        address = f"host=127.0.0.1 port={self._port} user=assistant dbname={database} connect_timeout=5"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _mounting(self) -> list[str]:
        """Begins a command that sees the small disk, which nobody else does, and runs as the server's user."""
        user = pwd.getpwnam(self._user or "root")
        options = f"size={self._small_megabytes}m,uid={user.pw_uid},gid={user.pw_gid},mode=700"
        drop = f"setpriv --reuid={user.pw_uid} --regid={user.pw_gid} --clear-groups"
        script = f'mount -t tmpfs -o {options} none "$0" && exec {drop} "$@"'
        return ["unshare", "--mount", "sh", "-c", script, str(self._small)]

    def _run(self, program: str, *arguments: object) -> None:
        command = [self._bin / program, *map(str, arguments)]
        subprocess.run(command, check=True, user=self._user, cwd=self._folder, capture_output=True)


class ChromaProcess:
    """``chroma run`` on a folder, always at the same address."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="assistant-chroma-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            arguments = ["run", "--path", self.folder / "data", "--host", "127.0.0.1", "--port", str(self._port)]
            self._process = subprocess.Popen(
                [Path(sys.executable).parent / "chroma", *arguments], stdout=log, stderr=log, cwd=self.folder
            )
        _wait_for(lambda: httpx.get(f"{self.url}/api/v2/heartbeat").is_success, httpx.HTTPError, self.folder / "log")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(SECONDS)
            self._process = None

    def revive(self) -> None:
        """Start it again where it hangs, which Chroma does once in a while after requests that were cut short."""
        if self._process is None:
            return
        try:
            httpx.get(f"{self.url}/api/v2/tenants/default_tenant", timeout=20).raise_for_status()
        except httpx.HTTPError:
            self.kill()
            self.start()

    def forget_everything(self) -> None:
        """Lose the disk; the server must not run."""
        assert self._process is None
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _postgres_programs() -> Path:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not folders:
        pytest.fail("PostgreSQL is not installed; scripts/install-test-system installs it.")
    return folders[0]


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _wait_for(works: Callable[[], object], failure: type[Exception], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            works()
            return
        except failure as error:
            if time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}") from error
            time.sleep(0.1)
