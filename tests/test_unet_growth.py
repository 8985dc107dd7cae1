import pytest
import torch
from diffusers import UNet2DConditionModel

from core.errors import TrainingError
from training.embedded.unet_growth import deepen, layers_of
from training.embedded.unet_layout import UNetSize, build_unet


def small_unet() -> UNet2DConditionModel:
    """Three levels whose layers, skips and attentions all differ, with weights that none leaves at zero."""
    torch.manual_seed(5)
    size = UNetSize((16, 32, 32), (False, True, True), (1, 1, 1), heads=2, norm_groups=8)
    unet = build_unet(size, 4, 8, 16)
    for parameter in unet.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return unet.eval()


@torch.no_grad()
def drawn(unet: UNet2DConditionModel) -> torch.Tensor:
    generator = torch.Generator().manual_seed(6)
    latents, states = torch.randn(2, 4, 8, 8, generator=generator), torch.randn(2, 7, 16, generator=generator)
    return unet(latents, torch.tensor([20, 700]), states).sample


@pytest.mark.parametrize("layers", [(2, 1, 1), (3, 1, 1), (1, 2, 1), (2, 3, 2)])
def test_a_deeper_network_draws_what_it_drew_before(layers):
    unet = small_unet()
    deeper = deepen(unet, layers).eval()
    assert layers_of(deeper) == layers
    assert len(list(deeper.parameters())) > len(list(unet.parameters()))
    assert torch.allclose(drawn(deeper), drawn(unet), atol=1e-4)


def test_a_network_made_deeper_twice_still_draws_the_same():
    unet = small_unet()
    deeper = deepen(deepen(unet, (2, 1, 1)), (3, 2, 1)).eval()
    assert torch.allclose(drawn(deeper), drawn(unet), atol=1e-4)


def test_the_new_layers_learn():
    deeper = deepen(small_unet(), (2, 2, 1)).train()
    optimizer = torch.optim.SGD(deeper.parameters(), 0.1)
    before = {name: value.clone() for name, value in deeper.named_parameters()}
    for _ in range(3):
        optimizer.zero_grad()
        deeper(torch.ones(1, 4, 8, 8), 300, torch.ones(1, 7, 16)).sample.square().mean().backward()
        optimizer.step()
    new = ("down_blocks.0.resnets.1.", "up_blocks.2.resnets.1.", "down_blocks.1.attentions.1.")
    moved = [n for n, v in deeper.named_parameters() if n.startswith(new) and not torch.equal(v, before[n])]
    assert {name.rsplit(".", 1)[0] for name in moved} >= {
        *("down_blocks.0.resnets.1.conv1", "down_blocks.0.resnets.1.conv2"),
        *("up_blocks.2.resnets.1.conv1", "up_blocks.2.resnets.1.conv2"),
        "down_blocks.1.attentions.1.proj_out",
    }


def test_as_many_layers_leave_it_as_it_is_and_fewer_are_refused():
    unet = small_unet()
    assert deepen(unet, (1, 1, 1)) is unet
    for layers in ((2, 1), (0, 1, 1)):
        with pytest.raises(TrainingError, match=f"1 1 1 layers .*not {' '.join(map(str, layers))}"):
            deepen(unet, layers)
