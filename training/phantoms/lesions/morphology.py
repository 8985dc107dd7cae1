"""Primary lesions and secondary changes by their names, as parts and layers that the tables put together.

Colours: ``red`` is haemoglobin, ``livid`` its violet cast when it lies deep, ``brown`` epidermal melanin
(negative is pale), ``slate`` dermal melanin, ``yellow`` fat, ``pale`` oedema or sclerosis. Sizes are
diameters in cm.
"""

from typing import Any

from training.phantoms.lesions.parts import Layer, Part, Range


def _colour(map_name: str, strength: Range, where: str, grain: float, share: float) -> Layer:
    return Layer(map_name, where, strength, grain, share)


def red(low: float, high: float, where: str = "fill", grain: float = 0.5, share: float = 1.0) -> Layer:
    """Erythema: 0.3 faint, 0.7 bright, 1 and above like blood."""
    return _colour("blood", (low, high), where, grain, share)


def livid(low: float, high: float, where: str = "fill", grain: float = 0.5) -> Layer:
    """A violaceous or dusky cast."""
    return _colour("deep", (low, high), where, grain, 1.0)


def brown(low: float, high: float, where: str = "fill", grain: float = 0.3, share: float = 1.0) -> Layer:
    """Pigment of the epidermis; negative towards white."""
    return _colour("melanin", (low, high), where, grain, share)


def slate(low: float, high: float, where: str = "fill", grain: float = 0.3, share: float = 1.0) -> Layer:
    """Pigment of the dermis: grey, blue or black."""
    return _colour("slate", (low, high), where, grain, share)


def yellow(low: float, high: float, where: str = "fill", grain: float = 0.3) -> Layer:
    """Fat, carotene or bile."""
    return _colour("yellow", (low, high), where, grain, 1.0)


def pale(low: float, high: float, where: str = "centre", grain: float = 0.5) -> Layer:
    """Oedema or sclerosis that presses the blood away."""
    return _colour("pale", (low, high), where, grain, 1.0)


def black(low: float, high: float, where: str = "dots", grain: float = 0.12, share: float = 1.0) -> Layer:
    """Plugs, eschar, thrombosed capillaries."""
    return _colour("plug", (low, high), where, grain, share)


def pus(low: float, high: float, where: str = "centre") -> Layer:
    """Yellow-white content."""
    return _colour("pus", (low, high), where, 0.3, 1.0)


def relief(low: float, high: float, where: str = "fill", grain: float = 0.3) -> Layer:
    """Height in cm (negative: sunken); with "dome" in shares of the radius."""
    return _colour("height", (low, high), where, grain, 1.0)


def shine(low: float, high: float, where: str = "fill") -> Layer:
    """Gloss added to the skin's; negative is matt."""
    return _colour("gloss", (low, high), where, 0.3, 1.0)


def _part(name: str, size: Range, count: Range, layers: tuple[Layer, ...], **more: Any) -> Part:
    return Part(name, size, count, layers, **more)


