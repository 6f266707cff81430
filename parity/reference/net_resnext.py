"""The ResNeXts for CIFAR, in the key scheme of prlz77's ResNeXt.pytorch (Xie et al. 2017, section 5.3)."""

import re
from collections import OrderedDict

from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    def __init__(self, channels, out, stride, cardinality, group_width):
        super().__init__()
        width = cardinality * group_width * out // 256
        self.conv_reduce = nn.Conv2d(channels, width, 1, bias=False)
        self.bn_reduce = nn.BatchNorm2d(width)
        self.conv_conv = nn.Conv2d(width, width, 3, stride, 1, groups=cardinality, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.conv_expand = nn.Conv2d(width, out, 1, bias=False)
        self.bn_expand = nn.BatchNorm2d(out)
        self.shortcut = nn.Sequential()
        if channels != out:
            self.shortcut.add_module("shortcut_conv", nn.Conv2d(channels, out, 1, stride, bias=False))
            self.shortcut.add_module("shortcut_bn", nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn_reduce(self.conv_reduce(x)))
        y = F.relu(self.bn(self.conv_conv(y)))
        return F.relu(self.bn_expand(self.conv_expand(y)) + self.shortcut(x))


class Net(nn.Module):
    def __init__(self, depth, cardinality, group_width, classes, channels):
        super().__init__()
        self.conv_1_3x3 = nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        self.bn_1 = nn.BatchNorm2d(64)
        before = 64
        for stage, out in enumerate((256, 512, 1024), 1):
            blocks = OrderedDict()
            for block in range((depth - 2) // 9):
                stride = 2 if stage > 1 and block == 0 else 1
                blocks[f"stage_{stage}_bottleneck_{block}"] = Bottleneck(before, out, stride, cardinality, group_width)
                before = out
            setattr(self, f"stage_{stage}", nn.Sequential(blocks))
        self.classifier = nn.Linear(1024, classes)

    def forward(self, x):
        x = F.relu(self.bn_1(self.conv_1_3x3(x)))
        return self.classifier(self.stage_3(self.stage_2(self.stage_1(x))).mean((2, 3)))


def build(name, classes, channels):
    match = re.fullmatch(r"cifar-resnext(\d+)_(\d+)x(\d+)d", name)
    return None if match is None else Net(*map(int, match.groups()), classes, channels)
