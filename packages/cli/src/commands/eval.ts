import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { backendFlags, checkpointFlags, type CheckpointFlags, checkpointParameter, commonFlags } from './flags.ts'

export type EvalFlags = CommonFlags & BackendFlags & CheckpointFlags

export const evalCommand: Command<Context> = buildCommand<EvalFlags, [string], Context>({
  docs: {
    brief: 'Evaluate a checkpoint on the test images',
    fullDescription: [
      'Evaluates a checkpoint, or the one in the folder of a run, on the test images: accuracy, loss, precision, recall and F1 of each class,',
      'confusion matrix. The images are those of the run unless --data names others.',
    ].join('\n'),
  },
  parameters: {
    flags: { ...checkpointFlags, ...backendFlags, ...commonFlags },
    positional: { kind: 'tuple', parameters: [checkpointParameter] },
  },
  func: perform(async () => (await import('../actions/eval.ts')).evalCheckpoint),
})
