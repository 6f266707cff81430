import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { LookFlags } from '../run/with-viewer.ts'
import { commonFlags, lookFlags, optional } from './flags.ts'

export type ExplainFlags = CommonFlags &
  LookFlags & { readonly layer?: string; readonly class?: string; readonly out?: string }

export const explainCommand: Command<Context> = buildCommand<ExplainFlags, [string], Context>({
  docs: {
    brief: 'Show where in a picture a net sees a class (Grad-CAM)',
    fullDescription: [
      'Writes a picture of what a class of a net rests on (Grad-CAM, Selvaraju 2017): the picture in its own size, upright, with a map over what the net sees of it, from blue',
      'for nothing to red for the most. What the net crops away stays as it is. The net is that of a run or a checkpoint, or one that others published.',
      '',
      '  resfn explain shoe.jpg --net runs/quick  the class that it is predicted to be: shoe-explained.png',
      '  resfn explain shoe.jpg --net runs/quick --class Bag --out bag.png  another class',
      '  resfn explain cat.jpg --net timm/resnet18.a1_in1k --out cat.webp  a repository of the Hugging Face hub; .png, .jpg or .webp',
      '  resfn explain shoe.jpg --net runs/quick --layer layer2.0  an earlier part; resfn graph shows them',
    ].join('\n'),
  },
  parameters: {
    flags: {
      class: optional(String, 'name|n', 'A class by name or number (default: the predicted one)'),
      layer: optional(String, 'path', 'The part whose maps are weighed (default: the last before the pooling)'),
      out: optional(
        String,
        'file.png|jpg|webp',
        'The file to write, all or nothing (default: the name of the picture, -explained.png)',
      ),
      ...lookFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'A picture, or - for standard input', parse: String, placeholder: 'picture' }],
    },
  },
  func: perform(async () => (await import('../actions/explain.ts')).explainPicture),
})
