"""What a user may choose about radiomics: one of two named profiles, with PyRadiomics' parameters or IBSI's."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from medmtl.errors import MedmtlError
from medmtl.features.engine.feature_classes import FEATURE_CLASSES
from medmtl.features.engine.ibsi_settings import FORBID, IbsiSettings
from medmtl.features.engine.stock import check_parameters, class_features, default_setting

_LENGTHS = {"resampledPixelSpacing": (3,), "resegmentRange": (1, 2)}
PYRADIOMICS_KEYS = {"setting", "imageType", "featureClass", "voxelSetting"}


class Parameters(BaseModel):
    """A PyRadiomics parameter file: the same keys, the same defaults, checked by PyRadiomics' own schema."""

    model_config = FORBID

    setting: dict[str, Any] = Field(default={}, description="General settings: binWidth, resampledPixelSpacing, ...")
    imageType: dict[str, dict[str, Any]] = Field(  # noqa: N815  (PyRadiomics' own key)
        default={"Original": {}}, description="Images to measure, each with settings of its own."
    )
    featureClass: dict[str, list[str] | None] = Field(  # noqa: N815  (PyRadiomics' own key)
        default=dict.fromkeys(FEATURE_CLASSES), description="Classes to measure; none or an empty list means all."
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        given = {key: value for key, value in given.items() if value or key not in PYRADIOMICS_KEYS}
        given.pop("voxelSetting", None)  # maps of features are not measured here
        types = given.get("imageType")
        return given | ({"imageType": {k: v or {} for k, v in types.items()}} if isinstance(types, dict) else {})

    @model_validator(mode="after")
    def _accepted(self) -> Self:
        check_parameters(self.document())
        for options in (self.setting, *self.imageType.values()):
            _check_options(options)
        return self

    def document(self) -> dict[str, Any]:
        """Return the parameters as PyRadiomics reads them."""
        return {"setting": self.setting, "imageType": self.imageType, "featureClass": self.featureClass}

    def options(self, image_type: str | None = None) -> dict[str, Any]:
        """Return the settings with PyRadiomics' defaults beneath, and those of an image type above."""
        return default_setting() | self.setting | (self.imageType[image_type] if image_type else {})

    def features(self) -> dict[str, list[str]]:
        """Return the features that give a column, by class."""
        return {name: class_features(name, chosen) for name, chosen in self.featureClass.items()}


def _check_options(options: Mapping[str, Any]) -> None:
    """Raise ValueError for what PyRadiomics' schema lets pass, and every case would then fail at."""
    if "binWidth" in options and options["binWidth"] is None and options.get("binCount") is None:
        raise ValueError("binWidth must be a number above 0. Found nothing; leave the key out for 25")
    for name, lengths in _LENGTHS.items():
        given = options.get(name)
        if isinstance(given, list) and len(given) not in lengths:
            raise ValueError(f"{name} must have {' or '.join(map(str, lengths))} values. Found {len(given)}")
    if options.get("distances") == []:
        raise ValueError("distances must have a value. Found none; leave the key out for [1]")


class ProfileSettings(BaseModel):
    """How regions are measured; `profile` says by whose rules."""

    model_config = FORBID

    profile: Literal["pyradiomics", "ibsi"] = Field("pyradiomics", description="Whose image processing and formulas.")
    engine: Literal["fast", "pyradiomics"] = Field("fast", description="Who computes: this package, or the library.")
    parameters: Parameters = Field(default_factory=Parameters, description="PyRadiomics' parameters, for its profile.")
    ibsi: IbsiSettings = Field(default_factory=IbsiSettings, description="IBSI's parameters, for its profile.")
    max_levels: Annotated[
        int,
        Field(ge=2, description="More grey levels than this are refused: one voxel of 1e5 would ask for gigabytes."),
    ] = 1024
    clamp: Annotated[
        tuple[float, float] | None, Field(description="Values beyond these are set to them first; null: never.")
    ] = None
    probability_threshold: Annotated[
        float | None, Field(gt=0, le=1, description="Where given, a mask holds probabilities: at least this is inside.")
    ] = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.profile == "ibsi" and self.engine == "pyradiomics":
            raise ValueError("the profile `ibsi` needs the engine `fast`: PyRadiomics has no such image processing")
        if self.profile == "ibsi" and self.parameters != Parameters():
            raise ValueError("the profile `ibsi` takes no parameters of PyRadiomics: its own are under the key `ibsi`")
        if self.profile == "pyradiomics" and self.ibsi != IbsiSettings():
            raise ValueError("settings under the key `ibsi` need `profile: ibsi`")
        return self


def profile_from(document: Any, where: str) -> ProfileSettings:
    """Return the settings of a parsed document: those of `ProfileSettings`, or a PyRadiomics parameter file as it is.

    PyRadiomics' own keys may also stand beside `clamp`, `max_levels` and the like. Raises MedmtlError that says where.
    """
    if not isinstance(document, dict):
        raise MedmtlError(f"{where}: radiomics settings must be keys with values. Found {type(document).__name__}.")
    if document.keys() & PYRADIOMICS_KEYS and "parameters" not in document:
        own = {key: value for key, value in document.items() if key not in PYRADIOMICS_KEYS}
        document = own | {"parameters": {key: value for key, value in document.items() if key in PYRADIOMICS_KEYS}}
    try:
        return ProfileSettings.model_validate(document)
    except ValidationError as error:
        faults = "; ".join(": ".join(filter(None, (_key(one["loc"]), one["msg"]))) for one in error.errors())
        raise MedmtlError(f"{where}: radiomics settings must fit their schema. Found {faults}.") from error


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))
