import type { ExportFlags } from '../commands/export.ts'
import type { Context } from '../context/context.ts'
import type { LoadedCheckpoint } from './checkpoint-file.ts'

/** What is exported, and where to. */
export type ExportJob = { readonly loaded: LoadedCheckpoint; readonly out: string; readonly flags: ExportFlags }

/** Writes a checkpoint for another program, and says what it wrote. */
export type Exporter = (
  context: Context,
  job: ExportJob,
) => Promise<{ readonly json: { readonly [name: string]: unknown }; readonly text: string }>
