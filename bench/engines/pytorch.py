"""The same nets in PyTorch on the CPU. Speaks the protocol of worker.mjs."""
import json
import os
import pathlib
import resource
import sys
import time

job = json.loads(sys.argv[1])


def say(message):
    print("\n@bench " + json.dumps(message), flush=True)


try:
    import torch
    from torch import nn
    import torch.nn.functional as F
except ImportError as error:
    say({"refused": str(error)})
    sys.exit(0)

torch.set_num_threads(job["threads"])
torch.manual_seed(0)
net = job["netData"]
d2l = net.get("family") == "d2l"
predicts = net.get("task") == "predict"


def conv(inputs, out, size, stride):
    return nn.Conv2d(inputs, out, size, stride=stride, padding=(size - 1) // 2, bias=d2l)


class Block(nn.Module):
    def __init__(self, inputs, out, stride):
        super().__init__()
        self.a, self.bn_a = conv(inputs, out, 3, stride), nn.BatchNorm2d(out)
        self.b, self.bn_b = conv(out, out, 3, 1), nn.BatchNorm2d(out)
        self.stride, self.more = stride, out - inputs
        self.shortcut = conv(inputs, out, 1, stride) if d2l and stride == 2 else None

    def forward(self, x):
        y = self.bn_b(self.b(F.relu(self.bn_a(self.a(x)))))
        if self.shortcut is not None:
            x = self.shortcut(x)
        elif self.stride == 2:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.more))
        return F.relu(y + x)


def model():
    stem = (64, 7, 2) if d2l else (16, 3, 1)
    inputs = stem[0]
    parts = [conv(net["input"][2], *stem), nn.BatchNorm2d(inputs), nn.ReLU()]
    if d2l:
        parts.append(nn.MaxPool2d(3, 2, 1))
    for stage, (out, count) in enumerate(net["stages"]):
        for block in range(count):
            parts.append(Block(inputs, out, 2 if stage > 0 and block == 0 else 1))
            inputs = out
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, net["classes"]))


def published():
    """The net of this name, from timm or from the modules that the parity checks use."""
    # In place of this folder, where torchvision would take this very file for a package that it tries to import.
    sys.path[0] = str(pathlib.Path(__file__).parents[2] / "parity" / "reference")
    try:
        from nets import build
    except ImportError as error:
        say({"refused": str(error)})
        sys.exit(0)
    built, where = build(net["net"], net["classes"], net["input"][2])
    if built is None:
        say({"refused": where})
        sys.exit(0)
    return built


layout = torch.channels_last if job["python"] == "channels_last" else torch.contiguous_format
net_module = (published() if "net" in net else model()).to(memory_format=layout)
optimiser = torch.optim.SGD(net_module.parameters(), lr=job["learningRate"], momentum=job["momentum"])
batch, (height, width, channels) = job["batch"], net["input"]
labels = torch.arange(batch) % net["classes"]
rows = (labels.view(-1, 1, 1, 1) + 1) * torch.arange(height).view(1, 1, -1, 1) / height + labels.view(-1, 1, 1, 1)
columns = (net["classes"] - labels.view(-1, 1, 1, 1)) * torch.arange(width).view(1, 1, 1, -1) / width
images = (torch.sin(rows) + torch.cos(columns) + torch.rand(batch, channels, height, width) - 0.5).float()


@torch.inference_mode()
def predict():
    return net_module(images.clone().to(memory_format=layout)).flatten()[0].item()


def learn():
    x = images.clone().to(memory_format=layout)
    optimiser.zero_grad(set_to_none=True)
    loss = F.cross_entropy(net_module(x), labels)
    loss.backward()
    optimiser.step()
    return loss.item()


step = predict if predicts else learn
net_module.train(not predicts)
started = time.perf_counter()
losses = [step()]
first_ms = (time.perf_counter() - started) * 1000
losses.append(step())
say({"ready": True, "params": sum(p.numel() for p in net_module.parameters()), "version": f"torch {torch.__version__}", "firstMs": first_ms})

for line in sys.stdin:
    command, *limits = line.split()
    if command == "end":
        break
    least_ms, least_steps = map(float, limits)
    ms, since = [], time.perf_counter()
    while len(ms) < least_steps or (time.perf_counter() - since) * 1000 < least_ms:
        before = time.perf_counter()
        losses.append(step())
        ms.append((time.perf_counter() - before) * 1000)
    say({"ms": ms})

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
say({"peakRssMb": peak} if predicts else {"firstLoss": losses[0], "lastLoss": losses[-1], "peakRssMb": peak})
sys.stdout.flush()
os._exit(0)
