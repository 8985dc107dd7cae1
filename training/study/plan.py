"""What the study compares, how much of everything, and in which order it is done."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NEW_NAMES = {"acne": "zits", "eczema": "tetter", "tinea": "ringworm"}
"""Rash to the name that the base has never read."""

NEW_DISEASE = "pigmentation"
"""The class that the base has never seen: white and brown patches look like nothing that it knows."""

KNOWN = ("clear", *NEW_NAMES)

WORDS, DISEASE = TASKS = ("new-words", "new-disease")
SUBJECTS = {WORDS: tuple(NEW_NAMES), DISEASE: (NEW_DISEASE,)}
"""Rashes that are asked for by the new names of each task."""

OLD = "old"
"""Beside a task's own pictures: those asked for by the words that the base knows."""

STOCK, SWAP, DISTILLED, ANCHORED, LORA, BOTH = ARMS = (
    *("stock", "swap", "swap-distilled", "swap-anchored"),
    *("lora", "both"),
)
ENCODER_ARMS = (SWAP, DISTILLED, ANCHORED)
"""Arms that change the text encoder alone: what they lose is their drift's."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm on one task with so many captioned pictures and one seed: the study's smallest result."""

    task: str
    arm: str
    size: int
    seed: int
    distillation: float | None = None
    """Another weight of distillation than the arm's own."""
    weight: float | None = None
    """Mixture with the stock encoder: 0 is stock, 1 and None are the tuned one."""
    steps: int | None = None
    """Another length of the training than the plan's own."""

    @property
    def name(self) -> str:
        """Its folder. The stock arm learns nothing, so size and task do not matter to it."""
        if self.arm == STOCK:
            return f"{STOCK}-s{self.seed}"
        changed = [] if self.distillation is None else [f"d{self.distillation:g}"]
        changed += [] if self.weight is None else [f"w{self.weight:g}"]
        changed += [] if self.steps is None else [f"x{self.steps}"]
        return "-".join([self.task, self.arm, f"n{self.size}", f"s{self.seed}", *changed])


@dataclass(frozen=True, slots=True)
class BasePlan:
    """How the base model and its judge are made: numbers of phantoms, and flags of the trainings."""

    phantoms: int = 2400
    judge_phantoms: int = 3000
    held_out: int = 300
    pixels: int = 64
    autoencoder: tuple[str, ...] = ("--size", "lean", "--steps", "400", "--batch", "8")
    clip: tuple[str, ...] = ("--size", "lean", "--steps", "500", "--batch", "64")
    judge: tuple[str, ...] = ("--steps", "3000")
    unet: tuple[str, ...] = (
        *("--size", "lean", "--steps", "4000", "--batch", "24"),
        *("--float32", "--preview-minutes", "100"),
    )
    redrawn: int = 800
    """Phantoms that the UNet draws anew, for the decoder to learn what a UNet makes."""
    decoder: tuple[str, ...] = ("--steps", "2500", "--batch", "8")
    unet_longer: tuple[str, ...] = (
        *("--steps", "4000", "--batch", "24", "--learning-rate", "7e-4"),
        *("--often", "acne", "tinea", "--float32", "--preview-minutes", "100"),
    )
    """The same UNet once more: after 96,000 pictures it drew a third of acne and tinea."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """The whole study; the standard one is written up in docs/encoder-study.md."""

    output: Path
    base: BasePlan = field(default_factory=BasePlan)
    sites: tuple[str, ...] = ("hand", "back", "foot")
    tones: tuple[str, ...] = ("fair", "brown")
    seed: int = 31
    seeds: tuple[int, ...] = (1, 2, 3)
    size: int = 1000
    """Captioned phantoms, as many as the first Script2Skin had photographs."""
    other_sizes: tuple[int, ...] = (100, 300, 3000)
    sized_arms: tuple[str, ...] = (SWAP, LORA)
    sized_seeds: tuple[int, ...] = (1,)
    weights: tuple[float, ...] = (0.25, 0.5, 0.75)
    distillations: tuple[float, ...] = (0.1, 1.0)
    varied_seeds: tuple[int, ...] = (1,)
    clip_layers: int = 4
    clip_steps: int = 100
    too_many_steps: tuple[int, ...] = (400, 1600)
    """Other lengths of the swap's training, to see how far an encoder may drift before it does harm."""
    clip_batch: int = 64
    clip_rate: float = 1e-3
    """Ten times the command's own: this text encoder is small, and its runs are short."""
    lora_steps: int = 300
    longer_steps: tuple[int, ...] = (1500,)
    """Other lengths of the LoRA's training, which takes longer than an encoder's."""
    lora_batch: int = 16
    lora_rate: float = 1e-3
    measured: int = 100
    """Held-out pictures that trainings are measured on."""
    pictures: int = 72
    """Of each task, and as many by the old words, for every cell."""
    inference_steps: int = 10

    def folder(self, name: str) -> Path:
        """Where a part of the study lies."""
        return self.output / name

    @property
    def model(self) -> Path:
        """The base model."""
        return self.output / "base" / "models" / "study"

    @property
    def clip(self) -> Path:
        """The base's whole CLIP, as it was trained."""
        return self.output / "base" / "clip" / "model"

    @property
    def judge(self) -> Path:
        """The judge, which knows the new disease too."""
        return self.output / "base" / "models" / "judge"

    def cells(self) -> Iterator[Cell]:
        """All of them, the most telling first: every seed at the main size, variants, then other sizes."""
        for seed in self.seeds:
            yield Cell(WORDS, STOCK, 0, seed)
            for task in TASKS:
                yield from (Cell(task, arm, self.size, seed) for arm in ARMS if arm != STOCK)
        for seed in self.varied_seeds:
            yield from self.variants(seed)
        for seed in self.sized_seeds:
            for size in self.other_sizes:
                yield from (Cell(task, arm, size, seed) for task in TASKS for arm in self.sized_arms)

    def variants(self, seed: int) -> Iterator[Cell]:
        """Mixtures of stock and tuned encoder, gentler distillation, longer trainings: more ways to drift."""
        for task in TASKS:
            yield from (Cell(task, SWAP, self.size, seed, weight=weight) for weight in self.weights)
            yield from (Cell(task, DISTILLED, self.size, seed, d) for d in self.distillations)
            yield from (Cell(task, SWAP, self.size, seed, steps=steps) for steps in self.too_many_steps)
            yield from (Cell(task, LORA, self.size, seed, steps=steps) for steps in self.longer_steps)
