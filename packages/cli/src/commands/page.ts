import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags, optional } from './flags.ts'

export type PageFlags = CommonFlags & { readonly port?: number; readonly open: boolean }

/** Zero asks the system for a free one. */
const port = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new Error('give a port from 0 to 65535')
  return Number(text)
}

export const pageCommand: Command<Context> = buildCommand<PageFlags, [string?], Context>({
  docs: {
    brief: 'Serve the page to build nets and watch them learn',
    fullDescription: [
      'Serves the page that comes with resfn, on this machine only, until Ctrl-C: compose a net from blocks, watch it learn, look inside. All is computed in the browser, and nothing',
      'leaves the machine. Served from here, WASM works with all cores.',
      '',
      '  resfn page  prints the address',
      '  resfn page --open  and opens it in the browser',
      '  resfn page --port 9000  at another port',
      '  resfn page runs/shop  opens a run there, or a checkpoint, to try it on pictures',
    ].join('\n'),
  },
  parameters: {
    flags: {
      port: optional(port, 'n', 'The port; 0 for any (default: 8017, or the next that is free)'),
      open: { kind: 'boolean', brief: 'Open the page in the browser', default: false },
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'A run or a checkpoint to open there', parse: String, placeholder: 'run', optional: true }],
    },
  },
  func: perform(async () => (await import('../actions/page.ts')).servePage),
})
