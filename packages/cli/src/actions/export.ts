import { resolve } from 'node:path'
import type { ExportFlags } from '../commands/export.ts'
import { usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { openCheckpoint } from '../run/checkpoint-file.ts'
import { exportGraph } from '../run/export-graph.ts'
import type { Exporter } from '../run/exporter.ts'
import { exportWeights } from '../run/export-weights.ts'
import { checkOtherFile } from '../run/write-parts.ts'

/** What a name of a file ends in, and what is written then. */
const endings: { readonly [ending: string]: Exporter } = { '.safetensors': exportWeights, '.onnx': exportGraph }

/** Formats that are no names of keys, and what the file is called. */
const endingOf: { readonly [format: string]: string } = { onnx: '.onnx' }

const exporterOf = (out: string, { format = '' }: ExportFlags): Exporter => {
  const wanted = Object.hasOwn(endingOf, format) ? endingOf[format]! : undefined
  const ending = Object.keys(endings).find((known) => out.endsWith(known))
  if (wanted !== undefined && ending !== wanted)
    throw usageError(`${out} is written as ${format}; give it a name that ends in ${wanted} (--out)`)
  if (ending === undefined)
    throw usageError(
      `${out}: the ending says how it is written; give it a name that ends in ${Object.keys(endings).join(' or ')} (--out)`,
    )
  return endings[ending]!
}

/** Writes the net or the weights of a checkpoint for another program. */
export const exportCheckpoint: Action<ExportFlags, [string]> = async (context, flags, given) => {
  const out = resolve(context.cwd, flags.out)
  const exporter = exporterOf(out, flags)
  const loaded = await openCheckpoint(context, given, flags.net)
  checkOtherFile(loaded.path, out)
  const { json, text } = await exporter(context, { loaded, out, flags })
  return { json: { file: out, checkpoint: loaded.path, net: loaded.name, ...json }, text: `${loaded.name}: ${text}` }
}