def macule(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A small flat change of colour."""
    return _part("macule", size, count, layers, **more)


def patch(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A large flat change of colour."""
    return _part("patch", size, count, layers, **{"border": (0.5, 0.9), "shape": "irregular", **more})


def papule(size: Range, count: Range, *layers: Layer, rise: Range = (0.35, 0.55), **more: Any) -> Part:
    """A small solid elevation."""
    return _part("papule", size, count, (relief(*rise, "dome"), shine(0.2, 0.6), *layers), **more)


def plaque(size: Range, count: Range, *layers: Layer, rise: Range = (0.04, 0.09), **more: Any) -> Part:
    """A broad flat-topped elevation."""
    return _part("plaque", size, count, (relief(*rise), *layers), **{"shape": "irregular", **more})


def nodule(size: Range, count: Range, *layers: Layer, rise: Range = (0.35, 0.6), **more: Any) -> Part:
    """A deep, dome-shaped elevation of more than a centimetre or nearly so."""
    return _part(
        "nodule",
        size,
        count,
        (relief(*rise, "dome"), *layers),
        **{"least": 6.0, "border": (0.4, 0.7), **more},
    )


def pustule(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A small elevation full of pus on a red base."""
    own = (relief(0.4, 0.6, "dome"), red(0.7, 1.0, "halo"), pus(0.85, 0.97), shine(0.8, 1.4, "centre"))
    return _part("pustule", size, count, (*own, *layers), **more)


def vesicle(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A small blister with clear content."""
    own = (relief(0.5, 0.8, "dome"), pale(0.5, 0.9, "fill"), yellow(0.05, 0.2), pus(0.04, 0.10, "fill"))
    moist = Layer("wet", "centre", (0.5, 0.9))
    return _part("vesicle", size, count, (*own, moist, *layers), **more)


def bulla(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A large tense blister: a shiny half sphere with straw-coloured content."""
    own = (relief(0.40, 0.6, "dome"), pale(0.4, 0.8, "fill"), yellow(0.1, 0.3), pus(0.04, 0.10, "fill"))
    tense = (Layer("wet", "fill", (0.35, 0.7)), shine(0.8, 1.6), red(0.25, 0.5, "rim"))
    more = {"least": 6.0, "border": (0.12, 0.2), **more}
    return _part("bulla", size, count, (*own, *tense, *layers), **more)


def wheal(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A swelling of the dermis: flat-topped, smooth, pale in its middle, with a red flare."""
    own = (relief(0.06, 0.12), red(0.2, 0.4, "halo"), red(0.5, 0.85, "border"), pale(0.5, 0.95))
    more = {"shape": "swollen", "border": (0.25, 0.4), "least": 6.0, **more}
    return _part("wheal", size, count, (*own, shine(0.1, 0.4), *layers), **more)


def purpura(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """Blood outside the vessels: dark red to violet, does not blanch."""
    own = (red(1.0, 1.6), livid(0.35, 0.7), brown(0.1, 0.3))
    return _part("purpura", size, count, (*own, *layers), **{"border": (0.3, 0.5), **more})


def telangiectasia(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """Fine widened vessels; ``size`` is the diameter of the tuft."""
    own = (red(0.8, 1.3), livid(0.0, 0.25))
    more = {"shape": "twigs", "least": 9.0, "border": (0.3, 0.4), "outlined": False, **more}
    return _part("telangiectasia", size, count, (*own, *layers), **more)


def atrophy(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """Thinned skin: sunken, shiny, finely wrinkled."""
    own = (relief(-0.08, -0.03), shine(0.4, 1.0), relief(0.004, 0.008, "wrinkles", 0.14))
    return _part("atrophy", size, count, (*own, *layers), **{"shape": "irregular", **more})


def comedo(size: Range, count: Range, *layers: Layer, **more: Any) -> Part:
    """A black plug in a pore."""
    return _part("comedo", size, count, (black(0.75, 0.95, "centre"), *layers), **{"least": 1.7, **more})


def excoriations(size: Range, count: Range, **more: Any) -> Part:
    """Scratches: parallel red lines with dots of crust."""
    own = (red(0.9, 1.3), Layer("crust", "dots", (0.6, 0.9), 0.12), relief(-0.02, -0.01))
    more = {
        "shape": "streak",
        "aligned": True,
        "apart": 0.12,
        "arrangement": "grouped",
        "least": 12.0,
        **more,
    }
    return _part("excoriation", size, count, own, **more)


def scale(low: float, high: float, where: str = "flakes", grain: float = 0.14) -> tuple[Layer, ...]:
    """Dry scale: "dust" is like bran, "sheet" silvery and confluent, "collarette" inside the border."""
    return (Layer("scale", where, (low, high), grain), relief(0.006, 0.016, where, grain), shine(-0.5, -0.3))


def crust(low: float, high: float, where: str = "flakes", grain: float = 0.24) -> tuple[Layer, ...]:
    """Dried serum, honey-coloured to brown."""
    return (Layer("crust", where, (low, high), grain), relief(0.015, 0.035, where, grain))


def erosion(low: float, high: float, where: str = "centre") -> tuple[Layer, ...]:
    """Epidermis lost: red, moist, a little sunken."""
    return (red(low, high, where), Layer("wet", where, (0.5, 0.9)), relief(-0.035, -0.015, where))


def ulcer(where: str = "centre") -> tuple[Layer, ...]:
    """Dermis lost too: a sunken, dark red, moist floor with slough."""
    floor = (red(1.1, 1.6, where), livid(0.2, 0.4, where), Layer("wet", where, (0.4, 0.8)))
    return (*floor, relief(-0.16, -0.08, where), Layer("pus", "dust", (0.3, 0.6), 0.3))


def lichenification(low: float, high: float) -> tuple[Layer, ...]:
    """Thickened skin whose lines have become a coarse net."""
    return (
        relief(0.02 * low, 0.03 * high),
        relief(-0.045 * high, -0.03 * low, "net", 0.30),
        brown(0.15, 0.35),
    )


def warty(low: float, high: float, grain: float = 0.18) -> tuple[Layer, ...]:
    """A surface of closely set horny knobs."""
    return (
        relief(low, high, "pebbles", grain),
        shine(-0.6, -0.3),
        Layer("scale", "flakes", (0.15, 0.4), grain),
    )
