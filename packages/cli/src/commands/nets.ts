import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags, proposals } from './flags.ts'

export type NetsFlags = CommonFlags

export const netsCommand: Command<Context> = buildCommand<NetsFlags, readonly string[], Context>({
  docs: {
    brief: 'List the nets',
    fullDescription:
      "Lists the nets with their sizes: all, or those whose names fit a pattern. In a pattern, * stands for any letters and ? for one: resfn nets 'resnet*'",
  },
  parameters: {
    flags: commonFlags,
    positional: {
      kind: 'array',
      parameter: {
        brief: 'Names, or patterns of names',
        parse: String,
        placeholder: 'pattern',
        proposeCompletions: proposals.nets,
      },
    },
  },
  func: perform(async () => (await import('../actions/nets.ts')).netsInNumbers),
})
