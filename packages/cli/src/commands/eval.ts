import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { backendFlags, checkpointFlags, type CheckpointFlags, netParameter, commonFlags } from './flags.ts'

export type EvalFlags = CommonFlags & BackendFlags & CheckpointFlags

export const evalCommand: Command<Context> = buildCommand<EvalFlags, [string], Context>({
  docs: {
    brief: 'Evaluate a net on test images',
    fullDescription: [
      'Evaluates the net of a run, a checkpoint, a repository of the Hugging Face hub or a folder with config.json on the test images: accuracy, top-5 accuracy, loss,',
      'precision, recall and F1 of each class, confusion matrix. The images are those of the run unless --data names others.',
      '',
      '  resfn eval runs/quick  on the test images of the run',
      '  resfn eval timm/resnet18.a1_in1k --data photos  on photos/tabby, photos/n02124075, …: all of them, or those in val/ or test/',
      '  resfn eval my-net --data test.csv --json  a folder with config.json, on a manifest with the columns path and label',
      '',
      "A class of photos is named as the net names it, by one of several words of its name (tabby of 'tabby, tabby cat'), by its id in WordNet, or by its label. There may be fewer",
      'classes than the net knows.',
    ].join('\n'),
  },
  parameters: {
    flags: { ...checkpointFlags, ...backendFlags, ...commonFlags },
    positional: { kind: 'tuple', parameters: [netParameter] },
  },
  func: perform(async () => (await import('../actions/eval.ts')).evalNet),
})
