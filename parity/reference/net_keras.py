"""The ResNets of Keras applications as modules of PyTorch: strides on the first 1x1, biases, and another epsilon."""

import re

import torchvision
from torch import nn
from torchvision.models.resnet import Bottleneck


def biased(conv, channels=None, stride=None):
    return nn.Conv2d(channels or conv.in_channels, conv.out_channels, conv.kernel_size, stride or conv.stride, conv.padding)


def build(name, classes, channels):
    found = re.fullmatch(r"keras-(resnet(?:50|101|152))", name)
    if found is None:
        return None
    net = torchvision.models.get_model(found[1], weights=None, num_classes=classes)
    net.conv1 = biased(net.conv1, channels)
    for block in net.modules():
        if isinstance(block, nn.BatchNorm2d):
            block.eps = 1.001e-5
        if isinstance(block, Bottleneck):
            block.conv1, block.conv2, block.conv3 = biased(block.conv1, stride=block.conv2.stride), biased(block.conv2, stride=1), biased(block.conv3)
            if block.downsample is not None:
                block.downsample[0] = biased(block.downsample[0])
    return net
