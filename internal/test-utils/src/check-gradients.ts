import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { flatten, map } from '@resfn/tree'
import { expect } from 'vitest'

/**
 * Expects the gradients of a scalar function of a tree to agree with central differences `(f(p + h) - f(p - h)) / 2h`
 * at every value of every leaf, to `tolerance` relative to the largest difference quotient of the leaf. Use smooth
 * points and small trees.
 */
export const checkGradients = <P>(
  f: (params: P) => Tensor,
  params: P,
  gradients: P,
  { step = 1e-2, tolerance = 1e-2 }: { readonly step?: number; readonly tolerance?: number } = {},
): void => {
  const actual = new Map(flatten(gradients).map(({ path, leaf }) => [path, leaf.dataSync()]))
  for (const { path, leaf } of flatten(params)) {
    const values = leaf.dataSync().slice()
    const at = (index: number, by: number): number => {
      const moved = values.slice()
      moved[index] = moved[index]! + by
      return tidy(() =>
        f(map(params, (other: Tensor, at) => (at === path ? tensor(moved, leaf.shape) : other))),
      ).dataSync()[0]!
    }
    const numeric = Array.from(values, (_, i) => (at(i, step) - at(i, -step)) / (2 * step))
    const scale = Math.max(1e-3, ...numeric.map(Math.abs))
    const worst = Math.max(...numeric.map((value, i) => Math.abs(value - actual.get(path)![i]!) / scale))
    expect(worst, `gradient of ${path} against central differences`).toBeLessThanOrEqual(tolerance)
  }
}
