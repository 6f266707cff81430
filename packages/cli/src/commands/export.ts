import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { checkpointFlags, type CheckpointFlags, checkpointParameter, commonFlags, formatFlag } from './flags.ts'

export type ExportFlags = CommonFlags &
  Pick<CheckpointFlags, 'net'> & { readonly out: string; readonly format?: string }

export const exportCommand: Command<Context> = buildCommand<ExportFlags, [string], Context>({
  docs: {
    brief: 'Write the weights of a checkpoint for another program',
    fullDescription: [
      'Writes the weights of a checkpoint, or of the one in the folder of a run, as a safetensors file with the keys, shapes and order of axes',
      "of another program: timm's and torchvision's load_state_dict(strict=True) takes it.",
    ].join('\n'),
  },
  parameters: {
    flags: {
      out: { kind: 'parsed', parse: String, brief: 'The safetensors file', placeholder: 'file' },
      format: formatFlag('The program that shall read it (default: the usual one of the net)'),
      net: checkpointFlags.net,
      ...commonFlags,
    },
    positional: { kind: 'tuple', parameters: [checkpointParameter] },
  },
  func: perform(async () => (await import('../actions/export.ts')).exportCheckpoint),
})
