"""Pre-activation nets as their authors released them, those for small images, and kuangliu's (He et al. 2016)."""

import re

from torch import nn
from torch.nn import functional as F

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


class Unit(nn.Module):
    """norm, ReLU, conv and so on; the sizes of the convolutions are those of a basic unit or a bottleneck."""

    def __init__(self, channels, out, sizes, strides, names, activated=False):
        super().__init__()
        widths = [out if len(sizes) == 2 else out // 4 for _ in sizes[:-1]] + [out]
        before = channels
        for index, (size, stride, width) in enumerate(zip(sizes, strides, widths), 1):
            if index > 1 or not activated:
                setattr(self, f"{names['norm']}{index}", nn.BatchNorm2d(before))
            setattr(self, f"conv{index}", nn.Conv2d(before, width, size, stride, size // 2, bias=False))
            before = width
        changes = channels != out or max(strides) != 1
        if changes:
            setattr(self, names["shortcut"], nn.Sequential(nn.Conv2d(channels, out, 1, max(strides), bias=False)))
        self.names, self.count, self.changes, self.activated = names, len(sizes), changes, activated

    def forward(self, x):
        y = x
        for index in range(1, self.count + 1):
            if index > 1 or not self.activated:
                y = F.relu(getattr(self, f"{self.names['norm']}{index}")(y))
            if index == 1:
                shortcut = getattr(self, self.names["shortcut"])(y) if self.changes else x
            y = getattr(self, f"conv{index}")(y)
        return y + shortcut


class Net(nn.Module):
    def __init__(self, blocks, widths, bottleneck, classes, channels, stem, stride_on=1, final=True, names=None):
        super().__init__()
        names = names or {"norm": "norm", "shortcut": "downsample", "fc": "fc"}
        self.imagenet, self.stages, self.fc_name = stem == 7, [], names["fc"]
        self.conv1 = nn.Conv2d(channels, widths[0], stem, 2 if stem == 7 else 1, stem // 2, bias=False)
        if self.imagenet:
            self.bn1 = nn.BatchNorm2d(widths[0])
        sizes, before = (1, 3, 1) if bottleneck else (3, 3), widths[0]
        for stage, (count, width) in enumerate(zip(blocks, widths)):
            out, units = width * (4 if bottleneck else 1), []
            for unit in range(count):
                strides = [1] * len(sizes)
                strides[stride_on if bottleneck else 0] = 2 if stage > 0 and unit == 0 else 1
                units.append(Unit(before, out, sizes, strides, names, self.imagenet and stage == unit == 0))
                before = out
            setattr(self, f"layer{stage + 1}", nn.Sequential(*units))
            self.stages.append(f"layer{stage + 1}")
        self.norm = nn.BatchNorm2d(before) if final else None
        setattr(self, self.fc_name, nn.Linear(before, classes))

    def forward(self, x):
        x = self.conv1(x)
        if self.imagenet:
            x = F.max_pool2d(F.relu(self.bn1(x)), 3, 2, 1)
        for stage in self.stages:
            x = getattr(self, stage)(x)
        if self.norm is not None:
            x = F.relu(self.norm(x))
        return getattr(self, self.fc_name)(x.mean((2, 3)))


WIDTHS = (64, 128, 256, 512)


def build(name, classes, channels):
    match = re.fullmatch(r"(cifar-|cifar-kuangliu-)?preactresnet(\d+)", name)
    if match is None:
        return None
    kind, depth = match[1], int(match[2])
    if kind == "cifar-":
        bottleneck = depth > 110
        blocks = ((depth - 2) // (9 if bottleneck else 6),) * 3
        return Net(blocks, (16, 32, 64), bottleneck, classes, channels, 3, stride_on=0)
    if kind == "cifar-kuangliu-":
        names = {"norm": "bn", "shortcut": "shortcut", "fc": "linear"}
        return Net(BLOCKS[depth], WIDTHS, depth >= 50, classes, channels, 3, final=False, names=names)
    return Net(BLOCKS[depth], WIDTHS, depth >= 50, classes, channels, 7)
