import type { Preprocessing } from '@resfn/preprocessing'
import { batchesPerEpoch } from '@resfn/batches'
import { wantsPictures } from './reading.ts'
import type { Settings } from './settings.ts'

/** What a script goes on with. */
export type TorchTraining = {
  readonly settings: Settings
  readonly net: string
  readonly classes: number
  /** Of one image. */
  readonly input: readonly number[]
  readonly examples: number
  readonly step: number
  readonly cursor: { readonly epoch: number; readonly batch: number }
  /** What a net sees of pictures; images in memory are resized and normalised by `moments`. */
  readonly view: Preprocessing | undefined
  readonly moments: { readonly mean: readonly number[]; readonly std: readonly number[] }
  /** How much each class counts, where they are balanced. */
  readonly weights: readonly number[] | undefined
}

const python = (value: string | number | readonly (string | number)[]): string => JSON.stringify(value)

const totalSteps = ({ settings, examples }: TorchTraining): number =>
  Math.max(1, settings.epochs * batchesPerEpoch(examples, { size: settings.batch }))

const schedule = (training: TorchTraining): string => {
  const { schedule: name, lr } = training.settings
  const steps = totalSteps(training)
  switch (name) {
    case 'constant':
      return `    return ${lr}`
    case 'cosine':
      return `    return ${lr} * (1 + math.cos(math.pi * min(step, ${steps}) / ${steps})) / 2`
    case 'milestones':
      return `    return ${lr} * 0.1 ** ((step >= ${Math.floor(steps / 2)}) + (step >= ${Math.floor((3 * steps) / 4)}))`
    case 'one-cycle':
      return `    first, last, top, end = ${lr} / 25, ${lr} / 25 / 1e4, 0.25 * ${steps} - 1, ${steps - 1}
    if step >= end:
        return last
    start, goal, part = (first, ${lr}, step / top) if step < top else (${lr}, last, (step - top) / (end - top))
    return goal + (start - goal) * (1 + math.cos(math.pi * part)) / 2`
  }
}

const optimiserOf = ({ optimiser, momentum, nesterov }: Settings): string =>
  optimiser === 'sgd'
    ? `torch.optim.SGD(groups, lr=0.0, momentum=${momentum}${nesterov ? ', nesterov=True' : ''})`
    : `torch.optim.${optimiser === 'adam' ? 'Adam' : 'AdamW'}(groups, lr=0.0)`

/** The names in PyTorch of what an optimiser remembers of a parameter, by ours. */
export const slotNames = ({ optimiser, momentum }: Settings): { readonly [slot: string]: string } =>
  optimiser !== 'sgd' ? { mean: 'exp_avg', square: 'exp_avg_sq' } : momentum > 0 ? { velocity: 'momentum_buffer' } : {}

const augmentation = ({ settings: { flip, crop, erasing } }: TorchTraining): readonly string[] => [
  ...(flip ? ['    x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)'] : []),
  ...(crop > 0
    ? [
        `    (height, width), padded = x.shape[2:], F.pad(x, [${crop}] * 4)`,
        `    corners = torch.randint(0, ${2 * crop + 1}, (len(x), 2)).tolist()`,
        '    x = torch.stack([image[:, i : i + height, j : j + width] for image, (i, j) in zip(padded, corners)])',
      ]
    : []),
  '    x = prepared(x)',
  ...(erasing > 0 ? [`    x = RandomErasing(${erasing}, mode="const", device="cpu")(x)`] : []),
  '    return x',
]

const prepared = ({ settings: { resize, normalise }, moments: { mean, std } }: TorchTraining): readonly string[] => [
  ...(resize > 0
    ? [`    x = F.interpolate(x, size=(${resize}, ${resize}), mode="bilinear", antialias=True, align_corners=False)`]
    : []),
  normalise
    ? `    return (x - torch.tensor(${python(mean)}).view(-1, 1, 1)) / torch.tensor(${python(std)}).view(-1, 1, 1)`
    : '    return x',
]

