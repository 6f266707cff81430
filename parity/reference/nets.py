"""PyTorch's net of a name: of a module beside this file, or of timm, or of torchvision."""

import importlib
import pathlib

import timm
import torchvision

own = [
    importlib.import_module(path.stem)
    for path in sorted(pathlib.Path(__file__).parent.glob("net_*.py"))
]


def build(name, classes, channels):
    """The net and where it is from; None and the reason where nobody has it."""
    for module in own:
        net = module.build(name, classes, channels)
        if net is not None:
            return net, module.__name__.removeprefix("net_").replace("_", " ")
    if name in timm.list_models():
        return timm.create_model(name, num_classes=classes, in_chans=channels), f"timm {timm.__version__}"
    if channels == 3 and name in torchvision.models.list_models():
        return torchvision.models.get_model(name, weights=None, num_classes=classes), f"torchvision {torchvision.__version__}"
    return None, "neither timm nor torchvision has it"
