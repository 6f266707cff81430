"""Attention nets that timm lacks, in the structure and the keys of pytorchcv: CBAM-, BAM- and SE-ResNets, and SKNet."""

import re
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def block(channels, out, size, active=True, **options):
    """A convolution, its normalisation and, usually, a ReLU."""
    dilation = options.get("dilation", 1)
    conv = nn.Conv2d(channels, out, size, padding=dilation * (size // 2), **{"bias": False, **options})
    parts = [("conv", conv), ("bn", nn.BatchNorm2d(out))]
    return nn.Sequential(OrderedDict([*parts, ("activ", nn.ReLU())] if active else parts))


def named(**parts):
    return nn.Sequential(OrderedDict(parts))


class SE(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels // 16, 1)
        self.conv2 = nn.Conv2d(channels // 16, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.conv2(F.relu(self.conv1(x.mean((2, 3), keepdim=True)))))


class Cbam(nn.Module):
    def __init__(self, channels):
        super().__init__()
        mlp = named(fc1=nn.Linear(channels, channels // 16), activ=nn.ReLU(), fc2=nn.Linear(channels // 16, channels))
        self.ch_gate = named(mlp=mlp)
        self.sp_gate = named(conv=block(2, 1, 7, active=False))

    def forward(self, x):
        x = x * torch.sigmoid(self.ch_gate(x.mean((2, 3))) + self.ch_gate(x.amax((2, 3))))[:, :, None, None]
        return x * torch.sigmoid(self.sp_gate(torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)))


class Bam(nn.Module):
    def __init__(self, channels, reduction=16):
        super().__init__()
        few = channels // reduction
        first = named(fc=nn.Linear(channels, few), bn=nn.BatchNorm1d(few), activ=nn.ReLU())
        self.ch_att = named(init_fc=first, final_fc=nn.Linear(few, channels))
        wide = {"dilation": 4, "bias": True}
        self.sp_att = named(
            init_conv=block(channels, few, 1, bias=True),
            dil_convs=named(conv1=block(few, few, 3, **wide), conv2=block(few, few, 3, **wide)),
            final_conv=nn.Conv2d(few, 1, 1),
        )

    def forward(self, x):
        return x * (1 + torch.sigmoid(self.ch_att(x.mean((2, 3)))[:, :, None, None] * self.sp_att(x)))


class SelectiveKernel(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        paths = [block(channels, channels, 3, stride=stride, dilation=dilation, groups=32) for dilation in (1, 2)]
        self.branches = nn.ModuleDict({"branch2": paths[0], "branch3": paths[1]})
        few = max(channels // 16, 32)
        self.fc1 = block(channels, few, 1)
        self.fc2 = nn.Conv2d(few, 2 * channels, 1, bias=False)

    def forward(self, x):
        ys = torch.stack([path(x) for path in self.branches.values()], 1)
        scores = self.fc2(self.fc1(ys.sum(1).mean((2, 3), keepdim=True)))
        return (ys * scores.unflatten(1, (2, -1)).softmax(1)).sum(1)


class Unit(nn.Module):
    """A residual unit, with an attention called `name` at the end of its body."""

    def __init__(self, body, channels, out, stride, name=None, attention=None):
        super().__init__()
        self.body = body
        self.changes = stride != 1 or channels != out
        if self.changes:
            self.identity_conv = block(channels, out, 1, active=False, stride=stride)
        self.attention = name
        if name is not None:
            setattr(self, name, attention(out))

    def forward(self, x):
        y = self.body(x)
        if self.attention is not None:
            y = getattr(self, self.attention)(y)
        return F.relu(y + (self.identity_conv(x) if self.changes else x))


def basic(channels, out, stride):
    return named(conv1=block(channels, out, 3, stride=stride), conv2=block(out, out, 3, active=False))


def bottleneck(channels, out, stride):
    width = out // 4
    middle = block(width, width, 3, stride=stride)
    return named(conv1=block(channels, width, 1), conv2=middle, conv3=block(width, out, 1, active=False))


def selective(channels, out, stride):
    width = out // 2
    middle = SelectiveKernel(width, stride)
    return named(conv1=block(channels, width, 1), conv2=middle, conv3=block(width, out, 1, active=False))


def bam_unit(channels, out, stride):
    unit = Unit(bottleneck(channels, out, stride), channels, out, stride)
    return named(bam=Bam(channels), res_unit=unit) if stride > 1 else named(res_unit=unit)


def with_attention(body, name=None, attention=None):
    return lambda channels, out, stride: Unit(body(channels, out, stride), channels, out, stride, name, attention)


class Net(nn.Module):
    def __init__(self, stem, unit, blocks, outs, classes):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("init_block", stem)
        before = 16 if len(outs) == 3 else 64
        for s, (count, out) in enumerate(zip(blocks, outs)):
            stage = nn.Sequential()
            for i in range(count):
                stage.add_module(f"unit{i + 1}", unit(before, out, 2 if s > 0 and i == 0 else 1))
                before = out
            self.features.add_module(f"stage{s + 1}", stage)
        self.output = nn.Linear(before, classes)

    def forward(self, x):
        return self.output(self.features(x).mean((2, 3)))


UNITS = {"cbam_resnet": with_attention(bottleneck, "cbam", Cbam), "bam_resnet": bam_unit, "sknet": with_attention(selective)}


def build(name, classes, channels):
    match = re.fullmatch(r"(cbam_resnet|bam_resnet|sknet)(\d+)", name)
    if match:
        stem = named(conv=block(channels, 64, 7, stride=2), pool=nn.MaxPool2d(3, 2, 1))
        return Net(stem, UNITS[match[1]], BLOCKS[int(match[2])], (256, 512, 1024, 2048), classes)
    match = re.fullmatch(r"cifar-seresnet(\d+)", name)
    if match:
        depth = int(match[1])
        wide = depth >= 164
        unit = with_attention(bottleneck if wide else basic, "se", SE)
        outs = tuple(width * (4 if wide else 1) for width in (16, 32, 64))
        return Net(block(channels, 16, 3), unit, [(depth - 2) // (9 if wide else 6)] * 3, outs, classes)
    return None