/** Images in memory, a batch at once. */
const memoryPart = (training: TorchTraining): string => `
DATA = load_file(HERE / "data.safetensors")


def prepared(x):
${prepared(training).join('\n')}


def augmented(x):
${augmentation(training).join('\n')}


def read(part, rows):
    x = DATA[f"{part}.images"][rows].permute(0, 3, 1, 2).contiguous().float() / 255
    return (augmented if part == "train" else prepared)(x), DATA[f"{part}.labels"][rows].long()


def count(part):
    return len(DATA[f"{part}.labels"])


def in_turn(part, batches):
    return (read(part, rows) for rows in batches)
`

const transformOf = ({ settings, view, input, moments }: TorchTraining): string => {
  const [height = 1, width = 1, channels = 1] = input
  const size = `(${channels}, ${height}, ${width})`
  const { mean, std } = view ?? moments
  const shared = `mean=${python(mean)}, std=${python(std)}`
  const evaluation = `create_transform(${size}, interpolation="${view?.interpolation ?? 'bilinear'}", crop_pct=${view?.cropFraction ?? 1}, crop_mode="${view?.cropMode ?? 'squash'}", ${shared})`
  const { scale, flip, randAugment, colourJitter, erasing } = settings
  const jitter = colourJitter > 0 ? `${colourJitter}, force_color_jitter=True` : 'None'
  const training =
    scale > 0
      ? `transforms_imagenet_train(
    (${height}, ${width}), scale=(${scale}, 1), ratio=(3 / 4, 4 / 3), hflip=${flip ? 0.5 : 0}, interpolation="random",
    auto_augment=${randAugment === '' ? 'None' : python(randAugment)}, color_jitter=${jitter},
    ${shared}, re_prob=${erasing}, re_mode="const",
)`
      : `T.Compose([TEST, T.RandomHorizontalFlip(${flip ? 0.5 : 0}), RandomErasing(${erasing}, mode="const", device="cpu")])`
  return `TEST = ${evaluation}\nTRAIN = ${training}`
}

/** Pictures, changed one by one: of files, or of images in memory. */
const picturePart = (training: TorchTraining): string => {
  const mode = training.input[2] === 1 ? 'L' : 'RGB'
  const open =
    training.view === undefined
      ? `        image = Image.fromarray(DATA[f"{self.part}.images"][row].squeeze(-1).numpy()).convert("${mode}")
        label = int(DATA[f"{self.part}.labels"][row])`
      : `        path, label = DATA[self.part][row]
        image = ImageOps.exif_transpose(Image.open(path)).convert("${mode}")`
  const data =
    training.view === undefined
      ? `DATA = load_file(HERE / "data.safetensors")


def count(part):
    return len(DATA[f"{part}.labels"])`
      : `DATA = {part: list(csv.reader(open(HERE / f"{part}.csv", newline=""))) for part in ("train", "test")}


def count(part):
    return len(DATA[part])`
  return `
${transformOf(training)}
${data}


class Pictures(torch.utils.data.Dataset):
    def __init__(self, part):
        self.part, self.transform = part, TRAIN if part == "train" else TEST

    def __len__(self):
        return count(self.part)

    def __getitem__(self, row):
${open}
        return self.transform(image), int(label)


def in_turn(part, batches):
    return torch.utils.data.DataLoader(Pictures(part), batch_sampler=[rows.tolist() for rows in batches], num_workers=WORKERS)
`
}

