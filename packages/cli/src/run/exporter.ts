import type { ExportFlags } from '../commands/export.ts'
import type { Context } from '../context/context.ts'
import type { LocatedNet } from './located-net.ts'

/** What is exported, and where to. */
export type ExportJob = { readonly located: LocatedNet; readonly out: string; readonly flags: ExportFlags }

/** Writes a net or its weights for another program, and says what it wrote. */
export type Exporter = (
  context: Context,
  job: ExportJob,
) => Promise<{ readonly json: { readonly [name: string]: unknown }; readonly text: string }>
