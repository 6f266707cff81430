import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { type AnyLayer, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import { flatten, mapTo } from '@resfn/tree'
import { expect } from 'vitest'
import { expectClose } from './close.ts'
import { readFixture, tensorOf, type Values } from './fixture.ts'
import { gradientOf } from './gradient-of.ts'

type ByKey = { readonly [key: string]: Values }

/** What PyTorch computed for one module: evaluation, training, the statistics of the batch, and all gradients. */
export type TorchCase = { readonly [name in 'x' | 'y' | 'dy' | 'dx' | 'evaluated']: Values } & {
  readonly name: string
  readonly tensors: ByKey
  readonly seen: ByKey
  readonly gradients: ByKey
}

/** The cases of a fixture file, as `scripts/fixtures/torch_case.py` writes them. */
export const torchCases = (file: URL): readonly TorchCase[] =>
  readFixture<{ readonly cases: readonly TorchCase[] }>(file).cases

const largest = (values: readonly number[]): number => Math.max(...values.map(Math.abs))

const statistics = (path: string): string =>
  path.replace(/\bmean$/, 'running_mean').replace(/\bvariance$/, 'running_var')

/**
 * Expects a layer to have the values, gradients and statistics that PyTorch computed, and no leaf more or less.
 *
 * @param layer the layer
 * @param fixture what PyTorch computed
 * @param keyOf the name that a path has there, but for the names of the running statistics
 */
export const expectTorchCase = (
  layer: AnyLayer,
  fixture: TorchCase,
  keyOf: (path: string) => string = (path) => path,
): void => {
  const keyed = (path: string): string => statistics(keyOf(path))
  tidy(() => {
    const net = untyped(layer)
    const x = tensorOf(fixture.x)
    const plan = net.plan(x.shape.slice(1))
    const [params, state] = [plan.params, plan.state].map((specs) =>
      mapTo(specs, (_, path) => tensorOf(fixture.tensors[keyed(path)]!)),
    )
    expect(plan.output).toEqual(fixture.y.shape.slice(1))
    expectClose(net.apply(params, x, state), fixture.evaluated.values)
    const { y, seen } = net.train(params, x, key(0))
    expectClose(y, fixture.y.values)
    const expectAll = (tree: unknown, expected: ByKey, tolerance: number): void => {
      const leaves = flatten<Tensor>(tree)
      expect(leaves.map(({ path }) => keyed(path)).sort()).toEqual(Object.keys(expected).sort())
      const all = Math.max(...Object.values(expected).map(({ values }) => largest(values)))
      for (const { path, leaf } of leaves) {
        const { values } = expected[keyed(path)]!
        // What is nothing but rounding there, such as the gradient of a bias before a normalisation, is nothing here.
        if (largest(values) < 1e-12 * all) expect(largest([...leaf.dataSync()]), path).toBeLessThan(tolerance * all)
        else expectClose(leaf, values, tolerance)
      }
    }
    expectAll(seen, fixture.seen, 1e-5)
    const gradients = gradientOf((at) => net.train(at.params, at.x, key(0)).y, { params, x }, tensorOf(fixture.dy))
    expectClose(gradients.x, fixture.dx.values, 4e-5)
    expectAll(gradients.params, fixture.gradients, 4e-5)
  })
}
