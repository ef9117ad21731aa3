from pathlib import Path

import pytest
import torch

from medmtl.cohort.clinical import ClinicalEncoder
from medmtl.errors import MedmtlError
from medmtl.imaging.prepared import load_prepared
from medmtl.tensors import Inputs
from medmtl.training.saved import load_model
from medmtl.volume import read_volume


def test_a_trained_fold_is_read_back_with_how_to_use_it(material, tmp_path: Path) -> None:
    path = material.train(tmp_path / "fold_0")
    network, document = load_model(path)
    stored = torch.load(path, weights_only=True)
    assert sorted(stored) == ["document", "network"]
    assert (document.fold, document.endpoint, document.classes, document.patch) == (0, "pfs", 2, (16, 16, 16))
    assert set(document.trained_on) == {*material.fold.train, *material.fold.validate}
    assert all(torch.equal(value, stored["network"][key]) for key, value in network.state_dict().items())
    assert not network.training


def test_the_offset_is_the_mean_log_hazard_of_the_training_cases(material, tmp_path: Path) -> None:
    network, document = load_model(material.train(tmp_path / "fold_0"))
    cases = material.cohort.select(material.fold.train).cases
    values = torch.as_tensor(ClinicalEncoder.from_dict(document.clinical).transform(cases), dtype=torch.float32)
    images = [torch.from_numpy(load_prepared(material.files[case.case_id]).image)[None] for case in cases]
    seen = (Inputs(image, row[None]) for image, row in zip(images, values, strict=True))
    risks = [read_volume(network, inputs, document.patch)["survival"].item() for inputs in seen]
    assert document.offset == pytest.approx(sum(risks) / 6, abs=1e-5)


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_what_is_no_model_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is None:
        torch.save({"network": {}}, tmp_path / "model.ckpt")
    else:
        (tmp_path / "model.ckpt").write_bytes(content)
    with pytest.raises(MedmtlError, match=r"model\.ckpt must be a model of `medmtl train`"):
        load_model(tmp_path / "model.ckpt")


def test_a_model_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"network": {}, "document": Path("code")}, tmp_path / "model.ckpt")  # a class of another module
    with pytest.raises(MedmtlError, match=r"must be a model of `medmtl train`"):
        load_model(tmp_path / "model.ckpt")
