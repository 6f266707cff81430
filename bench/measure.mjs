// @ts-check
// All engines on one net, each in a process of its own. They take turns, so that a ratio compares measurements made
// seconds apart.
import { setTimeout } from 'node:timers/promises'
import { startChild } from './child.mjs'
import { nets, peakMb } from './nets.mjs'

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]

/** Threads of an engine that has just worked spin for a while before they sleep. */
const pause = 300

const rowOf = ({ job, ms, version, params, firstMs, refused, ...end }) => {
  const about = { engine: job.engine, net: job.net, batch: job.batch, threads: job.threads }
  if (refused !== undefined) return { ...about, refused }
  const sorted = [...ms].sort((a, b) => a - b)
  const median = quantile(sorted, 0.5)
  return {
    ...about,
    examplesPerSecond: (job.batch * 1000) / median,
    medianMs: median,
    lowMs: quantile(sorted, 0.25),
    highMs: quantile(sorted, 0.75),
    steps: ms.length,
    firstMs,
    params,
    version,
    ...end,
  }
}

/**
 * The rows of one net: `rounds` turns of at least `leastMs` and `leastSteps` each.
 * An engine on a reduced batch takes one turn, of at least one step.
 */
export const measureNet = async (name, engines, { rounds, leastMs, leastSteps }, report) => {
  const children = []
  for (const { name: engine, nets: its, ...rest } of engines) {
    const { reduced } = its[name]
    report(`${name}: starting ${engine}, ${rest.threads} thread${rest.threads === 1 ? '' : 's'}`)
    children.push({
      ms: [],
      reduced: reduced !== undefined,
      ...(await startChild({ ...rest, engine, net: name, batch: reduced ?? nets[name].batch })),
    })
  }
  for (let round = 0; round < rounds; round++) {
    report(`${name}: round ${round + 1} of ${rounds}`)
    for (const child of children) {
      if (child.refused !== undefined || (child.reduced && round > 0)) continue
      await setTimeout(pause)
      const turn = await child.run(leastMs, child.reduced ? 1 : leastSteps)
      child.refused = turn.refused
      child.ms.push(...(turn.ms ?? []))
    }
  }
  const rows = []
  for (const { run: _, end, ready: _ready, reduced: _reduced, stack, ...child } of children) {
    if (process.env.DEBUG && stack) report(stack)
    rows.push(rowOf({ ...child, ...(child.refused === undefined ? await end() : {}) }))
  }
  return rows
}

/** What must hold of the rows, in words; empty if all does. Timings are not judged: they belong to the machine. */
export const faults = (rows) =>
  rows
    .filter(({ refused }) => refused === undefined)
    .flatMap(({ engine, net, threads, ...row }) => {
      const who = `${engine} (${threads}) on ${net}`
      const ours = engine.startsWith('resfn')
      const others = rows.filter((other) => other.net === net && other.refused === undefined)
      return [
        ...(row.lastLoss === undefined || row.lastLoss < row.firstLoss
          ? []
          : [`${who}: the loss went from ${row.firstLoss} to ${row.lastLoss} on one and the same batch`]),
        ...(others.every(({ params }) => params === row.params)
          ? []
          : [`${who}: ${row.params} parameters, others have ${others.map(({ params }) => params).join(', ')}`]),
        ...(ours && row.tensorsGrown !== 0 ? [`${who}: ${row.tensorsGrown} tensors more than after step 2`] : []),
        ...(ours && row.heapGrownMb !== undefined && row.heapGrownMb !== 0
          ? [`${who}: the heap grew by ${row.heapGrownMb} MB after step 8`]
          : []),
        ...(ours && row.peakRssMb >= (nets[net].peakMb ?? peakMb)
          ? [
              `${who}: peak memory ${row.peakRssMb.toFixed(0)} MB is not below ${(nets[net].peakMb ?? peakMb) / 1024} GB`,
            ]
          : []),
      ]
    })
