"""A task that must not see a channel does not, and the other tasks do not notice that it is there."""

import pytest
import torch

from medmtl.balancing.cut import cut_pyramids, task_gradient
from medmtl.errors import MedmtlError
from medmtl.members import Member
from medmtl.network import MultiTaskNetwork, build_network
from medmtl.network_settings import NetworkSettings
from medmtl.sharing.experts import Experts
from medmtl.tasks.base import Known
from medmtl.tasks.pet_synthesis import PetSynthesis
from medmtl.tensors import Batch, Inputs

ENCODER: Member = {"class_path": "medmtl.encoders.residual.ResidualEncoder", "init_args": {"widths": [4, 8]}}
SEGMENTATION: Member = {"class_path": "medmtl.tasks.segmentation.Segmentation"}
SYNTHESIS: Member = {"class_path": "medmtl.tasks.pet_synthesis.PetSynthesis"}
RECONSTRUCTION: Member = {"class_path": "medmtl.tasks.reconstruction.Reconstruction", "init_args": {"channels": [0]}}
SHARINGS = ["hard.HardSharing", "soft.SoftSharing", "cross_attention.CrossAttention", "experts.Experts"]


class ReadsAndHides(PetSynthesis):
    reads = ("segmentation",)


class HidesBoth(PetSynthesis):
    hides = (0, 1)


def network_of(sharing: str = SHARINGS[0], **tasks: Member) -> MultiTaskNetwork:
    torch.manual_seed(0)
    options = {"count": 2, "top": 1} if sharing.startswith("experts") else {}
    member: Member = {"class_path": f"medmtl.sharing.{sharing}", "init_args": options}
    settings = NetworkSettings(encoder=ENCODER, sharing=member, tasks=tasks)
    return build_network(settings, clinical=0, classes=2, endpoint="pfs")


def both(sharing: str = SHARINGS[0]) -> MultiTaskNetwork:
    return network_of(sharing, segmentation=SEGMENTATION, pet=SYNTHESIS)


def with_channel(inputs: Inputs, channel: int) -> Inputs:
    """Return inputs whose channel is another's."""
    image = inputs.image.clone()
    image[:, channel] = torch.randn(image[:, channel].shape, generator=torch.Generator().manual_seed(9))
    return inputs._replace(image=image)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("sharing", SHARINGS)
def test_the_synthetic_pet_comes_from_the_ct_alone(sharing: str, training: bool, make_inputs) -> None:
    network, inputs = both(sharing).train(training), make_inputs(clinical=0)
    found = [
        network(one, ask=("segmentation", "pet")) for one in (inputs, with_channel(inputs, 0), with_channel(inputs, 1))
    ]
    assert torch.equal(found[0]["pet"], found[1]["pet"])
    assert not torch.allclose(found[0]["pet"], found[2]["pet"])
    assert not torch.allclose(found[0]["segmentation"], found[1]["segmentation"])


def test_a_task_that_hides_pet_finds_it_blank_in_its_inputs(make_inputs) -> None:
    network, inputs, seen = both(), make_inputs(clinical=0), []
    network.tasks["pet"].register_forward_pre_hook(lambda _, given: seen.append(given[1].image))
    network.train()(inputs)
    assert not bool(seen[0][:, 0].any())
    assert torch.equal(seen[0][:, 1], inputs.image[:, 1])


def test_the_other_tasks_and_the_running_figures_are_bit_for_bit_those_without_it(make_inputs) -> None:
    alone, joint, inputs = network_of(segmentation=SEGMENTATION), both(), make_inputs(clinical=0)
    told = joint.load_state_dict(alone.state_dict(), strict=False)
    assert all(name.startswith("tasks.pet.") for name in told.missing_keys)
    assert torch.equal(alone.train()(inputs)["segmentation"], joint.train()(inputs)["segmentation"])
    figures = dict(alone.sharing.named_buffers())
    assert figures
    assert all(torch.equal(value, figures[name]) for name, value in joint.sharing.named_buffers())
    assert list(joint.eval()(inputs)) == ["segmentation"]


