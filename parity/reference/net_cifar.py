"""The nets for small images, in the key scheme of akamaster's pytorch_resnet_cifar10 (He et al. 2015, section 4.2)."""

import re

import torch
from torch import nn
from torch.nn import functional as F


class Pad(nn.Module):
    """Option A as in the paper: every second pixel, and zeros after the channels."""

    def __init__(self, stride, more):
        super().__init__()
        self.stride, self.more = stride, more

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


class Basic(nn.Module):
    def __init__(self, channels, out, stride, option):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        changes = stride != 1 or channels != out
        if option == "c" or (option == "b" and changes):
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        elif option == "a" and changes:
            self.downsample = Pad(stride, out - channels)
        else:
            self.downsample = None if option == "plain" else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y if self.downsample is None else y + self.downsample(x))


class Net(nn.Module):
    def __init__(self, depth, classes, channels, option):
        super().__init__()
        blocks = (depth - 2) // 6
        self.conv1 = nn.Conv2d(channels, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        before = 16
        for index, out in enumerate((16, 32, 64)):
            layers = []
            for block in range(blocks):
                layers.append(Basic(before, out, 2 if index > 0 and block == 0 else 1, option))
                before = out
            setattr(self, f"layer{index + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def build(name, classes, channels):
    match = re.fullmatch(r"cifar-(resnet|plain)(\d+)(?:-([bc]))?", name)
    if match is None:
        return None
    kind, depth, letter = match.groups()
    return Net(int(depth), classes, channels, "plain" if kind == "plain" else letter or "a")
