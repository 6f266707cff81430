import { resolve } from 'node:path'
import type { ExportFlags } from '../commands/export.ts'
import { usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { exportOnnx, exportTfjs } from '../run/export-graph.ts'
import { exportHub } from '../run/export-hub.ts'
import { exportRecipe } from '../run/export-recipe.ts'
import type { Exporter } from '../run/exporter.ts'
import { exportWeights } from '../run/export-weights.ts'
import { locateNet } from '../run/located-net.ts'
import { checkOtherFile } from '../run/write-parts.ts'

/** How something is written, and what its name ends in. */
const targets: { readonly [target: string]: { readonly ending: string; readonly exporter: Exporter } } = {
  safetensors: { ending: '.safetensors', exporter: exportWeights },
  onnx: { ending: '.onnx', exporter: exportOnnx },
  // Folders, whose names may be any other.
  recipe: { ending: '', exporter: exportRecipe },
  tfjs: { ending: '', exporter: exportTfjs },
  hub: { ending: '', exporter: exportHub },
}

const exporterOf = (out: string, { format: named, recipe, dtype, batchNorm }: ExportFlags): Exporter => {
  if (recipe && (named !== undefined || batchNorm === 'folded'))
    throw usageError('--recipe has the keys and the batch normalisation of timm; leave out --format and --batch-norm')
  const format = recipe ? 'recipe' : (named ?? '')
  const byEnding = Object.values(targets).find(({ ending }) => ending !== '' && out.endsWith(ending))
  const asked = Object.hasOwn(targets, format) ? targets[format] : undefined
  if (asked !== undefined && asked.ending !== (byEnding?.ending ?? ''))
    throw usageError(
      asked.ending === ''
        ? `${out} is written as ${format}, which is a folder; give it a name without an ending (--out)`
        : `${out} is written as ${format}; give it a name that ends in ${asked.ending} (--out)`,
    )
  const target = asked ?? byEnding
  if (target === undefined)
    throw usageError(
      `${out}: the ending says how it is written; give it a name that ends in .safetensors or .onnx, or say --format tfjs or hub, or --recipe, for a folder (--out)`,
    )
  if (dtype !== 'float32' && target !== targets['safetensors'] && target !== targets['hub'])
    throw usageError(`${out} holds float32 numbers; leave out --dtype ${dtype}, or write .safetensors or --format hub`)
  return target.exporter
}

/** Writes a net, or its weights, for another program. */
export const exportNet: Action<ExportFlags, [string]> = async (context, flags, given) => {
  const out = resolve(context.cwd, flags.out)
  const exporter = exporterOf(out, flags)
  const located = await locateNet(context, given, { net: flags.net })
  const { name, where, origin } = located
  checkOtherFile(where, out)
  const { json, text } = await exporter(context, { located, out, flags })
  return { json: { file: out, ...origin, net: name, ...json }, text: `${name}: ${text}` }
}
