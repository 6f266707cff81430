import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags } from './flags.ts'

export const doctorCommand: Command<Context> = buildCommand<CommonFlags, [], Context>({
  docs: { brief: 'Say what works on this machine: Node, backends, threads, images' },
  parameters: { flags: commonFlags },
  func: perform(async () => (await import('../actions/doctor.ts')).examine),
})
