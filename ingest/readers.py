"""Every source of the catalogue and the function that reads it."""

from collections.abc import Mapping

from ingest.model import Reader
from ingest.sources import (
    babelon,
    contraindications,
    ddxplus,
    doid,
    drugmechdb,
    drugs,
    findingmodels,
    genes,
    hetionet,
    hpo,
    hpoa,
    indications,
    kgx,
    mondo,
    ontology,
    padchest,
    primekg,
    radsem,
    slake,
    table,
)

READERS: Mapping[str, Reader] = {
    "hpo": hpo.read,
    "hpoa": hpoa.read,
    "genes": genes.read,
    "hpo-zh": babelon.read,
    "mondo": mondo.read,
    "doid": doid.read,
    "indications": indications.read,
    "contraindications": contraindications.read,
    "drugs": drugs.read,
    "hetionet": hetionet.read,
    "drugmechdb": drugmechdb.read,
    "primekg": primekg.read,
    "findingmodels": findingmodels.read,
    "radsem": radsem.read,
    "padchest": padchest.read,
    "slake": slake.read,
    "ddxplus": ddxplus.read,
    "starter": kgx.read,
    "kgx": kgx.read,
    "ontology": ontology.read,
    "table": table.read,
}
