import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from core.errors import TrainingError
from training.loop.averages import MovingAverage
from training.loop.metric_lines import read_metrics
from training.loop.runs import Pace, Rhythm, Training, follow, open_run, step_generator


@dataclass(frozen=True)
class Config:
    pace: Pace
    width: int = 4
    folder: str = "a"


class Toy:
    """Fits noise that depends on the step, so that any difference in random state shows in the curve."""

    def __init__(self, width: int = 4) -> None:
        torch.manual_seed(0)
        self.net = nn.Linear(width, width)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), 1e-2)
        self.average = MovingAverage(self.net)
        parts = {"model": self.net, "optimizer": self.optimizer, "average": self.average}
        self.training = Training(parts, self.optimizer)

    def take_step(self, step: int) -> dict[str, float]:
        batch = torch.randn(8, 4, generator=step_generator(5, step))
        loss = (self.net(batch) + torch.randn(()) - 1).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.average.update()
        return {"loss": loss.item(), "samples": 8}


def curve(folder: Path) -> list[tuple[float, float]]:
    return [(line["step"], line["loss"]) for line in read_metrics(folder)]


def run_until(folder: Path, pace: Pace, stop: int | None = None) -> Toy:
    """Trains; with ``stop`` dies at that step as a killed process would, a checkpoint every step."""
    toy = Toy()
    run = open_run(folder, Config(pace), pace, Rhythm(log_steps=1, checkpoint_minutes=0))
    run.restore(toy.training)

    def take_step(step: int) -> dict[str, float]:
        if step == stop:
            raise KeyboardInterrupt
        return toy.take_step(step)

    follow(run, toy.training, take_step)
    return toy


def test_a_killed_run_goes_on_with_the_same_curve_and_weights(tmp_path):
    pace = Pace(steps=12, warmup_steps=3)
    whole = run_until(tmp_path / "whole", pace)
    with pytest.raises(KeyboardInterrupt):
        run_until(tmp_path / "killed", pace, stop=7)
    resumed = run_until(tmp_path / "killed", pace)
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    assert [step for step, _ in curve(tmp_path / "whole")] == list(range(1, 13))
    assert torch.equal(resumed.net.weight, whole.net.weight)
    assert torch.equal(resumed.average.weights[0], whole.average.weights[0])


def test_lines_logged_after_the_last_checkpoint_do_not_appear_twice(tmp_path):
    pace = Pace(steps=6)
    with pytest.raises(KeyboardInterrupt):
        run_until(tmp_path / "run", pace, stop=4)
    run = open_run(tmp_path / "run", Config(pace), pace)
    run.log(step=5, loss=99.0)
    run_until(tmp_path / "run", pace)
    assert [step for step, _ in curve(tmp_path / "run")] == [1, 2, 3, 4, 5, 6]
    assert 99.0 not in dict(curve(tmp_path / "run")).values()


def test_another_configuration_is_refused_and_the_message_names_both_values(tmp_path):
    pace = Pace(steps=3)
    open_run(tmp_path, Config(pace, width=4), pace)
    with pytest.raises(TrainingError, match="width was 4 and is now 8"):
        open_run(tmp_path, Config(pace, width=8), pace)
    assert json.loads((tmp_path / "config.json").read_text())["width"] == 4


def test_a_kill_in_the_middle_of_saving_leaves_the_older_checkpoint_whole(tmp_path):
    pace = Pace(steps=3)
    run_until(tmp_path, pace)
    (tmp_path / "checkpoint.tmp").write_bytes(b"half a checkpoint")
    toy = Toy()
    assert open_run(tmp_path, Config(pace), pace).restore(toy.training)
    assert toy.training.step == 3


def test_sigterm_saves_a_checkpoint_and_leaves_with_status_0(tmp_path):
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from test_runs import Config, Toy
        from training.loop.runs import Pace, follow, open_run
        toy, pace = Toy(), Pace(minutes=5)
        def slow(step):
            time.sleep(0.01)
            print("step", flush=True)
            return toy.take_step(step)
        follow(open_run(Path(sys.argv[1]), Config(pace), pace), toy.training, slow)
        """
    )
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdout is not None and process.stdout.readline() == "step\n"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "the same command goes on" in output
    toy, pace = Toy(), Pace(minutes=5)
    assert open_run(tmp_path, Config(pace), pace).restore(toy.training)
    assert toy.training.step >= 1 and toy.training.seconds > 0


def test_a_run_by_minutes_ends_in_time_with_a_falling_learning_rate(tmp_path):
    toy, pace = Toy(), Pace(minutes=0.02, learning_rate=0.1, warmup_steps=1)
    run = open_run(tmp_path, Config(pace), pace, Rhythm(log_steps=1))
    start = time.monotonic()
    follow(run, toy.training, toy.take_step)
    assert 1.1 < time.monotonic() - start < 10
    rates = [line["learning_rate"] for line in read_metrics(tmp_path)]
    assert rates == sorted(rates, reverse=True) and rates[0] > 0.09 and rates[-1] < 0.01


def test_the_learning_rate_warms_up_and_falls_as_a_cosine():
    pace = Pace(steps=1000, learning_rate=1.0, warmup_steps=100, lowest=0.0)
    assert pace.rate(0, 0) == pytest.approx(0.01)
    assert pace.rate(500, 0) == pytest.approx(0.5)
    assert pace.rate(1000, 0) == pytest.approx(0.0)
    assert Pace(minutes=1, steps=1000).fraction(10, 45) == pytest.approx(0.75)


def test_a_run_without_an_end_is_refused():
    with pytest.raises(TrainingError, match="--minutes or --steps"):
        Pace()


def test_a_loss_that_is_no_number_stops_the_run(tmp_path):
    toy, pace = Toy(), Pace(steps=3)
    with pytest.raises(TrainingError, match="not a number"):
        follow(open_run(tmp_path, Config(pace), pace), toy.training, lambda step: {"loss": float("nan")})


def test_the_average_follows_the_slow_formula_and_gives_the_weights_back():
    net = nn.Linear(2, 2)
    average, slow = MovingAverage(net, decay=0.9), net.weight.detach().clone()
    for n in range(5):
        with torch.no_grad():
            net.weight += 1
        average.update()
        decay = min(0.9, (1 + n) / (10 + n))
        slow = decay * slow + (1 - decay) * net.weight.detach()
    assert torch.allclose(average.weights[0], slow)
    own = net.weight.detach().clone()
    with average.applied():
        assert torch.allclose(net.weight, slow)
    assert torch.equal(net.weight, own)
