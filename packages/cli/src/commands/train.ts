import { buildCommand, type Command } from '@stricli/core'
import { presets } from '@resfn/recipe/presets'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { type Parallel, parseParallel } from '../run/ranks.ts'
import type { SettingFlags } from '../run/settings.ts'
import { below1, from0, positive, share, wholeFrom } from '../text/numbers.ts'
import { commonFlags, optional, proposals } from './flags.ts'

export type TrainFlags = CommonFlags &
  SettingFlags & {
    readonly out?: string
    readonly resume?: string
    readonly from?: string
    readonly pauseAfter?: number
    readonly parallel?: Parallel
    readonly resumeLatest?: boolean
  }

export const trainCommand: Command<Context> = buildCommand<TrainFlags, [], Context>({
  docs: {
    brief: 'Train a net, or resume a run',
    fullDescription: [
      'Trains a net by a preset; every flag overrides it. The images are those of --data (a folder of class folders of photos, or a data set), of the',
      'folder in RESFN_DATA, those that `resfn data fetch` got, or the 10,000 + 2,000 of Fashion-MNIST that come with resfn. Leaves a folder with',
      'args.json, log.jsonl, checkpoint.safetensors and report.html. Ctrl-C saves; --resume goes on, with the same Node, backend and threads to',
      'exactly the weights of the unbroken run.',
      '',
      'With --from, a run begins with the weights of another one, with a new head where the classes are others, and sees photos as those weights',
      'learned to.',
      '',
      'Examples:',
      '  resfn train --preset quick  a few minutes on the images that come with resfn',
      "  resfn train --from runs/base --freeze 'stem,layer1..2' --data photos  fine-tune on photos/cat, photos/dog, …",
      "  resfn train --from runs/base --rates 'stem,layer1=0.1;fc=10' --ema 0.99 --data photos  other rates, averaged weights",
      '  resfn train --net cifar-resnet8 --teacher runs/large --temperature 4 --distillation 0.7  a small net learns from a large one',
      '  resfn train --parallel threads:4 --sync-batch-norm  four ranks in threads; mpirun -np 4 resfn train … starts processes',
      '  resfn train --net resnet18 --data photos.csv --rand-augment rand-m9-mstd0.5 --mixup 0.2  from the start, by a manifest',
      '',
      'Presets:',
      ...Object.entries(presets).map(([name, { description }]) => `  ${name.padEnd(18)} ${description}`),
    ].join('\n'),
  },
  parameters: {
    flags: {
      preset: {
        ...optional(String, 'name', 'A recipe by name (default: default)'),
        proposeCompletions: proposals.presets,
      },
      net: {
        ...optional(String, 'name', "Another net than the preset's; see resfn nets"),
        proposeCompletions: proposals.nets,
      },
      data: optional(
        String,
        'dir|file|subset',
        'A folder of class folders of photos (with train/ and val/, or drawn), a manifest (.csv, .jsonl), a folder with the files of Fashion-MNIST or CIFAR (binary or Python), or subset for the images that come with resfn',
      ),
      epochs: optional(wholeFrom(0), 'n', 'Passes over the training images'),
      batch: optional(wholeFrom(1), 'n', 'Images in a batch'),
      lr: optional(positive, 'rate', 'The highest learning rate'),
      schedule: {
        kind: 'enum',
        values: ['constant', 'cosine', 'milestones', 'one-cycle'],
        brief: 'Learning-rate schedule',
        optional: true,
      },
      optimiser: { kind: 'enum', values: ['sgd', 'adam', 'adamw', 'lamb'], brief: 'The optimiser', optional: true },
      momentum: optional(below1, 'm', 'Momentum of SGD, below 1'),
      nesterov: { kind: 'boolean', brief: "Nesterov's momentum", optional: true, withNegated: true },
      weightDecay: optional(from0, 'decay', 'Weight decay on all weights but biases and batch normalisation'),
      smoothing: optional(share, 's', 'Label smoothing, from 0 to 1'),
      resize: optional(wholeFrom(0), 'pixels', 'Side that the images are resized to; 0 leaves them'),
      flip: { kind: 'boolean', brief: 'Mirror half of the images', optional: true, withNegated: true },
      crop: optional(wholeFrom(0), 'pixels', 'Padding for random crops; 0 for none'),
      normalise: {
        kind: 'boolean',
        brief: 'Shift and scale the images by mean and deviation',
        optional: true,
        withNegated: true,
      },
      loss: {
        kind: 'enum',
        values: ['cross-entropy', 'binary'],
        brief: 'Softmax cross-entropy, or binary cross-entropy of each class',
        optional: true,
      },
      balance: {
        kind: 'boolean',
        brief: 'Weigh classes so that all count alike',
        optional: true,
        withNegated: true,
      },
      scale: optional(share, 's', 'Smallest share of the area that random crops of pictures take; 0 for none'),
      randAugment: optional(String, 'config', "Timm's RandAugment, such as rand-m9-mstd0.5"),
      colourJitter: optional(from0, 's', 'Jitter of brightness, contrast and saturation; 0 for none'),
      erasing: optional(share, 'p', 'How likely a rectangle of an image is erased'),
      mixup: optional(from0, 'alpha', "Mixup's alpha; 0 for none"),
      cutmix: optional(from0, 'alpha', "Cutmix's alpha; 0 for none"),
      microBatch: optional(
        wholeFrom(0),
        'n',
        'Images that go through the net at once, for batches that do not fit into memory; 0 for all',
      ),
      patience: optional(
        wholeFrom(0),
        'n',
        'End after so many epochs without a better test accuracy, and keep the best weights; 0 for never',
      ),
      freeze: optional(
        String,
        'parts',
        "Parts of the net that do not learn, such as 'stem,layer1..2'; see resfn summary",
      ),
      rates: optional(
        String,
        'parts=factor',
        "Other learning rates by parts, such as 'stem,layer1=0.1;fc=10'; see resfn summary",
      ),
      ema: optional(
        below1,
        'decay',
        'Keep and evaluate a moving average of weights and statistics, such as 0.999; 0 for none',
      ),
      teacher: optional(
        String,
        'net',
        'Learn from the outputs of another net as well: a run, a checkpoint, a folder with config.json, or a net of the hub',
      ),
      distillation: optional(share, 'w', 'Share of the teacher in the loss, from 0 to 1 (default: 0.5)'),
      temperature: optional(positive, 't', "How much softer the teacher's outputs are made (default: 4)"),
      testShare: optional(below1, 's', 'Share of each class of photos that is drawn for testing (default: 0.2)'),
      strict: {
        kind: 'boolean',
        brief: 'End at a photo that cannot be read; by default it is left out',
        optional: true,
        withNegated: true,
      },
      workers: optional(wholeFrom(0), 'n', 'Threads that read photos (default: all cores)'),
      images: optional(wholeFrom(0), 'n', 'Train on so many images only; 0 for all'),
      seed: optional(wholeFrom(0), 'n', 'Random seed (default: 0)'),
      saveSteps: optional(wholeFrom(1), 'n', 'Save after so many steps, and after each epoch (default: 50)'),
      backend: {
        ...optional(String, 'name', 'auto, wasm, cpu, … (default: auto)'),
        proposeCompletions: proposals.backends,
      },
      threads: optional(wholeFrom(0), 'n', 'Threads of the WASM backend (default: all cores)'),
      out: optional(String, 'dir', 'Folder for the run (default: runs/<date>-<net>)'),
      from: optional(
        String,
        'net',
        'Begin with the weights of a run, a checkpoint, a folder with config.json, or a net of the hub such as timm/resnet18.a1_in1k',
      ),
      resume: optional(String, 'dir', 'Resume the run in a folder'),
      resumeLatest: {
        kind: 'boolean',
        brief:
          'Resume the run in --out, or the last one in runs, with its own settings; start a new one where there is none',
        optional: true,
        withNegated: false,
      },
      parallel: optional(
        parseParallel,
        'auto|none|mpi|threads:N',
        'Ranks that train one run together: those of mpirun or srun (default: where they started this), or threads',
      ),
      syncBatchNorm: {
        kind: 'boolean',
        brief: 'Normalise by the statistics of all ranks, not of each',
        optional: true,
        withNegated: true,
      },
      wire: {
        kind: 'enum',
        values: ['float32', 'float16', 'bfloat16'],
        brief: 'How gradients travel between ranks (default: float32)',
        optional: true,
      },
      pauseAfter: optional(
        wholeFrom(1),
        'n',
        'Save and end once so many epochs are done; --resume goes on with the same schedule',
      ),
      ...commonFlags,
    },
  },
  func: perform(async () => (await import('../actions/train.ts')).trainOrResume),
})
