import { engine, type NamedAttrMap, type Tensor, tensor, util } from '@tensorflow/tfjs-core'

/** Reproducible numbers in (-1, 1) without a pattern that channels or rows could share. */
export const values = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const mixed = Math.imul((i + 1) ^ (seed << 20), 0x9e3779b1)
    return (((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * 2 - 1
  })

/** A tensor of such numbers. */
export const noise = (seed: number, ...shape: number[]): Tensor =>
  tensor(values(util.sizeFromShape(shape), seed), shape, 'float32')

/** Values that are distinct, not at kinks and the same everywhere: a low-discrepancy sequence over [low, high]. */
export const spread = (shape: readonly number[], low = -2, high = 2): Tensor =>
  tensor(
    Float32Array.from(
      { length: util.sizeFromShape([...shape]) },
      (_, i) => low + (high - low) * ((0.37 + (i + 1) * 0.6180339887498949) % 1),
    ),
    [...shape],
  )

/** Runs a kernel by name. */
export const runKernel = (
  name: string,
  inputs: { readonly [name: string]: Tensor },
  attributes: object = {},
): readonly Tensor[] =>
  [engine().runKernel(name, { ...inputs }, { ...attributes } as NamedAttrMap) as Tensor | Tensor[]].flat()

/** The first output of a kernel. */
export const runFor = (name: string, inputs: { readonly [name: string]: Tensor }, attributes: object = {}): Tensor =>
  runKernel(name, inputs, attributes)[0]!
