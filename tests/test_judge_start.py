"""A judge for new words sees and answers as the earlier one did with the words that it had."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.errors import TrainingError
from core.measuring.judge import save_judge
from core.measuring.judge_network import JudgeConfig, JudgeNetwork
from training.evaluation.judge_start import start_from

EARLIER = JudgeConfig(("acne", "clear"), ("face", "foot"), 32, (8, 8, 8, 8), severities=("mild", "severe"))
MORE = replace(
    EARLIER, rashes=("acne", "bullous", "clear"), sites=("scalp", "face"), views=("close_up", "distance")
)


@pytest.fixture
def earlier(tmp_path: Path) -> JudgeNetwork:
    torch.manual_seed(3)
    network = JudgeNetwork(EARLIER).eval()
    for parameter in network.parameters():  # blocks begin as nothing; here every part is to count
        parameter.data = torch.randn_like(parameter).mul(0.3).half().float()  # as it is kept
    save_judge(network, tmp_path)
    return network


def test_known_words_are_answered_as_before(earlier: JudgeNetwork, tmp_path: Path) -> None:
    pixels = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(5)) * 2 - 1
    network = start_from(tmp_path, MORE).eval()
    with torch.no_grad():
        before, now = earlier(pixels), network(pixels)
    torch.testing.assert_close(now.rash[:, [0, 2]], before.rash)
    torch.testing.assert_close(now.rash_map[:, [0, 2]], before.rash_map)
    torch.testing.assert_close(now.site[:, 1], before.site[:, 0])
    torch.testing.assert_close(now.further["severity"], before.further["severity"])
    torch.testing.assert_close(now.areas, before.areas)
    assert now.further["view"].shape == (4, 2)


def test_the_same_words_are_the_same_judge(earlier: JudgeNetwork, tmp_path: Path) -> None:
    found = start_from(tmp_path, EARLIER).state_dict()
    for name, values in earlier.state_dict().items():
        torch.testing.assert_close(found[name], values)


def test_new_words_begin_with_random_weights(earlier: JudgeNetwork, tmp_path: Path) -> None:
    torch.manual_seed(1)
    one = start_from(tmp_path, MORE)
    torch.manual_seed(2)
    other = start_from(tmp_path, MORE)
    assert not torch.equal(one.rash.weight[1], other.rash.weight[1])
    assert torch.equal(one.rash.weight[0], other.rash.weight[0])


def test_other_layers_are_refused_by_their_sizes(earlier: JudgeNetwork, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"\(8, 8, 8, 8\).*begin without --init"):
        start_from(tmp_path, replace(MORE, widths=(8, 8, 8, 16)))
