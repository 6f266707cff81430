import * as tf from '@tensorflow/tfjs-core'
import { nets } from '@resfn/archs/nets'
import { batchNorm, textbookConvention } from '@resfn/batch-norm'
import { type Collective, single } from '@resfn/collective'
import { init, sequential, skip, Spec, sum, summary, untyped } from '@resfn/layer'
import { key } from '@resfn/random'
import { describeBackends, draw, expectClose, expectNoLeak, gradientOf } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { type RankReplicas, RanksError, replicasOf, syncBatchNorm, withSyncBatchNorm } from './index.ts'

const replicas = replicasOf(single())

describeBackends('synchronised batch normalisation on one rank', () => {
  it('is batch normalisation: output, statistics and gradients', () => {
    for (const options of [{}, { epsilon: 1e-3 }, textbookConvention]) {
      const [plain, synchronised] = [batchNorm(options), syncBatchNorm(replicas, options)]
      const { params } = init(plain, key(1), [4, 4, 3])
      const [x, dy] = [draw(2, 5, 4, 4, 3), draw(3, 5, 4, 4, 3)]
      const [a, b] = [plain.train(params, x, key(0)), synchronised.train(params, x, key(0))]
      expectClose(b.y, a.y, 1e-5)
      expectClose(b.seen.mean, a.seen.mean, 1e-6)
      expectClose(b.seen.variance, a.seen.variance, 1e-5)
      const slope = (net: typeof plain) =>
        gradientOf(
          (at: { readonly params: typeof params; readonly x: tf.Tensor }) =>
            tf.mul(net.train(at.params, at.x, key(0)).y, dy),
          { params, x },
        )
      const [of, from] = [slope(synchronised), slope(plain)]
      expectClose(of.x, from.x, 1e-4)
      expectClose(of.params.weight, from.params.weight, 1e-4)
      expectClose(of.params.bias, from.params.bias, 1e-4)
    }
  })

  it('leaves no tensor behind', () => {
    const net = syncBatchNorm(replicas)
    const { params } = init(net, key(1), [3])
    const x = draw(2, 5, 3)
    expectNoLeak(() => tf.tidy(() => void gradientOf((at: tf.Tensor) => net.train(params, at, key(0)).y, x)))
  })
})

describe('withSyncBatchNorm', () => {
  it('replaces every batch normalisation of every net, and keeps its trees', () => {
    for (const [name, { input, make }] of Object.entries(nets)) {
      const net = untyped(make({ classes: 10 }))
      const rows = (of: typeof net) => summary(of, input).rows
      const synchronised = withSyncBatchNorm(net, replicas)
      const kinds = (of: typeof net) => rows(of).map(({ kind }) => kind.replaceAll('syncBatchNorm', 'batchNorm'))
      expect([name, kinds(synchronised)]).toEqual([name, kinds(net)])
      const layout = (of: typeof net) =>
        flatten<Spec>(of.plan(input)).flatMap(({ path, leaf }) => (leaf instanceof Spec ? [[path, leaf.shape]] : []))
      expect([name, layout(synchronised)]).toEqual([name, layout(net)])
    }
  })

  it('names one that it cannot replace', () => {
    const net = sequential({ gate: skip(sum)(batchNorm()) })
    expect(() => withSyncBatchNorm(net, replicas).plan([3])).toThrow(
      /^gate: this batch normalisation cannot be synchronised/,
    )
  })
})

describe('ranks that cannot work together', () => {
  const broken: Collective = {
    ...single(),
    allReduceNow: () => E.left({ _tag: 'RankLost', rank: 1, message: 'rank 1 ended' }),
    allReduce: () => async () => E.left({ _tag: 'RankLost', rank: 1, message: 'rank 1 ended' }),
  }
  const lost: RankReplicas = replicasOf(broken)

  it('throw the error of their collective, in a pass and in an exchange', async () => {
    const net = syncBatchNorm(lost)
    const { params } = init(net, key(0), [2])
    expect(() => net.train(params, tf.ones([3, 2]), key(0))).toThrow(RanksError)
    await expect(lost.exchange(1).end({ gradients: {}, seen: {}, sums: [1] })).rejects.toMatchObject({
      _tag: 'RankLost',
      message: 'rank 1 ended',
    })
  })

  it('are refused options that there are not', () => {
    expect(() => replicasOf(single(), { wire: 'float8' as never })).toThrow("wire must be one of 'float32', 'float16'")
    expect(() => replicasOf(single(), { buckets: 3 } as never)).toThrow(
      'there is no option buckets; did you mean bucket?',
    )
  })
})
