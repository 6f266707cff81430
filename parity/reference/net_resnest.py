"""The fast ResNeSts that timm lacks, of timm's own parts (the authors' repository, ablation study)."""

import re

from timm.models.resnest import ResNestBottleneck
from timm.models.resnet import ResNet


def build(name, classes, channels):
    match = re.fullmatch(r"resnest50_fast_(\d+)s(\d+)x(\d+)d", name)
    if match is None:
        return None
    radix, cardinality, width = map(int, match.groups())
    return ResNet(
        ResNestBottleneck, (3, 4, 6, 3), num_classes=classes, in_chans=channels, stem_type="deep", stem_width=32, avg_down=True, base_width=width, cardinality=cardinality,
        block_args={"radix": radix, "avd": True, "avd_first": True},
    )
