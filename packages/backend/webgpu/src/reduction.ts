import type { TensorInfo } from '@tensorflow/tfjs-core'
import { type Device, type Element } from './device.ts'

const threads = 256
/** Workgroups that keep a large GPU busy, about. */
const busy = 1024
/** Rows that a thread adds up at least, before it pays to divide them further. */
const leastRows = 8

type Item = 'f32' | 'vec2f'
type Named = { readonly [name: string]: TensorInfo }

/**
 * Sums over rows, for each outer index and channel.
 *
 * - `value`: WGSL that reads `outer`, `row` and `channel` (u32) and returns the item to add
 * - `finish`: WGSL that reads `outer`, `channel`, `sum` and `total`, the number of rows, and stores to the outputs
 */
export type Reduction = {
  readonly name: string
  readonly item: Item
  readonly outer?: number
  readonly rows: number
  readonly channels: number
  readonly value: string
  readonly inputs: Named
  readonly finish: string
  /** What `finish` reads; `inputs` if left out. */
  readonly finishInputs?: Named
  readonly outputs: Named
  readonly constants?: string
}

const scalars = (named: Named): { readonly [name: string]: Element } =>
  Object.fromEntries(Object.keys(named).map((name) => [name, 'f32']))

type Stage = Omit<Required<Reduction>, 'finishInputs'> & {
  readonly chunks: number
  /** The rows of the first pass. */
  readonly total: number
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** One pass: a workgroup adds a chunk of the rows for up to 64 channels. */
const run = (device: Device, stage: Stage): void => {
  const { name, item, outer, rows, total, channels, chunks, value, inputs, finish, outputs, constants } = stage
  const wide = Math.min(64, powerOfTwo(channels))
  const high = threads / wide
  const chunkRows = Math.ceil(rows / chunks)
  device.run(
    {
      key: [name, item, outer, rows, total, channels, chunks, constants].join(' '),
      outputs: scalars(outputs),
      inputs: scalars(inputs),
      code: () => `
alias T = ${item};
const rows = ${rows}u;
const total = ${total}u;
const channels = ${channels}u;
const chunks = ${chunks}u;
${constants}
fn valueAt(outer: u32, row: u32, channel: u32) -> T { ${value} }
fn finish(outer: u32, chunk: u32, channel: u32, sum: T) { ${finish} }
var<workgroup> sums: array<T, ${threads}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = group.x * ${wide}u + local % ${wide}u;
  let first = local / ${wide}u;
  var sum = T();
  if (channel < channels) {
    let end = min(rows, (group.y + 1u) * ${chunkRows}u);
    for (var row = group.y * ${chunkRows}u + first; row < end; row += ${high}u) {
      sum += valueAt(group.z, row, channel);
    }
  }
  sums[local] = sum;
  workgroupBarrier();
  for (var half = ${high / 2}u; half > 0u; half /= 2u) {
    if (first < half) { sums[local] += sums[local + half * ${wide}u]; }
    workgroupBarrier();
  }
  if (first == 0u && channel < channels) { finish(group.z, group.y, channel, sums[local]); }
}`,
      workgroups: [Math.ceil(channels / wide), chunks, outer],
    },
    Object.values(outputs),
    Object.values(inputs),
  )
}

/** Sums over rows in one pass, or in two where one would leave most of the GPU idle. */
export const reduceRows = (
  device: Device,
  { outer = 1, constants = '', finishInputs, ...reduction }: Reduction,
): void => {
  const { item, rows, channels, inputs } = reduction
  const wide = Math.min(64, powerOfTwo(channels))
  const columns = Math.ceil(channels / wide) * outer
  const chunks = Math.max(
    1,
    Math.min(Math.ceil(busy / columns), Math.floor(rows / (leastRows * (threads / wide))), 65_535),
  )
  const finishing = finishInputs ?? inputs
  const stage = { ...reduction, outer, constants, chunks, total: rows }
  if (chunks === 1) return run(device, { ...stage, inputs: { ...inputs, ...finishing } })
  const parts = item === 'f32' ? 1 : 2
  const partial = device.output([outer, chunks, channels, parts])
  const at = '((outer * chunks + chunk) * channels + channel)'
  run(device, {
    ...stage,
    name: `parts of ${reduction.name}`,
    outputs: { partial },
    finish:
      item === 'f32' ? `partial[${at}] = sum;` : `let at = 2u * ${at}; partial[at] = sum.x; partial[at + 1u] = sum.y;`,
  })
  const from = `((outer * rows + row) * channels + channel)`
  run(device, {
    ...stage,
    name: `whole of ${reduction.name}`,
    rows: chunks,
    chunks: 1,
    value:
      item === 'f32'
        ? `return partial[${from}];`
        : `let at = 2u * ${from}; return vec2f(partial[at], partial[at + 1u]);`,
    inputs: { partial, ...finishing },
    finish: reduction.finish,
  })
  device.dispose(partial)
}
