"""What a network is made of: the options of `network` in an experiment, readable without torch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from medmtl.members import Member


class NetworkSettings(BaseModel):
    """What the network is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: Member = Field(
        Member(class_path="medmtl.encoders.residual.ResidualEncoder"), description="Turns images into feature maps."
    )
    sharing: Member = Field(Member(class_path="medmtl.sharing.hard.HardSharing"), description="How tasks share it.")
    tasks: dict[str, Member] = Field(
        {
            "segmentation": Member(class_path="medmtl.tasks.segmentation.Segmentation"),
            "survival": Member(class_path="medmtl.tasks.cascaded_survival.CascadedSurvival"),
        },
        description="Tasks by name, in the order they are asked; a later one may read an earlier one.",
    )
    init_from: Path | None = Field(
        None, description="A model to begin from: medmtl's own, or a state dictionary; read without running code."
    )
