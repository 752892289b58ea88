"""Every source of the catalogue and the function that reads it."""

from collections.abc import Mapping

from ingest.model import Reader
from ingest.sources import (
    contraindications,
    drugs,
    hpo,
    hpoa,
    indications,
    kgx,
    mondo,
)

READERS: Mapping[str, Reader] = {
    "hpo": hpo.read,
    "hpoa": hpoa.read,
    "mondo": mondo.read,
    "indications": indications.read,
    "contraindications": contraindications.read,
    "drugs": drugs.read,
    "starter": kgx.read,
    "kgx": kgx.read,
}
