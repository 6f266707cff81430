"""The nets of "Dive into deep learning": LeNet with batch normalisation, and ResNet-18 with biases. Keys are ours, with PyTorch's names of statistics."""

import torch
from torch import nn
from torch.nn import functional as F


def unit(name, layer, features):
    norm = nn.BatchNorm2d if isinstance(layer, nn.Conv2d) else nn.BatchNorm1d
    made = nn.Module()
    made.add_module(name, layer)
    made.add_module("bn", norm(features))
    made.forward = lambda x: torch.sigmoid(made.bn(layer(x)))
    return made


class LeNet(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        self.conv1 = unit("conv", nn.Conv2d(channels, 6, 5), 6)
        self.conv2 = unit("conv", nn.Conv2d(6, 16, 5), 16)
        self.fc1 = unit("fc", nn.Linear(256, 120), 120)
        self.fc2 = unit("fc", nn.Linear(120, 84), 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(self.conv2(F.max_pool2d(self.conv1(x), 2)), 2)
        # TensorFlow flattens height, width, channels.
        return self.fc3(self.fc2(self.fc1(x.permute(0, 2, 3, 1).flatten(1))))


class Residual(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        self.bn2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Conv2d(channels, out, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3)
        self.bn1 = nn.BatchNorm2d(64)
        before = 64
        for index, out in enumerate((64, 128, 256, 512)):
            first = Residual(before, out, 2 if index > 0 else 1)
            setattr(self, f"layer{index + 1}", nn.Sequential(first, Residual(out, out, 1)))
            before = out
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


def build(name, classes, channels):
    made = {"lenet-bn": LeNet, "d2l-resnet18": ResNet18}.get(name)
    return None if made is None else made(classes, channels)
