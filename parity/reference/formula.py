"""The values of every tensor by a formula of its key: the same as ../formula.mjs."""

import math
import re

import numpy


def seed_of(key):
    value = 0x811C9DC5
    for letter in key:
        value = ((value ^ ord(letter)) * 0x01000193) & 0xFFFFFFFF
    return value


def noise(key, size):
    with numpy.errstate(over="ignore"):
        h = numpy.uint32(seed_of(key)) + numpy.arange(size, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
        h ^= h >> numpy.uint32(16)
        h *= numpy.uint32(0x85EBCA6B)
        h ^= h >> numpy.uint32(13)
        h *= numpy.uint32(0xC2B2AE35)
        h ^= h >> numpy.uint32(16)
    return (h >> numpy.uint32(8)).astype(numpy.float64) / 2**23 - 1


def values_of(key, shape, gain):
    fan_in = math.prod(shape[1:]) if len(shape) > 1 else 0
    around_one = re.search(r"running_var|weight$", key) is not None
    scale = gain * math.sqrt(3 / fan_in) if fan_in else 0.25 if around_one else 0.2
    centre = 0 if fan_in else 1 if around_one else 0
    return (centre + scale * noise(key, math.prod(shape))).astype(numpy.float32).reshape(shape)