def test_the_penalty_is_that_of_the_images_as_they_are(make_inputs) -> None:
    network, inputs = both(SHARINGS[3]).train(), make_inputs(n=5, clinical=0)
    assert isinstance(network.sharing, Experts)
    for gate in network.sharing.gates.values():
        gate.weight.data.mul_(20)
    network.encode(inputs)
    found = network.sharing.penalty()
    network.sharing(inputs.image)
    torch.testing.assert_close(found, network.sharing.penalty(), rtol=0, atol=0)
    network.sharing(inputs.image * torch.tensor([0.0, 1.0])[:, None, None, None])
    assert found.item() != network.sharing.penalty().item()


@pytest.mark.parametrize("sharing", SHARINGS[:2])
def test_its_gradient_through_the_cut_is_exact(sharing: str, make_batch, make_inputs) -> None:
    network, batch = both(sharing).train(), make_batch()._replace(inputs=make_inputs(clinical=0))
    loss = network.tasks["pet"].loss(Known())
    cut, behind = cut_pyramids(network.encode(batch.inputs), network.sharing, network.tasks)
    found = task_gradient(loss(network.answer(behind, batch.inputs)["pet"], batch).value, cut)
    plain = loss(network(batch.inputs)["pet"], batch).value
    expected = torch.autograd.grad(plain, list(network.sharing.parameters()), allow_unused=True)
    assert any(one is not None and bool(one.any()) for one in expected)
    for mine, theirs in zip(found.shared, expected, strict=True):
        torch.testing.assert_close(mine, torch.zeros_like(mine) if theirs is None else theirs, rtol=1e-5, atol=1e-7)


def batch_of(pet: str, seed: int) -> Batch:
    """Return 16 cases whose PET is told by the CT, or is a number of the case that nothing but itself tells."""
    generator = torch.Generator().manual_seed(seed)
    ct = torch.randn(16, 8, 8, 8, generator=generator)
    own = torch.randint(0, 2, (16, 1, 1, 1), generator=generator).float().expand_as(ct)
    image = torch.stack([(ct > 0).float() if pet == "told" else own, ct], dim=1)
    empty = torch.zeros(16, 8, 8, 8, dtype=torch.int64)
    ids, nothing = [str(i) for i in range(16)], torch.zeros(16, dtype=torch.bool)
    return Batch(ids, Inputs(image, torch.zeros(16, 0)), empty, nothing, {})


def learned(task: Member, pet: str) -> float:
    """Return the mean absolute error on unseen cases; the best constant has 0.5."""
    network = network_of(pet=task).train()
    loss = network.tasks["pet"].loss(Known())
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for step in range(60):
        batch = batch_of(pet, step)
        optimiser.zero_grad()
        loss(network(batch.inputs)["pet"], batch).value.backward()
        optimiser.step()
    batch = batch_of(pet, 1000)
    return loss(network(batch.inputs)["pet"], batch).value.item()


def test_it_learns_what_the_ct_tells_of_the_pet_and_nothing_else() -> None:
    assert learned(SYNTHESIS, "told") < 0.2
    assert learned(RECONSTRUCTION, "own") < 0.2  # which looks at the PET
    assert learned(SYNTHESIS, "own") > 0.45


def test_what_cannot_be_hidden_is_refused() -> None:
    member: Member = {"class_path": f"{__name__}.ReadsAndHides"}
    with pytest.raises(MedmtlError, match="must read no task: segmentation has seen it"):
        network_of(segmentation=SEGMENTATION, pet=member)
    with pytest.raises(MedmtlError, match=r"must hide PET \(0\) or CT \(1\), not both"):
        network_of(pet={"class_path": f"{__name__}.HidesBoth"})
