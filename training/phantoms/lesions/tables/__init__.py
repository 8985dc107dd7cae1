"""The diseases of every group, as data: one module a vocabulary key. ``GROUPS`` maps the key to them.

Acne, eczema and tinea are drawn by ``lesions.diseases``, at every site.
"""

from importlib import import_module

from training.phantoms.lesions.parts import Group

KEYS = (
    "actinic_keratosis_carcinoma",
    "atopic_dermatitis",
    "bacterial",
    "benign_tumor",
    "bullous",
    "contact_dermatitis",
    "drug_eruption",
    "hair_loss",
    "herpes_std",
    "infestation",
    "lupus_connective",
    "melanoma_nevi",
    "nail_disease",
    "pigmentation",
    "psoriasis_lichen",
    "systemic",
    "urticaria",
    "vascular_tumor",
    "vasculitis",
    "viral",
)

GROUPS: dict[str, Group] = {key: import_module(f"{__name__}.{key}").GROUP for key in KEYS}
