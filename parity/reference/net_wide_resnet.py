"""The wide ResNets for CIFAR, in the key scheme of the authors' code (Zagoruyko and Komodakis 2016)."""

import re

import torch
from torch import nn
from torch.nn import functional as F


def filter_of(channels, out, size):
    return nn.Parameter(torch.empty(out, channels, size, size))


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.stride = stride
        self.bn0, self.bn1 = nn.BatchNorm2d(channels), nn.BatchNorm2d(out)
        self.conv0, self.conv1 = filter_of(channels, out, 3), filter_of(out, out, 3)
        self.convdim = None if channels == out else filter_of(channels, out, 1)

    def forward(self, x):
        shared = F.relu(self.bn0(x))
        y = F.relu(self.bn1(F.conv2d(shared, self.conv0, stride=self.stride, padding=1)))
        y = F.conv2d(y, self.conv1, padding=1)
        return y + (x if self.convdim is None else F.conv2d(shared, self.convdim, stride=self.stride))


class Net(nn.Module):
    def __init__(self, depth, widening, classes, channels):
        super().__init__()
        self.conv0, before = filter_of(channels, 16, 3), 16
        for group, out in enumerate((16 * widening, 32 * widening, 64 * widening)):
            blocks = nn.Module()
            for block in range((depth - 4) // 6):
                blocks.add_module(f"block{block}", Block(before, out, 2 if group > 0 and block == 0 else 1))
                before = out
            self.add_module(f"group{group}", blocks)
        self.bn, self.fc = nn.BatchNorm2d(before), nn.Linear(before, classes)

    def forward(self, x):
        x = F.conv2d(x, self.conv0, padding=1)
        for group in (self.group0, self.group1, self.group2):
            for block in group.children():
                x = block(x)
        return self.fc(F.relu(self.bn(x)).mean((2, 3)))


def build(name, classes, channels):
    match = re.fullmatch(r"cifar-wrn(\d+)_(\d+)", name)
    return None if match is None else Net(int(match[1]), int(match[2]), classes, channels)
