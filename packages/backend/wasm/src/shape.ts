import type { TensorInfo } from '@tensorflow/tfjs-core'

/** Number of elements. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

/** Bytes from one index to the next along each axis, float32. */
export const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => sizeOf(shape.slice(axis + 1)) * 4)

/** Length of the last axis. */
export const channelsOf = ({ shape }: TensorInfo): number => shape.at(-1) ?? 1

/** `bytes` up to a multiple of 16. */
export const align = (bytes: number): number => Math.ceil(bytes / 16) * 16
