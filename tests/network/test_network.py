import pytest
import torch

from medmtl.errors import MedmtlError
from medmtl.network import check_network
from medmtl.tasks.cascaded_survival import CascadedSurvival
from medmtl.tasks.segmentation import Segmentation

SEGMENTATION = {"class_path": "medmtl.tasks.segmentation.Segmentation"}


def decoder_gradient(network, inputs) -> float:
    """How far the summed log hazard pulls on the decoder of the segmentation."""
    network(inputs)["survival"].sum().backward()
    gradients = [p.grad for p in network.tasks["segmentation"].parameters() if p.grad is not None]
    return sum(float(gradient.abs().sum()) for gradient in gradients)


def test_every_task_gives_its_prediction_from_one_encoding(make_network, make_inputs, monkeypatch) -> None:
    network = make_network(classes=3)
    encoded = []
    network.sharing.encoder.register_forward_hook(lambda *_: encoded.append(1))
    found = network(make_inputs())
    assert list(found) == ["segmentation", "survival"]
    assert found["segmentation"].shape == (2, 3, 16, 16, 16)
    assert found["survival"].shape == (2,)
    assert len(encoded) == 1


def test_the_survival_cascade_teaches_the_segmentation_decoder(make_network, make_inputs) -> None:
    assert decoder_gradient(make_network(), make_inputs()) > 0


def test_with_stop_gradient_it_does_not(make_network, make_inputs, survival) -> None:
    tasks = {"segmentation": SEGMENTATION, "survival": survival(stop_gradient=True)}
    assert decoder_gradient(make_network(tasks), make_inputs()) == 0


def test_survival_looks_at_image_clinical_values_and_the_tumour_found(make_network, make_inputs) -> None:
    network, inputs = make_network().eval(), make_inputs(1)
    before = network(inputs)["survival"].item()
    assert network(inputs._replace(clinical=inputs.clinical + 1))["survival"].item() != before
    assert network(inputs._replace(image=inputs.image + 1))["survival"].item() != before
    with torch.no_grad():
        network.tasks["segmentation"].logits.bias += torch.tensor([0.0, 3.0])  # more tumour, and nothing else
    assert network(inputs)["survival"].item() != before


def test_only_the_tasks_asked_for_are_computed(make_network, make_inputs) -> None:
    assert list(make_network()(make_inputs(), ["segmentation"])) == ["segmentation"]


def test_readings_are_probabilities_and_the_log_hazard_itself(make_network, make_inputs) -> None:
    network = make_network()
    found = network(make_inputs())
    tasks = network.named_tasks()
    probability = tasks["segmentation"].read(found["segmentation"].bfloat16())
    assert probability.dtype == torch.float32
    torch.testing.assert_close(probability.sum(dim=1), torch.ones(2, 16, 16, 16))
    assert torch.equal(tasks["survival"].read(found["survival"]), found["survival"])
    assert network.dense_tasks == ("segmentation",)


def test_a_task_may_not_read_a_later_one(make_network, survival) -> None:
    with pytest.raises(MedmtlError, match=r"Task survival must read tasks named before it \[\]\. Found \['segmenta"):
        make_network({"survival": survival(), "segmentation": SEGMENTATION})


def test_a_task_may_not_read_one_that_is_not_there(make_network, survival) -> None:
    with pytest.raises(MedmtlError, match=r"Found \['tumour'\]"):
        make_network({"segmentation": SEGMENTATION, "survival": survival(reads="tumour")})


def test_a_cascade_that_reads_no_mask_is_refused(make_network, survival) -> None:
    image = {"class_path": "medmtl.tasks.reconstruction.Reconstruction"}
    with pytest.raises(
        MedmtlError, match=r"Task survival must read a task that gives mask\. Found image, which gives map"
    ):
        make_network({"segmentation": SEGMENTATION, "image": image, "survival": survival(reads="image")})


def test_a_patch_that_cannot_be_halved_is_refused(make_network) -> None:
    check_network(make_network(), (16, 18, 20))
    with pytest.raises(MedmtlError, match=r"data\.patch must be multiples of 2.*Found \(16, 17, 16\)"):
        check_network(make_network(), (16, 17, 16))


def test_one_seed_builds_one_network(make_network) -> None:
    first, second = make_network().state_dict(), make_network().state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_network_without_clinical_values_still_predicts(make_network, make_inputs) -> None:
    assert make_network(clinical=0)(make_inputs(clinical=0))["survival"].shape == (2,)


def test_the_default_tasks_are_segmentation_and_survival(make_network) -> None:
    tasks = make_network().named_tasks()
    assert isinstance(tasks["segmentation"], Segmentation)
    assert isinstance(tasks["survival"], CascadedSurvival)
