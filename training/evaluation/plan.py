"""Which pictures a measurement draws: a balanced list of rash, site and tone, each with its seed.

Severity and view, where model and judge know them, go round beside. A model that was not taught a rash where
it does not occur is not asked for it there.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.language.attributes import Attributes
from training.evaluation.judged_figures import Scale
from training.words.paraphrases import split_paraphrases
from training.words.triples import all_triples, held_out_triples, with_further

FIRST_SEED = 100_000
"""Seeds of measured pictures start here, away from the ones people try first."""

REPEATED_SEED = 200_000
PARAPHRASED_SEED = 300_000


@dataclass(frozen=True, slots=True)
class Request:
    """One picture to be drawn and judged, by the template caption or by a prompt."""

    index: int
    attributes: Attributes
    seed: int
    prompt: str | None = None


def plan_requests(scale: Scale, count: int, seed: int = 0) -> list[Request]:
    """``count`` requests in which every rash, site and tone comes equally often, give or take one round.

    Every combination comes once before any comes twice. The first n of a longer list are not the shorter
    list: what remains after whole rounds is chosen so that it is balanced by itself.
    """
    wanted = _with_further(scale, _balanced(scale, count, seed), seed)
    return [Request(i, attributes, FIRST_SEED + i) for i, attributes in enumerate(wanted)]


def plan_paraphrases(scale: Scale, count: int, seed: int = 0) -> list[Request]:
    """``count`` requests as balanced, each by a sentence that no training has seen."""
    rng = np.random.default_rng((seed, 3))
    wanted = _with_further(scale, _balanced(scale, count, (seed, 4)), seed)
    sentences = (split_paraphrases(attributes)[1] for attributes in wanted)
    prompts = [held_out[rng.integers(len(held_out))] for held_out in sentences]
    pairs = enumerate(zip(wanted, prompts, strict=True))
    return [Request(i, attributes, PARAPHRASED_SEED + i, prompt) for i, (attributes, prompt) in pairs]


def _balanced(scale: Scale, count: int, seed: int | tuple[int, ...]) -> list[Attributes]:
    triples = _triples(scale)
    rounds, remainder = divmod(count, len(triples))
    rng = np.random.default_rng(seed)
    wanted = [triples[i] for _ in range(rounds) for i in rng.permutation(len(triples))]
    return wanted + balanced_part([triples[i] for i in rng.permutation(len(triples))], remainder)


def _triples(scale: Scale) -> list[Attributes]:
    return all_triples(scale.rashes, scale.sites, scale.tones, scale.true_sites)


def _with_further(scale: Scale, triples: Sequence[Attributes], seed: int) -> list[Attributes]:
    """Each triple in one severity and view, which take turns."""
    turns: Counter[int] = Counter()
    wanted = []
    for triple in triples:
        ways = with_further(triple, scale.severities, scale.views)
        wanted.append(ways[(turns[len(ways)] + seed) % len(ways)])
        turns[len(ways)] += 1
    return wanted


def plan_held_out(scale: Scale, share: float, count: int, first: int, seed: int = 0) -> list[Request]:
    """``count`` requests of combinations that training never saw, each as often as the next, give or take
    one; none where nothing was held out. ``first`` is the first request's index."""
    triples = held_out_triples(scale.rashes, scale.sites, scale.tones, share, scale.true_sites)
    rng = np.random.default_rng((seed, 2))
    rounds = -(-count // len(triples)) if triples else 0
    chosen = [triples[i] for _ in range(rounds) for i in rng.permutation(len(triples))][:count]
    wanted = _with_further(scale, chosen, seed)
    return [Request(i, attributes, FIRST_SEED + i) for i, attributes in enumerate(wanted, first)]


def plan_repeats(scale: Scale, prompts: int, each: int, seed: int = 0) -> list[Request]:
    """``each`` seeds of a few balanced combinations, to see how much pictures of one prompt differ."""
    triples = _triples(scale)
    order = np.random.default_rng((seed, 1)).permutation(len(triples))
    chosen = balanced_part([triples[i] for i in order], min(prompts, len(triples)))
    wanted = [attributes for attributes in _with_further(scale, chosen, seed) for _ in range(each)]
    return [Request(i, attributes, REPEATED_SEED + i) for i, attributes in enumerate(wanted)]


def balanced_part(triples: Sequence[Attributes], count: int) -> list[Attributes]:
    """Chooses ``count`` of the triples one by one, each time one whose values were chosen least."""
    waiting, chosen = list(triples), list[Attributes]()
    used: Counter[object] = Counter()
    pairs: Counter[object] = Counter()
    for _ in range(count):
        best = min(
            waiting, key=lambda a: (sum(used[v] for v in _values(a)), sum(pairs[p] for p in _pairs(a)))
        )
        waiting.remove(best)
        chosen.append(best)
        used.update(_values(best))
        pairs.update(_pairs(best))
    return chosen


def _values(attributes: Attributes) -> tuple[object, ...]:
    return ("rash", attributes.rash), ("site", attributes.sites), ("tone", attributes.tone)


def _pairs(attributes: Attributes) -> tuple[object, ...]:
    rash, site, tone = _values(attributes)
    return (rash, site), (rash, tone), (site, tone)
