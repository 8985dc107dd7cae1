"""The likeliest body site of a photograph, by a CLIP that compares it with one caption a site."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from core.errors import ModelMissingError
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.vocabulary import load_vocabulary
from core.weights.model_cards import load_card


@dataclass(frozen=True, slots=True)
class SiteReader:
    """A CLIP and the sites it may name; ``name`` is the SHA-256 of its folder's weights."""

    clip: CLIPModel
    tokenizer: CLIPTokenizer
    processor: CLIPImageProcessorPil
    sites: tuple[str, ...]
    rashes: tuple[str, ...]
    name: str
    _texts: dict[str | None, Tensor] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "SiteReader":
        """Loads a whole CLIP. The model card beside it or above it says which words it knows; without one it
        is asked for all of the vocabulary.

        Raises:
            ModelMissingError: the folder holds no CLIP in safetensors form with its tokenizer.
        """
        try:
            clip = CLIPModel.from_pretrained(folder, use_safetensors=True, local_files_only=True)
            tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
            processor = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelMissingError(
                f"No usable CLIP in {folder}: {error}. Give a folder with both towers, tokenizer and "
                "preprocessor_config.json, or leave --clip out."
            ) from error
        cards = [load_card(place) for place in (folder, folder.parent)]
        sites = next((card.sites for card in cards if card.sites), tuple(load_vocabulary().sites))
        rashes = next((card.rashes for card in cards if card.rashes), tuple(load_vocabulary().rashes))
        return cls(clip.float().eval(), tokenizer, processor, sites, rashes, _digest(folder))

    @torch.inference_mode()
    def read(self, images: list[Image.Image], rashes: list[str | None]) -> list[tuple[str, float]]:
        """The likeliest site of each picture and its probability among ``sites``; a rash that is known
        narrows the captions it is compared with."""
        pixels = self.processor(images=images, return_tensors="pt")["pixel_values"]
        pooled = self.clip.vision_model(pixel_values=pixels).pooler_output
        seen = functional.normalize(self.clip.visual_projection(pooled), dim=-1)
        scale = self.clip.logit_scale.exp()
        found = []
        for row, rash in zip(seen, rashes, strict=True):
            shares = (scale * self._captions(rash) @ row).softmax(dim=0)
            best = int(shares.argmax())
            found.append((self.sites[best], float(shares[best])))
        return found

    def _captions(self, rash: str | None) -> Tensor:
        """(sites, width) text embeddings of length 1, computed once a rash."""
        known = rash if rash in self.rashes else None
        if known not in self._texts:
            captions = [compose_caption(Attributes(known, (site,))) for site in self.sites]
            tokens = self.tokenizer(captions, padding=True, return_tensors="pt")
            pooled = self.clip.text_model(
                input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
            ).pooler_output
            self._texts[known] = functional.normalize(self.clip.text_projection(pooled), dim=-1)
        return self._texts[known]


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
