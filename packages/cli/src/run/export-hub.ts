import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { netNamed } from './net.ts'
import type { Context } from '../context/context.ts'
import { usageError } from '../error.ts'
import { logLine, parseLog } from './event-log.ts'
import { exportWeights } from './export-weights.ts'
import type { Exporter } from './exporter.ts'
import type { LocatedNet } from './located-net.ts'
import { modelCard } from './model-card.ts'
import { picturesOf } from './photo-preprocessing.ts'
import { runFolder } from './run-folder.ts'
import { fillFolder } from './write-parts.ts'

/** What timm's config says of a net that was found. */
const configOf = (located: LocatedNet) => {
  const preprocessing = picturesOf(located)
  return {
    architecture: located.name,
    classes: located.classes,
    input: [...preprocessing.size, preprocessing.channels] as const,
    preprocessing,
  }
}

/** The epochs and evaluations of the run of a checkpoint; nothing where it is not in the folder of one. */
const eventsOf = async ({ files }: Context, { loaded }: LocatedNet) => {
  if (loaded === undefined) return []
  const { path, notes } = loaded
  const { log } = runFolder(join(path, '..'))
  if (notes._tag === 'Left' || (await files.kind(log)) !== 'file') return []
  return parseLog(log, await files.readText(log)).filter(({ type }) => type !== 'step')
}

/**
 * The net as timm publishes one: its weights, `config.json`, the log, and a model card. The config comes last, when all
 * is there.
 */
export const exportHub: Exporter = async (context, job) => {
  const { files } = context
  const { out, located, flags } = job
  if ((await files.kind(out)) === 'folder' && (await files.list(out)).length > 0)
    throw usageError(`${out} is a folder that holds something; choose another one (--out)`)
  // Loaded here: it knows the hub, and other exports do not need it.
  const { formatNetConfig } = await import('@resfn/hub')
  const { name } = located
  const { format: _, ...others } = flags
  const [weights, config, card, log] = ['model.safetensors', 'config.json', 'README.md', 'log.jsonl'].map((file) =>
    join(out, file),
  ) as [string, string, string, string]
  const said = configOf(located)
  const events = await eventsOf(context, located)
  const write = async () => {
    const { json } = await exportWeights(context, { ...job, out: weights, flags: others })
    const sha256 = createHash('sha256')
      .update(await files.read(weights))
      .digest('hex')
    if (events.length > 0) await files.write(log, events.map(logLine).join(''))
    const text = modelCard({
      name,
      description: netNamed(name).description,
      config: said,
      events,
      sha256,
      dtype: flags.dtype,
      ...(located.loaded !== undefined && { loaded: located.loaded }),
    })
    await files.write(card, text)
    await files.write(config, formatNetConfig(said))
    return { json, sha256 }
  }
  const { json, sha256 } = await fillFolder(context, out, { paths: [weights, log, card, config], write })
  const written = [weights, ...(events.length > 0 ? [log] : []), card, config]
  return {
    json: { ...json, format: 'hub', keys: json['format'], sha256, files: written },
    text: `${String(json['tensors'])} tensors, config.json and a model card in ${out}`,
  }
}
