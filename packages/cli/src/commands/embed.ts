import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { LookFlags } from '../run/with-viewer.ts'
import { commonFlags, lookFlags, strictFlag, withDefault } from './flags.ts'

export type EmbedFlags = CommonFlags & LookFlags & { readonly out: string; readonly strict: boolean }

export const embedCommand: Command<Context> = buildCommand<EmbedFlags, readonly string[], Context>({
  docs: {
    brief: 'Write pictures as vectors for NumPy',
    fullDescription: [
      'Writes what a net makes of pictures before its last layer: a vector each, float32, in a file that numpy.load reads. Their names stand in a text file beside it, a line each.',
      '',
      '  resfn embed photos --net runs/quick  vectors.npy and vectors.txt',
      "  resfn embed 'shoes/*.jpg' bag.png --net runs/quick --out shoes.npy  files and patterns",
      '  resfn embed photos --net runs/quick --json  for programs',
    ].join('\n'),
  },
  parameters: {
    flags: {
      out: withDefault(String, 'file.npy', 'vectors.npy', 'The file to write, all or nothing'),
      strict: strictFlag,
      ...lookFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'Pictures: files, folders, patterns or -', parse: String, placeholder: 'path' },
    },
  },
  func: perform(async () => (await import('../actions/embed.ts')).embedInto),
})
