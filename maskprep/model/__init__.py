"""The values that everything else speaks of: no logic, no pixels, no disk.

Imports nothing of ours: it lies below all rooms.
"""

from maskprep.model.foretold import (
    ConfigIssue,
    ConfigVerdict,
    Oddity,
    Severity,
    Stage,
    Stop,
)
from maskprep.model.found import (
    CachedInfo,
    Caption,
    Dataset,
    Folder,
    LatentsCache,
    MaskSource,
    Pair,
    Subset,
    TrainingSet,
)
from maskprep.model.geometry import (
    WHOLE,
    At,
    Box,
    PaintedOn,
    Placement,
    Size,
)
from maskprep.model.libraries import Environment, Kernel, Resize
from maskprep.model.traits import (
    ModelTraits,
)

__all__ = [
    "WHOLE",
    "At",
    "Box",
    "CachedInfo",
    "Caption",
    "ConfigIssue",
    "ConfigVerdict",
    "Dataset",
    "Environment",
    "Folder",
    "Kernel",
    "LatentsCache",
    "MaskSource",
    "ModelTraits",
    "Oddity",
    "PaintedOn",
    "Pair",
    "Placement",
    "Resize",
    "Severity",
    "Size",
    "Stage",
    "Stop",
    "Subset",
    "TrainingSet",
]
