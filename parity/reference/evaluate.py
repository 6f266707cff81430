"""Logits of PyTorch's nets with weights by formula. Requests come as JSON lines on standard input, answers go as JSON lines to standard output.

    { "name": "resnet18", "classes": 10, "channels": 3, "sizes": [64, 97], "gain": 1 }
"""

import hashlib
import json
import sys
import time

import torch

from formula import noise, values_of
from nets import build

torch.set_grad_enabled(False)
torch.backends.nnpack.set_flags(False)


def fill(net, gain):
    """Draws every tensor, and digests which there are and of which sizes."""
    lines = []
    for key, tensor in net.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        tensor.copy_(torch.from_numpy(values_of(key, tuple(tensor.shape), gain)))
        lines.append(f"{key} {tensor.numel()}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16], lines


def answer(request):
    net, source = build(request["name"], request["classes"], request["channels"])
    if net is None:
        return {"name": request["name"], "missing": source}
    net = net.eval()
    keys, lines = fill(net, request["gain"])
    logits, seconds = {}, {}
    for size in request["sizes"]:
        x = torch.from_numpy(noise("input", size * size * request["channels"])).float().reshape(1, size, size, request["channels"])
        start = time.perf_counter()
        y = net(x.permute(0, 3, 1, 2).contiguous())
        seconds[size] = round(time.perf_counter() - start, 4)
        logits[size] = [float(f"{v:.9g}") for v in y.flatten().tolist()]
    return {"name": request["name"], "reference": source, "keys": keys, "count": len(lines), "logits": logits, "seconds": seconds, **({"lines": lines} if request.get("lines") else {})}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # one net that fails must not hide the others
        result = {"name": json.loads(line)["name"], "missing": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
