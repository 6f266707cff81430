"""The nets for small images: those of He et al. (2015, section 4.2), of bottlenecks (He et al. 2016), of akamaster and of kuangliu, with the names of torchvision or of the two."""

import re

from torch import nn
from torch.nn import functional as F


class Pad(nn.Module):
    """Option A: every second pixel, and zeros after the channels, or half of them before."""

    def __init__(self, stride, before, after):
        super().__init__()
        self.stride, self.zeros = stride, (0, 0, 0, 0, before, after)

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], self.zeros)


def shortcut_of(option, channels, out, stride):
    changes = stride != 1 or channels != out
    if option == "plain":
        return None
    if option == "c" or (option == "b" and changes):
        return nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
    if not changes:
        return nn.Identity()
    before = (out - channels) // 2 if option == "centred" else 0
    return Pad(stride, before, out - channels - before)


class Block(nn.Module):
    """Convolutions as (size, out, stride) with normalisations, and a shortcut of an option."""

    def __init__(self, channels, convs, shortcut, name):
        super().__init__()
        self.length, self.name = len(convs), name
        for index, (size, out, stride) in enumerate(convs, 1):
            setattr(self, f"conv{index}", nn.Conv2d(channels, out, size, stride, size // 2, bias=False))
            setattr(self, f"bn{index}", nn.BatchNorm2d(out))
            channels = out
        setattr(self, name, shortcut)

    def forward(self, x):
        y = x
        for index in range(1, self.length + 1):
            y = getattr(self, f"bn{index}")(getattr(self, f"conv{index}")(y))
            y = F.relu(y) if index < self.length else y
        shortcut = getattr(self, self.name)
        return F.relu(y if shortcut is None else y + shortcut(x))


class Net(nn.Module):
    def __init__(self, widths, counts, classes, channels, option="b", bottleneck=None, names=("downsample", "fc")):
        super().__init__()
        shortcut, self.head = names
        self.conv1 = nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        before, self.stages = widths[0], len(widths)
        for index, (width, count) in enumerate(zip(widths, counts)):
            out, blocks = width * (4 if bottleneck else 1), []
            for block in range(count):
                stride = 2 if index > 0 and block == 0 else 1
                first, second = (stride, 1) if bottleneck == "1x1" else (1, stride)
                convs = [(1, width, first), (3, width, second), (1, out, 1)] if bottleneck else [(3, out, stride), (3, out, 1)]
                blocks.append(Block(before, convs, shortcut_of(option, before, out, stride), shortcut))
                before = out
            setattr(self, f"layer{index + 1}", nn.Sequential(*blocks))
        setattr(self, self.head, nn.Linear(before, classes))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for index in range(self.stages):
            x = getattr(self, f"layer{index + 1}")(x)
        return getattr(self, self.head)(x.mean((2, 3)))


THREE = (16, 32, 64)
KUANGLIU = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def build(name, classes, channels):
    match = re.fullmatch(r"cifar-(resnet|plain|akamaster-resnet|kuangliu-resnet)(\d+)(-b|-c|-bottleneck)?", name)
    if match is None:
        return None
    family, depth, suffix = match[1], int(match[2]), (match[3] or "")[1:]
    published = ("shortcut", "linear")
    if family == "kuangliu-resnet":
        bottleneck = "3x3" if depth >= 50 else None
        return Net((64, 128, 256, 512), KUANGLIU[depth], classes, channels, bottleneck=bottleneck, names=published)
    if family == "akamaster-resnet":
        return Net(THREE, [(depth - 2) // 6] * 3, classes, channels, "centred", names=published)
    if suffix == "bottleneck" or depth in (164, 1001):
        return Net(THREE, [(depth - 2) // 9] * 3, classes, channels, bottleneck="1x1")
    if (depth - 2) % 6:
        return None
    option = "plain" if family == "plain" else suffix or "a"
    return Net(THREE, [(depth - 2) // 6] * 3, classes, channels, option)
