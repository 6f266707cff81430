import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags } from './flags.ts'

export const netsCommand: Command<Context> = buildCommand<CommonFlags, [], Context>({
  docs: { brief: 'List the nets' },
  parameters: { flags: commonFlags },
  func: perform(async () => (await import('../actions/nets.ts')).listNets),
})
