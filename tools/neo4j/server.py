"""A real Neo4j server for a while, from Neo4j's own Maven artifacts, on the JDK of this machine.

    python tools/neo4j/server.py            runs one until Ctrl-C and prints where it is

Its home is temporary, authentication is on, and it listens on a free port of the loopback alone. It ends
with the process that started it.
"""

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "neo4j"
_HERE = Path(__file__).parent
_JARS = _HERE.parent.parent / "build" / "neo4j"
_OPENED = (
    "java.base/java.nio",
    "java.base/java.io",
    "java.base/sun.nio.ch",
    "java.base/java.util.concurrent",
)
_START_S, _MAVEN_S = 90.0, 600.0
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


class UnavailableError(RuntimeError):
    """No server can be had here, and why."""


@dataclass(frozen=True)
class Server:
    """Where a server is and how to log in."""

    uri: str
    user: str
    password: str


def jars() -> Path:
    """The folder with the jars, fetched by Maven unless they are there.

    Raises:
        UnavailableError: if there is no JDK or no Maven, or Maven fails.
    """
    pom = _HERE / "pom.xml"
    stamp = _JARS / "pom.xml"
    if stamp.is_file() and stamp.read_bytes() == pom.read_bytes():
        return _JARS
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise UnavailableError(f"no {tool} on this machine")
    shutil.rmtree(_JARS, ignore_errors=True)
    _JARS.mkdir(parents=True)
    command = [
        "mvn",
        "-q",
        "-B",
        "-f",
        str(pom),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={_JARS}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_MAVEN_S, check=False)
    if done.returncode:
        raise UnavailableError(f"Maven could not fetch Neo4j: {_tail(done.stdout + done.stderr)}")
    shutil.copy(pom, stamp)
    return _JARS


@contextmanager
def running(heap_mb: int = 1024) -> Iterator[Server]:
    """A server, from its start to the end of the `with`.

    Raises:
        UnavailableError: if none can be started.
    """
    classpath = f"{jars()}/*"
    with tempfile.TemporaryDirectory(prefix="kgdx-neo4j-") as folder:
        home, port, password = Path(folder), _free_port(), "p" + secrets.token_urlsafe(12)
        _configure(home, port)
        environment = {**os.environ, "NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
        admin = [
            "java",
            "-cp",
            classpath,
            "org.neo4j.cli.AdminTool",
            "dbms",
            "set-initial-password",
            password,
        ]
        subprocess.run(admin, env=environment, capture_output=True, check=True, timeout=_START_S)
        command = ["java", f"-Xmx{heap_mb}m", "-XX:+UseSerialGC"]
        command += [f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED]
        command += ["-cp", classpath, "org.neo4j.server.CommunityEntryPoint"]
        command += [f"--home-dir={home}", f"--config-dir={home / 'conf'}"]
        log = home / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_us,
            )
        try:
            server = Server(f"neo4j://127.0.0.1:{port}", USER, password)
            _wait(process, port, log)
            yield server
        finally:
            _stop(process)


def _configure(home: Path, port: int) -> None:
    conf = home / "conf"
    conf.mkdir()
    (conf / "neo4j.conf").write_text(
        f"server.bolt.listen_address=127.0.0.1:{port}\n"
        f"server.bolt.advertised_address=127.0.0.1:{port}\n"
        "server.http.enabled=false\n"
        "server.https.enabled=false\n"
        "dbms.usage_report.enabled=false\n"
        "server.memory.pagecache.size=256m\n"
        "db.tx_log.rotation.retention_policy=keep_none\n"
    )


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Until the port answers."""
    give_up = time.monotonic() + _START_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise UnavailableError(f"Neo4j did not start: {_tail(log.read_text(errors='replace'))}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise UnavailableError(
        f"Neo4j did not answer in {_START_S:g} s: {_tail(log.read_text(errors='replace'))}"
    )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """At once: what it holds is thrown away."""
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _die_with_us() -> None:
    """On Linux, be ended by the kernel when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def _tail(text: str) -> str:
    return " | ".join(text.strip().splitlines()[-5:]) or "it said nothing"


if __name__ == "__main__":
    with running() as found:
        print(f"export KGDX_NEO4J_PASSWORD={found.password}")
        print(f"kgdx query --store {found.uri}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
