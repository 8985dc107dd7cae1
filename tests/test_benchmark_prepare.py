import json

import pytest

from training.benchmark_prepare import main


def test_the_measurement_counts_what_was_prepared_and_judges_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.benchmark_prepare.HASHES", 500)
    assert main(["--count", "6", "--workers", "1", "--least", "0.01"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["pictures"] == 6
    assert figures["pictures_per_second"] == pytest.approx(6 / figures["seconds"], rel=0.1)
    assert main(["--count", "6", "--workers", "1", "--least", "1e9"]) == 1
