"""Phenopackets, families and cohorts in protobuf's binary form, as the JSON that stands for the same.

The bytes do not say what they are. The meta data, which every kind must hold, stand at another place in each,
so that only the right kind finds a schema version there.
"""

from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.unknown_fields import UnknownFieldSet
from phenopackets.schema.v1 import phenopackets_pb2 as first
from phenopackets.schema.v2 import phenopackets_pb2 as second

from kgdx.domain.errors import CaseError

ENDINGS = frozenset({".pb", ".protobuf", ".bin", ".pxf"})
_KINDS = [
    (kind, version)
    for version, module in (("2", second), ("1", first))
    for kind in (module.Phenopacket, module.Family, module.Cohort)
]
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")


def is_binary(content: bytes) -> bool:
    """Whether bytes are no text: they hold control characters, or are not UTF-8."""
    start = content[:4096]
    return any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in start)


def binary_value(content: bytes, where: str) -> dict[str, Any]:
    """The JSON object of a message.

    Raises:
        CaseError: if it is no phenopacket, family or cohort, or says no schema version.
    """
    for kind, version in _KINDS:
        message = kind()
        try:
            message.ParseFromString(content)
            stated = message.meta_data.phenopacket_schema_version
            # A field that a kind does not know is one of another kind.
            if stated.startswith(version) and not len(UnknownFieldSet(message)):
                value: dict[str, Any] = MessageToDict(message)
                return value
        # Whatever the parser raises: these bytes are not this kind.
        except Exception:  # noqa: S112
            continue
    remedy = "give a phenopacket, family or cohort with metaData.phenopacketSchemaVersion, or JSON"
    raise CaseError(where, "is neither text nor a phenopacket in protobuf", remedy)
