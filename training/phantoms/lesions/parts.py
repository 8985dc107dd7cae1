"""The words a disease is written in: parts (one kind of primary lesion each), their layers and arrangement.

A disease is data. ``composing`` draws it; ``morphology`` offers the primary lesions and secondary changes by
their names; ``tables`` holds the diseases of every group.
"""

from dataclasses import dataclass, replace

Range = tuple[float, float]
"""Lowest and highest value; one in between is drawn for every picture."""


@dataclass(frozen=True)
class Layer:
    """One change within a lesion: which map of ``Marks``, where in the lesion, how strong.

    ``where`` is a key of ``profiles.PROFILES``; ``grain`` (cm) the size of its texture's bumps, if it has
    any; ``share`` how many of the lesions carry it.
    """

    map: str
    where: str
    strength: Range
    grain: float = 0.25
    share: float = 1.0


@dataclass(frozen=True)
class Part:
    """One kind of lesion: how large (diameter in cm), how many in a picture, arranged how, built of what.

    ``shape`` is a key of ``contours.SHAPES`` or ``region:NAME``; ``border`` the width of the edge in radii
    (0.1 sharp, 0.9 ill-defined); ``aspect`` the short axis in long ones; ``apart`` the least distance of
    neighbours in sums of their radii; ``least`` the radius in pixels below which a lesion is not drawn;
    ``chance`` the share of pictures that have the part. ``aligned`` lesions lie along their group's
    direction; a "base" has its size in shares of its focus.
    """

    name: str
    size: Range
    count: Range
    layers: tuple[Layer, ...] = ()
    arrangement: str = "scattered"
    shape: str = "round"
    border: Range = (0.25, 0.45)
    aspect: Range = (0.8, 1.0)
    apart: float = 1.0
    least: float = 2.8
    chance: float = 1.0
    aligned: bool = False
    outlined: bool = True
    """Whether a clinician would outline it as lesion."""

    def plus(self, *layers: Layer) -> "Part":
        """The same lesion with further change."""
        return replace(self, layers=(*self.layers, *layers))


@dataclass(frozen=True)
class Disease:
    """One disease of a group: how often it is drawn among them, the sites where it occurs, its parts.

    Parts may gather around foci: ``foci`` of them, ``spread`` cm across, laid out as ``layout`` (a key of
    ``layouts.LAYOUTS``) says.
    """

    name: str
    weight: float
    sites: frozenset[str]
    parts: tuple[Part, ...]
    foci: Range = (1, 1)
    spread: Range = (2.0, 4.0)
    layout: str = "open"


Group = tuple[Disease, ...]
"""The diseases of one vocabulary key."""


def sites_of(group: Group) -> frozenset[str]:
    """Every site at which at least one disease of the group occurs."""
    return frozenset().union(*(disease.sites for disease in group))
