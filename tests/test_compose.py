"""docker-compose.yml keeps the Compose specification, and says what the code expects."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

import graph_schema
from kgdx.settings import Settings
from kgdx.stores.cypher import constraint_statements


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


def test_it_keeps_the_specification(text: str) -> None:
    assert PyCompose.from_yaml(text).service_names() == ["neo4j", "schema"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("restart: unless-stopped", "restart: perhaps"),
        ("    healthcheck:", "    healthchek:"),
        ("condition: service_healthy", "condition: service_happy"),
        ("interval: 5s", "interval: soon"),
    ],
)
def test_a_broken_file_would_be_found(text: str, right: str, wrong: str) -> None:
    assert right in text
    with pytest.raises(Exception, match=r"."):
        PyCompose.from_yaml(text.replace(right, wrong))


def test_the_password_comes_from_the_environment_the_code_reads(services: dict[str, Any]) -> None:
    auth = services["neo4j"]["environment"]["NEO4J_AUTH"]
    user, _, password = auth.partition("/")
    assert user == Settings().neo4j_user
    name = re.match(r"\$\{(\w+):\?", password)
    assert name is not None, "compose stops where it is not set"
    prefix = str(Settings.model_config["env_prefix"])
    assert name[1].removeprefix(prefix).lower() in Settings.model_fields
    assert services["schema"]["environment"]["NEO4J_PASSWORD"].startswith(f"${{{name[1]}:?")


def test_it_listens_on_this_machine_alone(services: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in services["neo4j"]["ports"])


def test_the_graph_outlives_the_container(text: str, services: dict[str, Any]) -> None:
    assert "graph:/data" in services["neo4j"]["volumes"]
    assert "graph" in yaml.safe_load(text)["volumes"]


def test_the_server_is_the_release_the_tests_run_on(root: Path, services: dict[str, Any]) -> None:
    pom = (root / "tools" / "neo4j" / "pom.xml").read_text(encoding="utf-8")
    version = re.search(r"<neo4j.version>(\d+\.\d+)\.", pom)
    assert version is not None
    assert {service["image"] for service in services.values()} == {f"neo4j:{version[1]}-community"}


def test_its_constraints_are_those_of_the_schema(root: Path, services: dict[str, Any]) -> None:
    mounted = services["schema"]["volumes"][0].split(":")[0]
    statements = "".join(f"{line};\n" for line in constraint_statements(graph_schema.load()))
    written = (root / mounted).read_text(encoding="utf-8")
    assert "".join(line for line in written.splitlines(keepends=True) if line[:2] != "//") == statements
