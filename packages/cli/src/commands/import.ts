import { buildCommand, type Command } from '@stricli/core'
import type { Shape } from '@resfn/layer'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { wholeFrom } from '../text/numbers.ts'
import { parseInput } from '../text/shape.ts'
import { commonFlags, formatFlag, optional, proposals, withDefault } from './flags.ts'

export type ImportFlags = CommonFlags & {
  readonly net?: string
  readonly out: string
  readonly format?: string
  readonly classes?: number
  readonly input?: Shape
  readonly seed: number
}

export const importCommand: Command<Context> = buildCommand<ImportFlags, [string], Context>({
  docs: {
    brief: 'Make a checkpoint of weights that another program wrote',
    fullDescription: [
      'Makes a checkpoint of weights that another program wrote: a repository of the Hugging Face hub (owner/name, or a name of timm), a folder with',
      'config.json, a safetensors file, the index of one in several parts, a file of PyTorch (.pth, .pt), of which nothing is run, or of NumPy (.npz).',
      'eval, predict and summary take the checkpoint, and train --from begins with it:',
      '',
      '  resfn import resnet50.tv_in1k --out resnet50  fetched once, then taken from the cache',
      '  resfn import owner/name@v1 --out r  a branch, a tag or a commit',
      '  resfn import resnet50.pth --net resnet50 --classes 10 --out ten  a new head for ten classes',
      '',
      'Keys that do not fit the net are all listed, and nothing is written. Weights for colour images are adapted to --input of other channels, and',
      'another number of --classes draws a new head. HF_TOKEN, HF_ENDPOINT, HF_HUB_CACHE and HF_HUB_OFFLINE mean what they mean to Python.',
    ].join('\n'),
  },
  parameters: {
    flags: {
      net: {
        ...optional(String, 'name', 'The net of the weights, where config.json does not say it; see resfn nets'),
        proposeCompletions: proposals.nets,
      },
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'The folder of a new run, or a file that ends in .safetensors',
        placeholder: 'run|file',
      },
      format: formatFlag('The program that the keys are of (default: the one with most of the keys)'),
      classes: optional(wholeFrom(1), 'n', "Number of classes (default: that of config.json, or the net's own)"),
      input: optional(
        parseInput,
        'shape',
        "Shape of one image: 96x96x1, or channels first 1x96x96 (default: that of config.json, or the net's own)",
      ),
      seed: withDefault(wholeFrom(0), 'n', '0', 'Draws a new head'),
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'Weights: a name on the hub, a folder or a file', parse: String, placeholder: 'weights' }],
    },
  },
  func: perform(async () => (await import('../actions/import.ts')).importFile),
})
