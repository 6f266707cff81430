"""What PyTorch's nets make of weights by formula. Requests come as JSON lines on standard input, answers go as JSON lines to standard output.

    { "task": "evaluate", "name": "resnet18", "classes": 10, "channels": 3, "sizes": [64, 97], "gain": 1 }
    { "task": "train", "name": "resnet18", "classes": 10, "channels": 3, "size": 64, "batch": 4, "gain": 1 }
"""

import hashlib
import json
import sys
import time

import torch
from torch.nn import functional as F

from formula import noise, values_of
from nets import build

torch.backends.nnpack.set_flags(False)

STEPS = 3
LEARNING_RATE = 0.05


def fill(net, gain):
    """Draws every tensor, and tells which there are and of which sizes."""
    lines = []
    for key, tensor in net.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        tensor.copy_(torch.from_numpy(values_of(key, tuple(tensor.shape), gain)))
        lines.append(f"{key} {tensor.numel()}")
    return lines


def images(batch, size, channels):
    """Drawn with the channels last, as TensorFlow.js has them."""
    values = noise("input", batch * size * size * channels)
    return torch.from_numpy(values).float().reshape(batch, size, size, channels).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def evaluate(net, lines, request):
    net = net.eval()
    logits, seconds = {}, {}
    for size in request["sizes"]:
        x = images(1, size, request["channels"])
        start = time.perf_counter()
        y = net(x)
        seconds[size] = round(time.perf_counter() - start, 4)
        logits[size] = [float(f"{v:.9g}") for v in y.flatten().tolist()]
    keys = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
    return {"keys": keys, "count": len(lines), "logits": logits, "seconds": seconds}


def digest(tensors):
    """Of each tensor its product with noise, which sees every value and its place, and its norm."""
    return {
        key: [float(f"{v:.9g}") for v in (float(tensor.flatten() @ torch.from_numpy(noise(f"{key} probe", tensor.numel()))), float(tensor.norm()))]
        for key, tensor in tensors.items()
    }


def train(net, _, request):
    net = net.double().train()
    x = images(request["batch"], request["size"], request["channels"]).double()
    labels = torch.tensor([(3 * i + 1) % request["classes"] for i in range(request["batch"])])
    optimiser = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
    first = {key: value.detach().clone() for key, value in net.named_parameters()}
    losses, gradients = [], {}
    for step in range(STEPS):
        optimiser.zero_grad()
        loss = F.cross_entropy(net(x), labels)
        loss.backward()
        if step == 0:
            gradients = digest({key: value.grad for key, value in net.named_parameters()})
        losses.append(loss.item())
        optimiser.step()
    changes = digest({key: value.detach() - first[key] for key, value in net.named_parameters()})
    statistics = digest({key: value for key, value in net.named_buffers() if key.endswith(("running_mean", "running_var"))})
    return {"batch": request["batch"], "size": request["size"], "losses": losses, "gradients": gradients, "changes": changes, "statistics": statistics}


def answer(request):
    net, source = build(request["name"], request["classes"], request["channels"])
    if net is None:
        return {"name": request["name"], "missing": source}
    with torch.no_grad():
        lines = fill(net, request["gain"])
    task = {"evaluate": evaluate, "train": train}[request["task"]]
    return {"name": request["name"], "reference": source, **task(net, lines, request), **({"lines": lines} if request.get("lines") else {})}


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:  # a net that fails must not hide the others
        result = {"name": json.loads(line)["name"], "missing": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)
