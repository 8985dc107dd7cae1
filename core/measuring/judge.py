"""The judge: a small network that says which rash and site a picture shows, and where.

It is trained on phantoms that no generator has seen (``training.train_judge``) and never takes part in
training one. A judge is a folder with ``config.json`` and ``model.safetensors``.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from core.errors import ModelMissingError
from core.measuring.judge_network import LESION, SKIN, JudgeConfig, JudgeNetwork

CONFIG_NAME, WEIGHTS_NAME = "config.json", "model.safetensors"


@dataclass(frozen=True, slots=True)
class JudgeReading:
    """What the judge sees. Probabilities by key; ``skin`` (without lesions) and ``lesion`` are boolean masks
    of the picture's height and width. ``severity`` and ``view`` are empty if the judge does not tell them."""

    rash: dict[str, float]
    site: dict[str, float]
    skin: NDArray[np.bool_]
    lesion: NDArray[np.bool_]
    severity: dict[str, float] = field(default_factory=dict)
    view: dict[str, float] = field(default_factory=dict)

    @property
    def likeliest_rash(self) -> str:
        """The rash with the highest probability."""
        return max(self.rash, key=self.rash.__getitem__)

    @property
    def likeliest_site(self) -> str:
        """The site with the highest probability."""
        return max(self.site, key=self.site.__getitem__)

    @property
    def likeliest_severity(self) -> str | None:
        """The severity with the highest probability; None where the judge does not tell it."""
        return max(self.severity, key=self.severity.__getitem__, default=None)

    @property
    def likeliest_view(self) -> str | None:
        """The view with the highest probability; None where the judge does not tell it."""
        return max(self.view, key=self.view.__getitem__, default=None)


@dataclass(frozen=True, slots=True)
class Judge:
    """A trained network, ready to read pictures."""

    network: JudgeNetwork

    @property
    def config(self) -> JudgeConfig:
        """Keys and sizes."""
        return self.network.config

    def read(self, image: Image.Image) -> JudgeReading:
        """Reads one picture of any size."""
        return self.read_many([image])[0]

    @torch.inference_mode()
    def read_many(self, images: list[Image.Image]) -> list[JudgeReading]:
        """Reads several pictures at once; each answer is independent of its neighbours."""
        batch = torch.stack([_pixels(image, self.config.size) for image in images])
        logits = self.network(batch)
        config, further = self.config, logits.further
        return [
            JudgeReading(
                _shares(config.rashes, logits.rash[i]),
                _shares(config.sites, logits.site[i]),
                *_masks(logits.areas[i], image.size),
                _shares(config.severities, further["severity"][i]) if "severity" in further else {},
                _shares(config.views, further["view"][i]) if "view" in further else {},
            )
            for i, image in enumerate(images)
        ]

    @torch.inference_mode()
    def features_of(self, images: list[Image.Image]) -> NDArray[np.float32]:
        """(images, features) pooled features, to compare whole sets of pictures by."""
        batch = torch.stack([_pixels(image, self.config.size) for image in images])
        found: NDArray[np.float32] = self.network.features(batch).numpy()
        return found


def load_judge(folder: Path | str) -> Judge:
    """Loads a judge for reading.

    Raises:
        ModelMissingError: the folder lacks its config or weights, or they do not fit each other.
    """
    folder = Path(folder)
    try:
        network = JudgeNetwork(_read_config(folder / CONFIG_NAME))
        network.load_state_dict(load_file(folder / WEIGHTS_NAME))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ModelMissingError(
            f"No usable judge in {folder}: {error}. A judge folder holds {CONFIG_NAME} and {WEIGHTS_NAME};"
            " python -m training.train_judge makes one."
        ) from error
    return Judge(network.float().eval())


def save_judge(network: JudgeNetwork, folder: Path) -> None:
    """Writes config and half-precision weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_NAME).write_text(json.dumps(asdict(network.config), indent=2) + "\n", encoding="utf-8")
    weights = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in network.state_dict().items()
    }
    save_file(weights, folder / WEIGHTS_NAME)


def _read_config(path: Path) -> JudgeConfig:
    found = json.loads(path.read_text(encoding="utf-8"))
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    return JudgeConfig(**values)


def _shares(keys: tuple[str, ...], logits: Tensor) -> dict[str, float]:
    """Probabilities by key."""
    return dict(zip(keys, logits.softmax(dim=0).tolist(), strict=True))


def _pixels(image: Image.Image, size: int) -> Tensor:
    """(3, size, size) in -1..1."""
    image = image.convert("RGB")
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1


def _masks(areas: Tensor, size: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Skin and lesion masks at (width, height) ``size`` from one area map."""
    enlarged = functional.interpolate(areas[None].float(), size=size[::-1], mode="bilinear")[0]
    classes = enlarged.argmax(dim=0).numpy()
    return classes == SKIN, classes == LESION
