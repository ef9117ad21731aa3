"""What is missing in an installation is told, with what to do."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from medmtl.cli import main
from medmtl.errors import MedmtlError
from medmtl.features import provider
from medmtl.findings import Level, faults
from medmtl.stages import doctor


def _installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    def version(name: str) -> str:
        found = versions.get(name.replace("-", "_"))
        if found is None:
            raise PackageNotFoundError(name)
        return found

    monkeypatch.setattr(provider, "version", version)


def _radiomics(level: Level) -> list[str]:
    return [one.message for one in doctor._provider() if one.level == level]


def test_the_default_provider_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, pyradiomics_cuda="1.0.4")
    assert _radiomics(Level.NOTE) == ["`radiomics` is provided by pyradiomics-cuda 1.0.4."]


def test_the_original_is_accepted_in_the_version_it_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, pyradiomics="3.0.1")
    assert len(_radiomics(Level.NOTE)) == 1
    _installed(monkeypatch, pyradiomics="3.1.0")
    assert "pyradiomics==3.0.1" in _radiomics(Level.WARNING)[0]


def test_two_providers_are_refused_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, pyradiomics_cuda="1.0.4", pyradiomics="3.0.1")
    assert "pip uninstall -y pyradiomics-cuda pyradiomics" in _radiomics(Level.FAULT)[0]
    with pytest.raises(MedmtlError, match="overwrite each other"):
        provider.radiomics_provider()


def test_no_provider_is_a_fault_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch)
    assert "pip install pyradiomics-cuda" in _radiomics(Level.FAULT)[0]


def test_a_missing_or_old_library_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["numpy>=99", "no-such-library>=1", "joblib", "x; extra == 'dev'"]
    )
    found = {one.level: one.message for one in doctor._distributions()}
    messages = [one.message for one in doctor._distributions() if one.level == Level.FAULT]
    assert Level.NOTE in found
    assert len(messages) == 2
    assert "must be >=99" in messages[0]
    assert "pip install 'no-such-library>=1'" in messages[1]


def test_the_command_answers_with_2_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["no-such-library"])
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--json"])
    assert stopped.value.code == 2
    told = json.loads(capsys.readouterr().out)
    assert (told[0]["level"], told[0]["code"]) == ("fault", "missing")


def test_this_installation_is_whole(tmp_path: Path) -> None:
    found = doctor.examine(tmp_path)
    assert faults(found) == []
    assert {"python", "radiomics", "cores", "disk", "gpu"} <= {one.code for one in found}
