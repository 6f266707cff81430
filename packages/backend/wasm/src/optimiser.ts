// Steps of an optimiser for all parameters of a net in one call.
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { isFloat } from '@resfn/overlay'
import type { Contracts } from '@resfn/primitive'
import type { Device } from './device.ts'
import { sizeOf } from './shape.ts'

type Numbered = { readonly [name: string]: TensorInfo | null | undefined }
type Lists = readonly (readonly TensorInfo[])[]

// Floats of a row, at most: parameters differ in size, and threads take rows.
const rowFloats = 16_384

// The inputs by name and number, if all are there and float32; undefined otherwise.
const listsOf = (inputs: Numbered, names: readonly string[]): Lists | undefined => {
  const count = Object.keys(inputs).length / names.length
  const lists = names.map((name) => Array.from({ length: count }, (_, i) => inputs[`${name}${i}`]))
  return lists.every((list) => list.every(isFloat)) ? (lists as TensorInfo[][]) : undefined
}

/** New tensors with the shapes of a list. */
const like = (device: Device, list: readonly TensorInfo[]): readonly TensorInfo[] =>
  list.map(({ shape }) => device.output(shape))

/**
 * Calls `run` with the address of the rows, as assembly/optimiser.ts reads them, and of a number of doubles for each;
 * `work` is about the number of float operations, `each` a float.
 */
const withRows = (
  device: Device,
  { lists, each, doubles = 0 }: { readonly lists: Lists; readonly each: number; readonly doubles?: number },
  run: (at: { readonly rows: number; readonly count: number; readonly sums: number; readonly work: number }) => void,
): void => {
  const rows: number[] = []
  let [count, floats] = [0, 0]
  for (const [index, { shape }] of lists[0]!.entries()) {
    const [size, starts, first] = [sizeOf(shape), lists.map((list) => device.address(list[index]!)), count]
    const parts = Math.ceil(size / rowFloats)
    for (let from = 0; from < size; from += rowFloats) {
      for (const start of starts) rows.push(start + from * 4)
      rows.push(Math.min(rowFloats, size - from), index, first, parts)
    }
    count += parts
    floats += size
  }
  device.scratch({ sums: count * doubles * 8, rows: rows.length * 4 }, (at) => {
    device.ints(at.rows, rows)
    run({ ...at, count, work: each * floats })
  })
}

/** The next parameters and velocities of gradient descent with momentum. */
export const momentumSteps = (
  device: Device,
  inputs: Contracts<TensorInfo>['MomentumSteps']['inputs'],
  { learningRate, momentum, nesterov }: Contracts['MomentumSteps']['settings'],
): readonly TensorInfo[] | undefined => {
  const lists = listsOf(inputs, ['param', 'gradient', 'velocity'])
  if (lists === undefined) return undefined
  const outputs = [0, 1].map(() => like(device, lists[0]!))
  withRows(device, { lists: [...lists, ...outputs], each: 6 }, ({ rows, count, work }) =>
    device.run('momentumSteps', { rows, count, learningRate, momentum, nesterov: nesterov ? 1 : 0 }, work),
  )
  return outputs.flat()
}

const adamInputs = ['param', 'gradient', 'mean', 'square']

/** The next parameters, means and squares of Adam. */
export const adamSteps = (
  device: Device,
  inputs: Contracts<TensorInfo>['AdamSteps']['inputs'],
  { beta1, beta2, epsilon, rate }: Contracts['AdamSteps']['settings'],
): readonly TensorInfo[] | undefined => {
  const lists = listsOf(inputs, adamInputs)
  if (lists === undefined) return undefined
  const outputs = [0, 1, 2].map(() => like(device, lists[0]!))
  const numbers = { share: 1 - beta1, beta2, squareShare: 1 - beta2, epsilon, rate }
  withRows(device, { lists: [...lists, ...outputs], each: 14 }, ({ rows, count, work }) =>
    device.run('adamSteps', { rows, count, ...numbers }, work),
  )
  return outputs.flat()
}

/** The next parameters, means and squares of LAMB. */
export const lambSteps = (
  device: Device,
  inputs: Contracts<TensorInfo>['LambSteps']['inputs'],
  { beta1, beta2, epsilon, correction, decay, rate }: Contracts['LambSteps']['settings'],
): readonly TensorInfo[] | undefined => {
  const lists = listsOf(inputs, adamInputs)
  if (lists === undefined) return undefined
  const outputs = [0, 1, 2].map(() => like(device, lists[0]!))
  const numbers = { share: 1 - beta1, beta2, squareShare: 1 - beta2, epsilon, correction, decay }
  withRows(device, { lists: [...lists, ...outputs], each: 18, doubles: 2 }, ({ rows, count, sums, work }) => {
    device.run('lambDirections', { rows, count, sums, ...numbers }, work)
    device.run('lambSteps', { rows, count, sums, rate }, work)
  })
  return outputs.flat()
}

/** x + factor y of many tensors. */
export const addScaled = (
  device: Device,
  inputs: Contracts<TensorInfo>['AddScaled']['inputs'],
  { factor }: Contracts['AddScaled']['settings'],
): readonly TensorInfo[] | undefined => {
  const lists = listsOf(inputs, ['x', 'y'])
  if (lists === undefined) return undefined
  const sums = like(device, lists[0]!)
  withRows(device, { lists: [...lists, sums], each: 2 }, ({ rows, count, work }) =>
    device.run('addScaled', { rows, count, factor }, work),
  )
  return sums
}

/** factor x of many tensors. */
export const scaleAll = (
  device: Device,
  { factor, ...inputs }: Contracts<TensorInfo>['ScaleAll']['inputs'],
): readonly TensorInfo[] | undefined => {
  const lists = listsOf(inputs, ['x'])
  if (lists === undefined) return undefined
  const products = like(device, lists[0]!)
  withRows(device, { lists: [...lists, products], each: 1 }, ({ rows, count, work }) =>
    device.run('scaleAll', { rows, count, factor: device.address(factor) }, work),
  )
  return products
}

/** The sum of the squares of each tensor, [number of tensors]. */
export const squareSums = (
  device: Device,
  inputs: Contracts<TensorInfo>['SquareSums']['inputs'],
): readonly [TensorInfo] | undefined => {
  const lists = listsOf(inputs, ['x'])
  if (lists === undefined) return undefined
  const out = device.output([lists[0]!.length])
  withRows(device, { lists, each: 2, doubles: 1 }, ({ rows, count, sums, work }) => {
    device.run('squareSums', { rows, count, sums }, work)
    device.run('addRowSums', { rows, count, sums, out: device.address(out) }, count)
  })
  return [out]
}
