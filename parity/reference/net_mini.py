"""Small members of the families, for the comparison of gradients: timm's own classes with few and narrow blocks. ../minis.mjs has ours."""

from functools import partial

from timm.layers import BatchNormAct2d, StdConv2d, create_conv2d
from timm.layers.cbam import CbamModule
from timm.models import densenet, res2net, resnest, resnet, resnetv2
from timm.models.sknet import SelectiveKernelBasic
from torch import nn

from net_attention import Bam

CHANNELS = (16, 24, 32, 48)
STEM = {"stem_type": "deep", "stem_width": 8}


def smooth(module):
    """SiLU for each ReLU: steps over the kink would go apart in float32 and float64."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, nn.SiLU())
        else:
            smooth(child)
    return module


def of_resnet(block, blocks=(1, 1, 1, 1), **options):
    return lambda classes: resnet.ResNet(
        block, blocks, num_classes=classes, channels=CHANNELS, **{"act_layer": nn.SiLU, **STEM, **options}
    )


def attended(attention):
    return of_resnet(resnet.Bottleneck, block_args={"attn_layer": attention})


class BamResNet(resnet.ResNet):
    def __init__(self, classes):
        super().__init__(resnet.BasicBlock, (1, 1, 1, 1), num_classes=classes, channels=CHANNELS, act_layer=nn.SiLU, **STEM)
        self.bam1, self.bam2, self.bam3 = (Bam(channels) for channels in CHANNELS[:3])

    def forward_features(self, x):
        x = self.bam1(self.layer1(self.maxpool(self.act1(self.bn1(self.conv1(x))))))
        return self.layer4(self.bam3(self.layer3(self.bam2(self.layer2(x)))))


def of_resnetv2(**options):
    batch = {"conv_layer": create_conv2d, "norm_layer": BatchNormAct2d, "stem_chs": 16}
    return lambda classes: resnetv2.ResNetV2((1, 1, 1, 1), num_classes=classes, act_layer=nn.SiLU, **{**batch, **options})


minis = {
    "mini-resnet-basic": of_resnet(resnet.BasicBlock),
    "mini-resnet-bottleneck": of_resnet(resnet.Bottleneck),
    "mini-resnet-d": of_resnet(resnet.BasicBlock, avg_down=True),
    "mini-resnext": of_resnet(resnet.Bottleneck, cardinality=8, base_width=16),
    "mini-densenet": lambda classes: densenet.DenseNet(8, (2, 2, 2, 2), num_classes=classes, act_layer="silu"),
    "mini-resnest": lambda classes: smooth(of_resnet(resnest.ResNestBottleneck, cardinality=2, base_width=32, avg_down=True, block_args={"radix": 2, "avd": True, "avd_first": False})(classes)),
    "mini-res2net": of_resnet(res2net.Bottle2neck, (1, 2, 1, 1), base_width=26, block_args={"scale": 4}),
    "mini-seresnet": attended("se"),
    "mini-ecaresnet": attended("eca"),
    "mini-cbam-resnet": attended(CbamModule),
    "mini-bam-resnet": BamResNet,
    "mini-skresnet": of_resnet(SelectiveKernelBasic, zero_init_last=False, act_layer=nn.ReLU),
    "mini-resnetv2-basic": of_resnetv2(channels=CHANNELS, basic=True, bottle_ratio=1.0),
    "mini-resnetv2-bottleneck": of_resnetv2(channels=[4 * width for width in CHANNELS], stem_type="deep"),
    "mini-bit": lambda classes: resnetv2.ResNetV2(
        (1, 1, 1, 1), (128, 128, 256, 256), classes, stem_chs=32, stem_type="fixed", act_layer=nn.SiLU, conv_layer=partial(StdConv2d, eps=1e-8)
    ),
}


def build(name, classes, channels):
    return minis[name](classes) if name in minis else None
