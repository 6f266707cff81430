// Steps of an optimiser for all parameters of a net in one call.
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { isFloat } from '@resfn/overlay'
import type { Contracts } from '@resfn/primitive'
import type { Device } from './device.ts'
import { sizeOf } from './shape.ts'

type Numbered = { readonly [name: string]: TensorInfo | null | undefined }

// Floats of a row, at most: parameters differ in size, and threads take rows.
const rowFloats = 16_384

// The inputs by name and number, if all are there and float32; undefined otherwise.
const listsOf = (inputs: Numbered, names: readonly string[]): readonly (readonly TensorInfo[])[] | undefined => {
  const count = Object.keys(inputs).length / names.length
  const lists = names.map((name) => Array.from({ length: count }, (_, i) => inputs[`${name}${i}`]))
  return lists.every((list) => list.every(isFloat)) ? (lists as TensorInfo[][]) : undefined
}

/**
 * Calls `run` with the address and the number of rows: parts of a parameter, each the addresses in all lists and a
 * length.
 */
const withRows = (
  device: Device,
  lists: readonly (readonly TensorInfo[])[],
  run: (rows: number, count: number, floats: number) => void,
): void => {
  const rows = lists[0]!.flatMap(({ shape }, i) => {
    const [size, starts] = [sizeOf(shape), lists.map((list) => device.address(list[i]!))]
    return Array.from({ length: Math.ceil(size / rowFloats) }, (_, part) => {
      const first = part * rowFloats
      return [...starts.map((at) => at + first * 4), Math.min(rowFloats, size - first)]
    })
  })
  const floats = lists[0]!.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  device.scratch({ rows: rows.length * (lists.length + 1) * 4 }, (at) => {
    device.ints(at.rows, rows.flat())
    run(at.rows, rows.length, floats)
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
  const [next, kept] = [0, 1].map(() => lists[0]!.map(({ shape }) => device.output(shape))) as [
    TensorInfo[],
    TensorInfo[],
  ]
  withRows(device, [...lists, next, kept], (rows, count, floats) =>
    device.run('momentumSteps', { rows, count, learningRate, momentum, nesterov: nesterov ? 1 : 0 }, 6 * floats),
  )
  return [...next, ...kept]
}

/** gradient + decay * param. */
export const weightDecay = (
  device: Device,
  inputs: Contracts<TensorInfo>['WeightDecay']['inputs'],
  { decay }: Contracts['WeightDecay']['settings'],
): readonly TensorInfo[] | undefined => {
  const lists = listsOf(inputs, ['gradient', 'param'])
  if (lists === undefined) return undefined
  const penalised = lists[0]!.map(({ shape }) => device.output(shape))
  withRows(device, [...lists, penalised], (rows, count, floats) =>
    device.run('weightDecay', { rows, count, decay }, 2 * floats),
  )
  return penalised
}
