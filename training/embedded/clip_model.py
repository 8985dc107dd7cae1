"""The embedded model's CLIP: its build, and the extra heads that help its vision tower while it learns."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

AREAS = 3
"""Background, skin, lesion."""

LARGEST_SCALE = 4.6052
"""Natural logarithm of 100, CLIP's own bound of the logit scale."""


@dataclass(frozen=True, slots=True)
class ClipSize:
    """Sizes of both towers. The text width is what the UNet's cross-attention reads."""

    text_width: int = 256
    text_layers: int = 4
    text_heads: int = 4
    vision_width: int = 192
    vision_layers: int = 5
    vision_heads: int = 6
    image_size: int = 128
    patch_size: int = 16
    projection: int = 256


SIZES = {
    "tiny": ClipSize(16, 1, 2, 16, 1, 2, 32, 16, 16),
    "lean": ClipSize(128, 4, 4, 128, 4, 4, 64, 16, 128),
    "small": ClipSize(),
}
"""The lean one is for pictures of 64 pixels."""


def build_clip(tokenizer: CLIPTokenizer, size: ClipSize) -> CLIPModel:
    """A CLIP with random weights that reads ``tokenizer``'s pieces."""
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": size.text_width,
        "intermediate_size": 4 * size.text_width,
        "num_hidden_layers": size.text_layers,
        "num_attention_heads": size.text_heads,
        "hidden_act": "gelu",
        "max_position_embeddings": tokenizer.model_max_length,
        "projection_dim": size.projection,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {
        "hidden_size": size.vision_width,
        "intermediate_size": 4 * size.vision_width,
        "num_hidden_layers": size.vision_layers,
        "num_attention_heads": size.vision_heads,
        "hidden_act": "gelu",
        "image_size": size.image_size,
        "patch_size": size.patch_size,
        "projection_dim": size.projection,
    }
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=size.projection))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the vision tower makes of a batch."""

    embedding: Tensor
    """(batch, projection), of length 1."""
    attributes: tuple[Tensor, ...]
    """Logits by attribute, each (batch, values)."""
    areas: Tensor
    """Logits of the area classes, (batch, 3, rows, columns) of patches."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the text tower makes of a batch."""

    embedding: Tensor
    """(batch, projection), of length 1."""
    attributes: tuple[Tensor, ...]
    """Logits by attribute, each (batch, values)."""


class ClipTrainee(nn.Module):
    """A CLIP and its training aids.

    Contrast alone teaches towers from scratch slowly, each waiting for the other. Linear heads, dropped
    afterwards, ask both for the attributes, and the vision tower for what each patch shows: so sentences
    that mean the same come to the same states long before the pictures are understood.
    """

    def __init__(self, clip: CLIPModel, values: tuple[int, ...]) -> None:
        super().__init__()
        self.clip = clip
        width = clip.config.vision_config.hidden_size
        self.attribute_heads = nn.ModuleList(nn.Linear(width, count) for count in values)
        text_width = clip.config.text_config.hidden_size
        self.text_heads = nn.ModuleList(nn.Linear(text_width, count) for count in values)
        self.area_head = nn.Linear(width, AREAS)

    def see(self, pixels: Tensor) -> Seen:
        """Looks at pictures, (batch, 3, size, size) in -1..1."""
        found = self.clip.vision_model(pixel_values=pixels)
        patches = self.area_head(found.last_hidden_state[:, 1:])
        side = int(patches.shape[1] ** 0.5)
        return Seen(
            functional.normalize(self.clip.visual_projection(found.pooler_output).float(), dim=-1),
            tuple(head(found.pooler_output) for head in self.attribute_heads),
            patches.transpose(1, 2).unflatten(2, (side, side)),
        )

    def read(self, tokens: Tensor) -> Read:
        """Reads token rows, (batch, length).

        Rows may be cut behind the longest text: attention is causal, so padding changes nothing before it.
        """
        pooled = self.clip.text_model(input_ids=tokens).pooler_output
        return Read(
            functional.normalize(self.clip.text_projection(pooled).float(), dim=-1),
            tuple(head(pooled) for head in self.text_heads),
        )

    def scale(self) -> Tensor:
        """What similarities are multiplied by."""
        return self.clip.logit_scale.clamp(max=LARGEST_SCALE).exp()


def save_clip(clip: CLIPModel, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Writes model, tokenizer and how pictures are prepared."""
    clip.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    side = clip.config.vision_config.image_size
    preparation = {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": side},
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
        "do_rescale": True,
        "do_normalize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(preparation, indent=2) + "\n", encoding="utf-8")


def as_pixels(images: Tensor) -> Tensor:
    """uint8 pictures (batch, height, width, 3) as (batch, 3, height, width) in -1..1."""
    return images.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1
