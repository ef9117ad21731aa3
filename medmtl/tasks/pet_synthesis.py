"""The PET from the CT alone as an auxiliary task: the shared part must learn what anatomy tells of uptake."""

from collections.abc import Mapping

from torch import Tensor, nn

from medmtl.losses.base import Loss
from medmtl.losses.image import ImageLoss
from medmtl.tasks.base import Gives, Known, TaskContext
from medmtl.tasks.decoding import DecodingTask
from medmtl.tensors import Inputs, Pyramid


class PetSynthesis(DecodingTask):
    """The normalised PET of the patch, from a second pass of the shared part over the CT with the PET blank (SUV 0).

    The other tasks keep the pass that sees both images, and batch norms take their running figures from that one
    alone, so that nothing but the weights tells of this task. It needs no label: unlabelled cases teach the shared
    part, too. A step costs one more pass of the shared part; inference costs nothing more. The error is a mean over
    all voxels, most of which are not tumour: this teaches anatomy first. Source: pretext tasks that restore a hidden
    channel, learned with others in one network, of Doersch and Zisserman, Multi-task self-supervised visual learning,
    ICCV 2017, with PET and CT in the place of colour and grey.
    """

    gives = Gives.MAP
    auxiliary = True
    hides = (0,)

    def __init__(self, context: TaskContext, convolutions: int = 1) -> None:
        super().__init__(context, convolutions)
        self.image = nn.Conv3d(context.channels[0], 1, 1)

    def forward(self, pyramid: Pyramid, inputs: Inputs, earlier: Mapping[str, Tensor]) -> Tensor:
        """Return the PET [B, 1, D, H, W] as the network would see it."""
        found: Tensor = self.image(self.decode(pyramid))
        return found

    def read(self, prediction: Tensor) -> Tensor:
        """Return the PET, normalised."""
        return prediction.float()

    def loss(self, known: Known) -> Loss:
        """Return the mean absolute error over voxels; it needs nothing known."""
        return ImageLoss(self.hides)
