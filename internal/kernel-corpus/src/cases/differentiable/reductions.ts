import * as tf from '@tensorflow/tfjs-core'
import { spread } from '../../values.ts'
import type { GradientCase } from './gradient-case.ts'

const reductions: readonly GradientCase[] = (
  [undefined, 0, -1, [0, 2]] as readonly (number | number[] | undefined)[]
).flatMap((axis) =>
  [false, true].flatMap((keep) =>
    (
      [
        ['Sum', tf.sum],
        ['Mean', tf.mean],
        ['Max', tf.max],
        ['Min', tf.min],
        ['Prod', tf.prod],
      ] as const
    ).map(([kernel, reduce]): GradientCase => ({
      kernel,
      of: `axis ${JSON.stringify(axis)}${keep ? ', kept' : ''}`,
      f: ({ x }) => reduce(x!, axis as number, keep),
      at: () => ({ x: spread([2, 3, 2]) }),
    })),
  ),
)

const products: readonly GradientCase[] = [false, true].flatMap((left) =>
  [false, true].flatMap((right) =>
    ([[], [2], [2, 3]] as const).map((batch): GradientCase => ({
      kernel: 'BatchMatMul',
      of: `${left ? 'aT' : 'a'} ${right ? 'bT' : 'b'}, batch [${batch.join()}]`,
      f: ({ a, b }) => tf.matMul(a!, b!, left, right),
      // b has no batch in the last case, so that it broadcasts.
      at: () => ({
        a: spread([...batch, ...(left ? [4, 2] : [2, 4])]),
        b: spread([...(batch.length === 2 ? [1, 1] : batch), ...(right ? [3, 4] : [4, 3])]),
      }),
    })),
  ),
)

export const reductionsAndProducts: readonly GradientCase[] = [
  ...reductions,
  ...[0, 1].flatMap((axis) =>
    [false, true].flatMap((exclusive) =>
      [false, true].map((reverse): GradientCase => ({
        kernel: 'Cumsum',
        of: `axis ${axis}, exclusive ${exclusive}, reverse ${reverse}`,
        f: ({ x }) => tf.cumsum(x!, axis, exclusive, reverse),
        at: () => ({ x: spread([3, 4]) }),
      })),
    ),
  ),
  ...products,
]