const mixing = ({ settings: { mixup, cutmix }, classes }: TorchTraining): string =>
  mixup === 0 && cutmix === 0
    ? ''
    : `

def mixed(x, labels):
    """Each image with its partner, the one at the same place from the end; one share for the whole batch."""
    y = F.one_hot(labels, ${classes}).float()
    cut = ${mixup === 0 ? 'True' : cutmix === 0 ? 'False' : 'torch.rand(()) < 0.5'}
    share = float(torch.distributions.Beta(*[torch.tensor(${cutmix === 0 ? mixup : mixup === 0 ? cutmix : `${cutmix} if cut else ${mixup}`}, dtype=torch.float64)] * 2).sample())
    if not cut:
        return share * x + (1 - share) * x.flip(0), share * y + (1 - share) * y.flip(0)
    (height, width), side = x.shape[2:], math.sqrt(1 - share)
    row, column, tall, wide = random.randrange(height), random.randrange(width), int(height * side), int(width * side)
    top, bottom = max(0, row - tall // 2), min(height, row + (tall + 1) // 2)
    left, right = max(0, column - wide // 2), min(width, column + (wide + 1) // 2)
    x = x.clone()
    x[:, :, top:bottom, left:right] = x.flip(0)[:, :, top:bottom, left:right].clone()
    share = 1 - (bottom - top) * (right - left) / (height * width)
    return x, share * y + (1 - share) * y.flip(0)
`

const importsOf = (training: TorchTraining, isPictures: boolean): string => {
  const { view, settings } = training
  const { erasing, scale } = settings
  const isComposed = isPictures && scale === 0
  return [
    'import argparse',
    ...(isPictures && view !== undefined ? ['import csv'] : []),
    'import json',
    'import math',
    'import os',
    'import pathlib',
    ...(settings.cutmix > 0 || settings.mixup > 0 ? ['import random'] : []),
    '',
    'import timm',
    'import torch',
    'import torch.distributed as dist',
    'import torch.nn.functional as F',
    ...(isPictures ? [view === undefined ? 'from PIL import Image' : 'from PIL import Image, ImageOps'] : []),
    'from safetensors.torch import load_file, save_file',
    ...(isPictures ? ['from timm.data import create_transform'] : []),
    ...(isPictures && scale > 0 ? ['from timm.data.transforms_factory import transforms_imagenet_train'] : []),
    ...(isComposed || (!isPictures && erasing > 0) ? ['from timm.data.random_erasing import RandomErasing'] : []),
    'from torch.nn.parallel import DistributedDataParallel',
    ...(isComposed ? ['from torchvision import transforms as T'] : []),
  ].join('\n')
}

