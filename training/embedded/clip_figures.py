"""What a trained CLIP can do: retrieval both ways, and what a linear reader finds in its text states."""

import numpy as np
import torch
from numpy.typing import NDArray

from core.language.attributes import Attributes
from training.clip_tuning.metrics import recalls
from training.embedded.clip_data import ClipData, trim
from training.embedded.clip_model import ClipTrainee, as_pixels

BATCH = 64
PROBE_SENTENCES = 8
"""Sentences of each combination that the probe is fitted on."""

PROBE_MOST = 16_000
"""Sentences that it is fitted on, about, at most."""

Floats = NDArray[np.float32]


@torch.inference_mode()
def clip_figures(trainee: ClipTrainee, data: ClipData, rows: NDArray[np.int64]) -> dict[str, float]:
    """Recall@1/5/10 between pictures and the distinct captions of ``rows``, and the probe's accuracies.

    Captions are the template ones for ``image_to_text...`` and held-out paraphrases for ``held_out...``.
    """
    trainee.eval()
    seen = embed_images(trainee, data, rows)
    distinct = list(dict.fromkeys(data.attributes[row] for row in rows))
    figures = retrieval(trainee, data, rows, seen, [data.sentences.train[a][0] for a in distinct], distinct)
    spared = [data.sentences.held_out[a] for a in distinct]
    if all(len(sentences) for sentences in spared):
        unseen = retrieval(trainee, data, rows, seen, [sentences[0] for sentences in spared], distinct)
        figures |= {f"held_out_{name}": value for name, value in unseen.items()}
        figures |= probe_figures(trainee, data)
    trainee.train()
    return figures


def retrieval(
    trainee: ClipTrainee,
    data: ClipData,
    rows: NDArray[np.int64],
    seen: Floats,
    tokens: list[NDArray[np.int64]],
    distinct: list[Attributes],
) -> dict[str, float]:
    """Recalls of pictures by one sentence of each distinct combination."""
    numbers = np.asarray([data.labels.number(a) for a in distinct])
    read = embed_texts(trainee, data, np.stack(tokens))
    right = (data.numbers[rows][:, None] == numbers[None]).all(axis=-1)
    return recalls(seen @ read.T, right)


def embed_images(trainee: ClipTrainee, data: ClipData, rows: NDArray[np.int64]) -> Floats:
    """(rows, projection), of length 1."""
    parts = [
        trainee.see(as_pixels(torch.from_numpy(data.images[rows[i : i + BATCH]])).to(_device(trainee)))
        for i in range(0, len(rows), BATCH)
    ]
    return torch.cat([part.embedding for part in parts]).cpu().numpy()


def embed_texts(trainee: ClipTrainee, data: ClipData, tokens: NDArray[np.int64]) -> Floats:
    """(texts, projection), of length 1."""
    parts = [
        trainee.read(torch.from_numpy(trim(tokens[i : i + BATCH], data.end_token)).to(_device(trainee)))
        for i in range(0, len(tokens), BATCH)
    ]
    return torch.cat([part.embedding for part in parts]).cpu().numpy()


@torch.inference_mode()
def probe_figures(trainee: ClipTrainee, data: ClipData) -> dict[str, float]:
    """Accuracy of a linear reader of each attribute, fitted on training sentences, on held-out ones.

    The readers see the last hidden states as a UNet is given them, but without their order: the mean over
    the sentence's own positions, and the state of its end.
    """
    fitted = _probe_set(trainee, data, data.sentences.train)
    asked = _probe_set(trainee, data, data.sentences.held_out)
    return {
        f"probe_{name}": linear_probe(fitted[0], fitted[1][:, i], asked[0], asked[1][:, i])
        for i, name in enumerate(data.labels.kinds)
    }


def linear_probe(
    features: Floats, labels: NDArray[np.int64], others: Floats, answers: NDArray[np.int64]
) -> float:
    """Accuracy on ``others`` of a ridge regression to one-hot labels, fitted on ``features``."""
    wanted = np.eye(int(max(labels.max(), answers.max())) + 1)[labels]
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    left = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    right = np.column_stack([(others - mean) / spread, np.ones(len(others))])
    weights = np.linalg.solve(left.T @ left + np.eye(left.shape[1]), left.T @ wanted)
    return float(((right @ weights).argmax(axis=1) == answers).mean())


def _probe_set(
    trainee: ClipTrainee, data: ClipData, sentences: dict[Attributes, NDArray[np.int64]]
) -> tuple[Floats, NDArray[np.int64]]:
    """States and attribute numbers of a few sentences of each combination, spread over its list."""
    tokens, numbers = [], []
    asked = list(sentences)[:: max(1, len(sentences) // PROBE_MOST)]
    each = max(1, min(PROBE_SENTENCES, PROBE_MOST // len(asked)))
    for attributes in asked:
        rows = sentences[attributes]
        chosen = np.linspace(0, len(rows) - 1, min(each, len(rows))).astype(np.int64)
        tokens.append(rows[chosen])
        numbers += [data.labels.number(attributes)] * len(chosen)
    return text_states(trainee, np.concatenate(tokens), data.end_token), np.asarray(numbers)


def text_states(trainee: ClipTrainee, tokens: NDArray[np.int64], end_token: int) -> Floats:
    """(texts, 2 * width): mean of the states up to the first end token, and that token's state."""
    parts = []
    for start in range(0, len(tokens), BATCH):
        rows = torch.from_numpy(tokens[start : start + BATCH]).to(_device(trainee))
        states = trainee.clip.text_model(input_ids=rows).last_hidden_state
        ends = (rows == end_token).int().argmax(dim=1)
        own = torch.arange(rows.shape[1], device=rows.device)[None] <= ends[:, None]
        mean = (states * own[..., None]).sum(dim=1) / own.sum(dim=1, keepdim=True)
        parts.append(torch.cat([mean, states[torch.arange(len(rows)), ends]], dim=1))
    return torch.cat(parts).float().cpu().numpy()


def _device(trainee: ClipTrainee) -> torch.device:
    return next(trainee.parameters()).device
