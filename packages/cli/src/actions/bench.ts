import { formatShape, sizeOf, summary } from '@resfn/layer'
import { key, normal } from '@resfn/random'
import { dispose } from '@resfn/tree'
import { memory, profile, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { BenchFlags } from '../commands/bench.ts'
import { type Context, say } from '../context/context.ts'
import { interruptedBy } from '../error.ts'
import type { Action } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { type GivenNet, givenNet } from '../run/given-net.ts'
import { readyNet } from '../run/ready-net.ts'
import { count, duration } from '../text/format.ts'

/** Milliseconds of each pass, until the time is over; at least three passes. */
const measured = async (
  pass: () => Promise<void>,
  seconds: number,
  signal: AbortSignal,
): Promise<readonly number[]> => {
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  while (times.length < 3 || performance.now() < end) {
    if (signal.aborted) throw interruptedBy(signal, `stopped after ${count(times.length)} passes`)
    const start = performance.now()
    await pass()
    times.push(performance.now() - start)
    await new Promise((after) => setImmediate(after))
  }
  return times
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const run = async (context: Context, flags: BenchFlags, given: GivenNet): Promise<ReturnType<typeof outputOf>> => {
  const { input } = given
  const variables = await given.variables()
  const weights = memory().numBytes
  // As `predict` makes it ready for many pictures.
  const { net, params, state } = readyNet({ ...variables, net: given.net }, input, Infinity)
  dispose(variables)
  const shape = [flags.batch, ...input]
  const x = tensor(normal(key(1), sizeOf(shape)), shape)
  const apply = (): Tensor => tidy(() => net.apply(params, x, state))
  const { signal, release } = context.interrupts()
  const pass = async (): Promise<void> => {
    const y = apply()
    await y.data()
    y.dispose()
  }
  try {
    say(
      context,
      `${given.name}: ${count(flags.batch)} x ${formatShape(input)}, for ${duration(flags.seconds)}, made ready for inference`,
    )
    const first = await measured(pass, 0, signal)
    const times = await measured(pass, flags.seconds, signal)
    const { peakBytes, result } = await profile(apply)
    dispose(result)
    return outputOf(context, given, flags, { first: first[0]!, times, weights, peak: peakBytes })
  } finally {
    release()
  }
}

const outputOf = (
  context: Context,
  { name, net, input, from }: GivenNet,
  { batch }: BenchFlags,
  found: { readonly first: number; readonly times: readonly number[]; readonly weights: number; readonly peak: number },
) => {
  const { params, macs } = summary(net, input)
  const { first, times, weights, peak } = found
  const typical = median(times)
  const imagesPerSecond = (1000 * batch) / typical
  const resident = process.memoryUsage.rss()
  return {
    json: {
      net: name,
      ...from,
      madeReady: true,
      input,
      batch,
      passes: times.length,
      imagesPerSecond,
      milliseconds: { first, median: typical, least: Math.min(...times), largest: Math.max(...times) },
      gigaMacsPerSecond: (macs * imagesPerSecond) / 1e9,
      parameters: params,
      bytes: { weights, peak, resident },
      machine: context.machine,
    },
    text: [
      `${imagesPerSecond.toFixed(imagesPerSecond < 10 ? 2 : 1)} images a second (median of ${count(times.length)} passes of ${typical.toFixed(1)} ms; the first took ${first.toFixed(0)} ms)`,
      `${((macs * imagesPerSecond) / 1e9).toFixed(1)} G multiply-adds a second`,
      `memory: ${mebibytes(weights)} of weights, ${mebibytes(peak)} of tensors at the peak of a pass, ${mebibytes(resident)} of the process`,
      context.machine,
    ].join('\n'),
  }
}

/** How fast a net is here, and the memory that it takes. */
export const benchNet: Action<BenchFlags, []> = async (context, flags) => {
  const given = await givenNet(context, flags.net, flags.input === undefined ? {} : { input: flags.input })
  const backend = await startBackend(context, flags)
  try {
    const output = await run(context, flags, given)
    return { ...output, json: { backend: backend.backend, details: backend.details, ...output.json } }
  } finally {
    backend.dispose()
  }
}
