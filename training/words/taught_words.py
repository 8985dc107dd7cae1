"""What an embedded model is taught: rashes, sites, tones, severities and views, and by how many phantoms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from training.words.triples import occurs


@dataclass(frozen=True, slots=True)
class TaughtWords:
    """``phantoms`` counts those of the generator, of the judge and held out; ``further`` are flags of
    ``training.render_phantoms``."""

    rashes: tuple[str, ...]
    sites: tuple[str, ...]
    phantoms: tuple[int, int, int]
    further: tuple[str, ...] = ()
    often: tuple[str, ...] = ()
    """Rashes that the UNet takes pictures of twice as often: what an earlier model did not know or drew
    least surely, or where all is new at once, what it knew and is not to fade."""

    def flags(self) -> tuple[str, ...]:
        """For ``training.render_phantoms``; rashes that occur at none of the sites are left out."""
        true_sites = "--true-sites" in self.further
        there = [r for r in self.rashes if any(occurs(r, site, true_sites) for site in self.sites)]
        return ("--rashes", *there, "--sites", *self.sites, *self.further)

    def but(self, sites: Sequence[str] | None, phantoms: int | None) -> "TaughtWords":
        """The same at other sites, or by another number of phantoms to learn from."""
        count = self.phantoms[0] if phantoms is None else phantoms
        return replace(self, sites=tuple(sites or self.sites), phantoms=(count, *self.phantoms[1:]))


FIRST = TaughtWords(
    rashes=("clear", "acne", "eczema", "tinea"),
    sites=(
        *("face", "cheek", "neck", "chest", "back", "stomach", "arm", "hand", "palm", "fingers"),
        *("leg", "foot", "between_toes", "sole"),
    ),
    phantoms=(6720, 2016, 672),
)

EVERY_RASH = (
    *FIRST.rashes,
    *("actinic_keratosis_carcinoma", "atopic_dermatitis", "bacterial", "benign_tumor", "bullous"),
    *("contact_dermatitis", "drug_eruption", "hair_loss", "herpes_std", "infestation", "lupus_connective"),
    *("melanoma_nevi", "nail_disease", "pigmentation", "psoriasis_lichen", "systemic", "urticaria"),
    *("vascular_tumor", "vasculitis", "viral"),
)

TWELVE = TaughtWords(
    rashes=(
        *FIRST.rashes,
        *("hair_loss", "nail_disease", "pigmentation", "psoriasis_lichen", "contact_dermatitis"),
        *("urticaria", "bullous", "melanoma_nevi"),
    ),
    sites=(*FIRST.sites, "scalp"),
    phantoms=(6000, 7200, 720),
    further=("--tones", "monk", "--true-sites", "--even-rashes"),
    often=("acne", "tinea"),
)
"""The groups that are told most surely from one another; the others follow."""

GROUPS = TaughtWords(
    rashes=EVERY_RASH,
    sites=(*FIRST.sites, "scalp"),
    phantoms=(9600, 7200, 960),
    further=("--tones", "monk", "--true-sites", "--even-rashes"),
    often=(
        *("actinic_keratosis_carcinoma", "bacterial", "benign_tumor", "contact_dermatitis", "herpes_std"),
        *("infestation", "lupus_connective", "melanoma_nevi", "systemic", "tinea", "urticaria"),
        *("vascular_tumor", "vasculitis"),
    ),
)

ALL = TaughtWords(
    rashes=EVERY_RASH,
    sites=(
        *("face", "cheek", "forehead", "scalp", "ear", "nose", "lip", "neck"),
        *("arm", "elbow", "hand", "palm", "fingers", "fingernails", "armpit"),
        *("chest", "stomach", "back", "knee", "leg", "foot", "between_toes", "toenails", "sole"),
    ),
    phantoms=(12_000, 7200, 1_440),
    further=("--tones", "monk", "--severities", "--views", "--true-sites", "--even-rashes"),
    often=FIRST.rashes,
)

WORDS = {"first": FIRST, "twelve": TWELVE, "groups": GROUPS, "all": ALL}
"""In order: each goes on from the weights of the one before."""
