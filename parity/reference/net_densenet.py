"""The DenseNets that torchvision and timm lack, in torchvision's key scheme: 264 layers, those for small images, and that of "Dive into deep learning"."""

import re

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import DenseNet


class Layer(nn.Module):
    def __init__(self, channels, growth, width, bias):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        if width is None:
            self.conv1 = nn.Conv2d(channels, growth, 3, 1, 1, bias=bias)
        else:
            self.conv1 = nn.Conv2d(channels, width, 1, bias=bias)
            self.norm2 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, growth, 3, 1, 1, bias=bias)

    def forward(self, x):
        y = self.conv1(F.relu(self.norm1(x)))
        if hasattr(self, "conv2"):
            y = self.conv2(F.relu(self.norm2(y)))
        return torch.cat((x, y), 1)


class Transition(nn.Module):
    def __init__(self, channels, out, bias):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, out, 1, bias=bias)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), 2)


class Net(nn.Module):
    def __init__(self, stem, out, layers, growth, width, compression, classes, bias=False):
        super().__init__()
        self.features = nn.Sequential()
        for name, layer in stem.items():
            self.features.add_module(name, layer)
        for index, count in enumerate(layers):
            if index > 0:
                self.features.add_module(f"transition{index}", Transition(out, int(out * compression), bias))
                out = int(out * compression)
            block = nn.Sequential()
            for layer in range(count):
                block.add_module(f"denselayer{layer + 1}", Layer(out, growth, width, bias))
                out += growth
            self.features.add_module(f"denseblock{index + 1}", block)
        self.features.add_module("norm5", nn.BatchNorm2d(out))
        self.classifier = nn.Linear(out, classes)

    def forward(self, x):
        return self.classifier(F.relu(self.features(x)).mean((2, 3)))


def small(depth, growth, bottleneck, classes, channels):
    count = (depth - 4) // (6 if bottleneck else 3)
    out, width, compression = (2 * growth, 4 * growth, 0.5) if bottleneck else (16, None, 1)
    stem = {"conv0": nn.Conv2d(channels, out, 3, 1, 1, bias=False)}
    return Net(stem, out, [count] * 3, growth, width, compression, classes)


def textbook(classes, channels):
    stem = {"conv0": nn.Conv2d(channels, 64, 7, 2, 3), "norm0": nn.BatchNorm2d(64), "relu0": nn.ReLU(), "pool0": nn.MaxPool2d(3, 2, 1)}
    return Net(stem, 64, [4, 4, 4, 4], 32, None, 0.5, classes, bias=True)


def build(name, classes, channels):
    if name == "densenet264" and channels == 3:
        return DenseNet(32, (6, 12, 64, 48), 64, num_classes=classes)
    if name == "d2l-densenet":
        return textbook(classes, channels)
    match = re.fullmatch(r"cifar-densenet(-bc)?(\d+)-(\d+)", name)
    if match is None:
        return None
    bottleneck, depth, growth = match.groups()
    return small(int(depth), int(growth), bottleneck is not None, classes, channels)