/** The script that goes on with a training in PyTorch: short, to be read and changed. */
export const torchScript = (training: TorchTraining): string => {
  const { settings, net, classes, input, step, cursor, view, weights } = training
  const isPictures = view !== undefined || wantsPictures(settings)
  const isMixed = settings.mixup > 0 || settings.cutmix > 0
  const slots = Object.values(slotNames(settings))
  const weighted = weights === undefined ? '' : ', weight=WEIGHTS.to(logits)'
  return `"""Goes on with the training of ${net} after step ${step} of ${totalSteps(training)}: torchrun --nproc-per-node 2 train.py"""

${importsOf(training, isPictures)}

HERE = pathlib.Path(__file__).resolve().parent
NET, CLASSES, CHANNELS = ${python(net)}, ${classes}, ${input[2] ?? 1}
EPOCHS, BATCH, SEED = ${settings.epochs}, ${settings.batch}, ${settings.seed}  # the batch is that of all processes together
STEP, EPOCH = ${step}, ${cursor.epoch}  # done until now
RANK, WORLD = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
DEVICE = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else torch.device("cpu")
${isPictures ? `WORKERS = ${settings.workers > 0 ? settings.workers : 'min(4, os.cpu_count() or 1)'}  # that read pictures, a process\n` : ''}PARAMETERS = json.loads((HERE / "parameters.json").read_text())
STATE = load_file(HERE / "state.safetensors")
${weights === undefined ? '' : `WEIGHTS = torch.tensor(${python(weights)})  # of the classes\n`}

def rate(step):
${schedule(training)}


def make_model():
    model = timm.create_model(NET, num_classes=CLASSES, in_chans=CHANNELS)
    model.load_state_dict(load_file(HERE / "weights.safetensors"))
    return model.to(DEVICE)


def make_optimiser(model):
    named = dict(model.named_parameters())
    groups = [
        {"params": [named[name] for name in group["names"]], "weight_decay": group["decay"], "factor": group["factor"]}
        for group in PARAMETERS
    ]
    optimiser = ${optimiserOf(settings)}
${
  slots.length === 0
    ? ''
    : `    for name, parameter in named.items():
        slots = {slot: STATE[f"{slot}.{name}"].to(DEVICE) for slot in ${python(slots)}}
        optimiser.state[parameter] = ${settings.optimiser === 'sgd' ? 'slots' : 'slots | {"step": torch.tensor(float(STEP))}'}
`
}    return optimiser
${isPictures ? picturePart(training) : memoryPart(training)}${mixing(training)}${weights === undefined || isMixed ? '' : `\nLABELS = ${view === undefined ? 'DATA["train.labels"].long()' : 'torch.tensor([int(label) for _, label in DATA["train"]])'}\n`}

def batches(epoch):
    """The rows of each batch; those that this process takes. What is left of the first epoch has the order that it had."""
    own = torch.Generator().manual_seed(SEED * 100_003 + epoch)
    order = STATE["order"].long() if epoch == EPOCH else torch.randperm(count("train"), generator=own)
    return order.split(BATCH)


def loss_of(logits, labels, total):
    """The part of the mean over all processes that is of these rows: DDP divides by the number of processes."""
    if len(labels) == 0:
        return logits.sum() * 0
    return F.cross_entropy(logits, labels, label_smoothing=${settings.smoothing}, reduction="sum"${weighted}) * WORLD / total


def take_step(model, optimiser, x, labels, total, step):
    for group in optimiser.param_groups:
        group["lr"] = rate(step) * group["factor"]
    optimiser.zero_grad()
    loss = loss_of(model(x.to(DEVICE)), labels.to(DEVICE), total)
    loss.backward()
    optimiser.step()
    return loss.item()


@torch.no_grad()
def accuracy(model):
    model.eval()
    for buffer in model.buffers() if WORLD > 1 else ():
        dist.broadcast(buffer, 0)
    rows = torch.arange(count("test"))[RANK::WORLD].split(64)
    right = torch.zeros((), device=DEVICE)
    for x, labels in in_turn("test", rows):
        right += (model(x.to(DEVICE)).argmax(1).cpu() == labels).sum()
    if WORLD > 1:
        dist.all_reduce(right)
    model.train()
    return right.item() / count("test")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", default="trained.safetensors", help="the weights, for resfn import")
    arguments.add_argument("--steps", type=int, default=10**12, help="end after so many steps")
    asked = arguments.parse_args()
    if WORLD > 1:
        dist.init_process_group("nccl" if DEVICE.type == "cuda" else "gloo")
    torch.manual_seed(SEED * 1009 + RANK)
    model = make_model().train()
    optimiser = make_optimiser(model)
    replica = DistributedDataParallel(model) if WORLD > 1 else model
    step = STEP
    for epoch in range(EPOCH, EPOCHS):
        left = batches(epoch)[: STEP + asked.steps - step]
        # A process that has no row of a small batch goes along with one, and counts none of it.
        own = [rows[RANK::WORLD] if len(rows) > RANK else rows[:1] for rows in left]
        for rows, (x, labels) in zip(left, in_turn("train", own)):
            total = ${weights === undefined || isMixed ? 'len(rows)' : 'WEIGHTS[LABELS[rows]].sum().item()'}
            ${isMixed ? 'x, labels = mixed(x, labels)\n            ' : ''}if len(rows) <= RANK:
                labels = labels[:0]
            loss = take_step(replica, optimiser, x, labels, total, step)
            step += 1
            if RANK == 0:
                print(f"epoch {epoch + 1}/{EPOCHS} step {step} loss {loss:.4f} rate {rate(step - 1):.6g}", flush=True)
        found = accuracy(model)
        if RANK == 0:
            print(f"epoch {epoch + 1}/{EPOCHS} test accuracy {found:.4f}", flush=True)
            save_file(model.state_dict(), asked.out)
        if step >= STEP + asked.steps:
            break
    if WORLD > 1:
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
`
}
