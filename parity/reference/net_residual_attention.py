"""Residual attention networks (Wang et al. 2017), after the released prototxts and the ports, in the key scheme of tengshaofeng's port.

attention*, attentionnext*: the released nets. resattnet*: pytorchcv's. cifar-resattnet*: tengshaofeng's and GluonCV's. cifar-attention*: the paper's section 4.1.
"""

import re

import torch
from torch import nn
from torch.nn import functional as F

from net_mini import smooth


class PreActivated(nn.Module):
    """BN-ReLU before each convolution; where the shape changes, the first of them feeds the shortcut too."""

    def __init__(self, channels, out, stride=1):
        super().__init__()
        width = out // 4
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, width, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn3, self.conv3 = nn.BatchNorm2d(width), nn.Conv2d(width, out, 1, bias=False)
        self.conv4 = nn.Conv2d(channels, out, 1, stride, bias=False) if stride != 1 or channels != out else None
        self.relu = nn.ReLU()

    def forward(self, x):
        u = self.relu(self.bn1(x))
        y = self.conv3(self.relu(self.bn3(self.conv2(self.relu(self.bn2(self.conv1(u)))))))
        return y + (x if self.conv4 is None else self.conv4(u))


class Grouped(nn.Module):
    """The block of ResNeXt: 32 groups, BN after each convolution, ReLU after the sum."""

    def __init__(self, channels, out, stride=1):
        super().__init__()
        width = out // 2
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, groups=32, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        changes = stride != 1 or channels != out
        self.conv4 = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if changes else nn.Identity()

    def forward(self, x):
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))))
        return F.relu(y + self.conv4(x))


def row(unit, channels, count):
    units = [unit(channels, channels) for _ in range(count)]
    return units[0] if count == 1 else nn.Sequential(*units)


def mask_of(unit, channels):
    parts = [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 1, bias=False)]
    parts += [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 1, bias=False), nn.Sigmoid()]
    return nn.Sequential(*(parts if unit is PreActivated else parts[2:]))


class Attention(nn.Module):
    def __init__(self, unit, channels, depth, counts, ports, small):
        super().__init__()
        p, t, r = counts
        self.depth, self.ports = depth, ports
        self.first_residual_blocks = row(unit, channels, p)
        self.trunk_branches = row(unit, channels, t)
        levels = range(1, depth)
        if small:
            self.downs, self.bottom, self.mask = [f"down_residual_blocks{k}" for k in levels], "middle_2r_blocks", "conv1_1_blocks"
            self.ups = [f"up_residual_blocks{k}" for k in levels]
        else:
            self.downs, self.bottom, self.mask = [f"softmax{k}_blocks" for k in levels], f"softmax{depth}_blocks", f"softmax{2 * depth}_blocks"
            self.ups = [f"softmax{2 * depth - k}_blocks" for k in levels]
        self.skips = [f"skip{k}_connection_residual_block" for k in levels]
        for name in self.downs + self.ups:
            self.add_module(name, row(unit, channels, r))
        for name in self.skips:
            self.add_module(name, unit(channels, channels))
        self.add_module(self.bottom, row(unit, channels, 2 * r))
        self.add_module(self.mask, mask_of(unit, channels))
        self.last_blocks = unit(channels, channels)

    def halve(self, x):
        return F.max_pool2d(x, 3, 2, 1) if self.ports else F.max_pool2d(x, 3, 2, ceil_mode=True)

    def forward(self, x):
        part = self.get_submodule
        x = self.first_residual_blocks(x)
        trunk = self.trunk_branches(x)
        y, levels = x, []
        for name in self.downs:
            y = part(name)(self.halve(y))
            levels.append(y)
        y = part(self.bottom)(self.halve(y) if self.depth > 0 else y)
        for level, skip, up in reversed(list(zip(levels, self.skips, self.ups))):
            y = F.interpolate(y, level.shape[2:], mode="bilinear", align_corners=True)
            y = y + part(skip)(level) + (level if self.ports else 0)
            y = part(up)(y)
        if self.depth > 0:
            y = F.interpolate(y, trunk.shape[2:], mode="bilinear", align_corners=True)
            y = y + trunk if self.ports else y
        return self.last_blocks((1 + part(self.mask)(y)) * trunk)


class Net(nn.Module):
    def __init__(self, classes, channels, stem, widths, modules, depths, units, counts=(1, 2, 1), unit=PreActivated, ports=False, small=False, last_stride=2):
        super().__init__()
        self.conv1 = stem(channels)
        before, self.order = self.conv1[0].out_channels, []

        def add(name, module):
            self.add_module(name, module)
            self.order.append(name)

        for s, (width, count, depth) in enumerate(zip(widths, modules, depths), 1):
            add(f"residual_block{s}", unit(before, width, 1 if s == 1 else 2))
            for i in range(1, count + 1):
                add(f"attention_module{s}" + (f"_{i}" if i > 1 else ""), Attention(unit, width, depth, counts, ports, small))
            for i in range(count + 1, count + 1 + units):
                add(f"residual_block{s}_{i}", unit(width, width))
            before = width
        if len(widths) > len(modules):
            add("residual_block4", unit(before, widths[3], last_stride))
            add("residual_block5", unit(widths[3], widths[3]))
            add("residual_block6", unit(widths[3], widths[3]))
        self.mpool2 = nn.Sequential(*([nn.BatchNorm2d(widths[-1]), nn.ReLU()] if unit is PreActivated else []), nn.AdaptiveAvgPool2d(1))
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = self.conv1(x)
        for name in self.order:
            x = self.get_submodule(name)(x)
        return self.fc(self.mpool2(x).flatten(1))


def photo_stem(ports):
    pool = nn.MaxPool2d(3, 2, 1) if ports else nn.MaxPool2d(3, 2, ceil_mode=True)
    return lambda channels: nn.Sequential(nn.Conv2d(channels, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), pool)


def port_stem(channels):
    return nn.Sequential(nn.Conv2d(channels, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU())


def plain_stem(channels):
    return nn.Sequential(nn.Conv2d(channels, 16, 3, 1, 1, bias=False))


MODULES = {56: (1, 1, 1), 92: (1, 2, 3), 128: (2, 3, 4), 164: (3, 4, 5), 200: (4, 5, 6), 236: (5, 6, 7), 452: (5, 6, 7)}


def build(name, classes, channels):
    match = re.fullmatch(r"(attention|attentionnext|resattnet|cifar-resattnet|cifar-attention|mini-attention|mini-resattnet)(\d*)", name)
    if match is None:
        return None
    family, depth = match.group(1), int(match.group(2) or 56)
    ports, counts = "resattnet" in family, (2, 4, 3) if depth == 452 else (1, 2, 1)
    if family == "cifar-attention":
        return Net(classes, channels, plain_stem, (64, 128, 256), [(depth - 20) // 36] * 3, (3, 2, 1), 1)
    modules = MODULES[depth]
    if family == "cifar-resattnet":
        return Net(classes, channels, port_stem, (128, 256, 512, 1024), modules, (2, 1, 0), 0, counts, ports=True, small=True, last_stride=1)
    if family.startswith("mini"):
        return smooth(Net(classes, channels, plain_stem, (24, 32, 48), (1, 0, 0), (2, 1, 0), 0, ports=ports, small=True))
    unit = Grouped if family == "attentionnext" else PreActivated
    return Net(classes, channels, photo_stem(ports), (256, 512, 1024, 2048), modules, (3, 2, 1), 0, counts, unit, ports)
