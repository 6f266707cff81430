import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { LookFlags } from '../run/with-viewer.ts'
import { wholeFrom } from '../text/numbers.ts'
import { commonFlags, lookFlags, optional, strictFlag, withDefault } from './flags.ts'

export type SimilarFlags = CommonFlags &
  LookFlags & { readonly top: number; readonly out?: string; readonly strict: boolean }

export const similarCommand: Command<Context> = buildCommand<SimilarFlags, readonly string[], Context>({
  docs: {
    brief: 'Find the pictures that are most like one',
    fullDescription: [
      'Finds the pictures that a net sees most like one, by the cosine of their vectors (see resfn embed): 1 is the same direction.',
      '',
      '  resfn similar shoe.jpg photos --net runs/quick  the nearest of a folder',
      '  resfn similar shoe.jpg photos --net runs/quick --top 24 --out similar.html  as a page with the pictures',
      '  resfn similar shoe.jpg photos --net runs/quick --json  for programs',
    ].join('\n'),
  },
  parameters: {
    flags: {
      top: withDefault(wholeFrom(1), 'n', '12', 'How many pictures to show'),
      out: optional(String, 'file.html', 'Write a page with the pictures, all or nothing'),
      strict: strictFlag,
      ...lookFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'array',
      parameter: {
        brief: 'The picture to compare with, then pictures: files, folders or patterns',
        parse: String,
        placeholder: 'path',
      },
    },
  },
  func: perform(async () => (await import('../actions/similar.ts')).similarPictures),
})
