"""Small members of the families, for the comparison of gradients: timm's own classes with few and narrow blocks. ../minis.mjs has ours."""

from timm.models import resnet

CHANNELS = (16, 24, 32, 48)
STEM = {"stem_type": "deep", "stem_width": 8}


def of_resnet(block, **options):
    return lambda classes: resnet.ResNet(
        block, (1, 1, 1, 1), num_classes=classes, channels=CHANNELS, **{**STEM, **options}
    )


minis = {
    "mini-resnet-basic": of_resnet(resnet.BasicBlock),
    "mini-resnet-bottleneck": of_resnet(resnet.Bottleneck),
    "mini-resnet-d": of_resnet(resnet.BasicBlock, avg_down=True),
    "mini-resnext": of_resnet(resnet.Bottleneck, cardinality=8, base_width=16),
}


def build(name, classes, channels):
    return minis[name](classes) if name in minis else None
