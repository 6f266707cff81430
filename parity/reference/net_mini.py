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
}


def build(name, classes, channels):
    return minis[name](classes) if name in minis else None
