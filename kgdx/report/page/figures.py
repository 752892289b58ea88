"""Images of a case as the page shows them: the picture, boxes around what was seen, heat maps beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgdx.domain.evidence import Evidence, ImageOrigin
from kgdx.imaging.overlay import ShownImage, data_uri, grey, overlay


@dataclass(frozen=True, slots=True)
class Region:
    """A numbered box on an image, sides in percent of the image."""

    number: int
    evidence: Evidence
    origin: ImageOrigin

    @property
    def style(self) -> str:
        """Place and size of the box for CSS; kept inside the image."""
        left, top, right, bottom = (100 * min(max(side, 0.0), 1.0) for side in self.origin.region)
        size = f"width:{max(right - left, 0):.2f}%;height:{max(bottom - top, 0):.2f}%"
        return f"left:{left:.2f}%;top:{top:.2f}%;{size}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """A heat map over the image, as a `data:` URI, with the finding it shows."""

    curie: str
    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class Figure:
    """An image of the case.

    Attributes:
        uri: the picture; empty where the pixels were not given.
        regions: what was seen, numbered from 1.
    """

    image_id: str
    uri: str
    regions: tuple[Region, ...]
    overlays: tuple[Overlay, ...] = ()


def figures(evidence: Iterable[Evidence], images: Sequence[ShownImage]) -> list[Figure]:
    """One figure for every image given, then one for every image that only evidence speaks of."""
    seen: dict[str, list[Region]] = {image.image_id: [] for image in images}
    for item in evidence:
        if isinstance(item.origin, ImageOrigin):
            regions = seen.setdefault(item.origin.image_id, [])
            regions.append(Region(len(regions) + 1, item, item.origin))
    shown = {image.image_id: image for image in images}
    return [_figure(image_id, tuple(regions), shown.get(image_id)) for image_id, regions in seen.items()]


def _figure(image_id: str, regions: tuple[Region, ...], image: ShownImage | None) -> Figure:
    if image is None:
        return Figure(image_id, "", regions)
    overlays = (
        Overlay(heat.curie, heat.name, data_uri(overlay(image.pixels, heat.values)))
        for heat in image.heat_maps
    )
    return Figure(image_id, data_uri(grey(image.pixels)), regions, tuple(overlays))
