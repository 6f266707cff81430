import * as tf from '@tensorflow/tfjs-core'
import { spread } from '../../values.ts'
import { type GradientCase, unary } from './gradient-case.ts'

export const shapes: readonly GradientCase[] = [
  unary('Identity', tf.clone),
  unary('Cast', (x) => tf.cast(x, 'float32')),
  unary('Reshape', (x) => tf.reshape(x, [5, 2])),
  unary('ExpandDims', (x) => tf.expandDims(x, 1)),
  unary('Reverse', (x) => tf.reverse(x, 1)),
  { kernel: 'Transpose', f: ({ x }) => tf.transpose(x!, [2, 0, 1]), at: () => ({ x: spread([2, 3, 4]) }) },
  { kernel: 'Tile', f: ({ x }) => tf.tile(x!, [2, 1, 3]), at: () => ({ x: spread([2, 3, 2]) }) },
  { kernel: 'Tile', of: 'broadcastTo', f: ({ x }) => tf.broadcastTo(x!, [4, 2, 3]), at: () => ({ x: spread([2, 1]) }) },
  {
    kernel: 'PadV2',
    f: ({ x }) =>
      tf.pad(
        x!,
        [
          [1, 2],
          [0, 1],
        ],
        7,
      ),
    at: () => ({ x: spread([2, 3]) }),
  },
  {
    kernel: 'MirrorPad',
    of: 'reflect',
    f: ({ x }) =>
      tf.mirrorPad(
        x!,
        [
          [2, 1],
          [0, 3],
        ],
        'reflect',
      ),
    at: () => ({ x: spread([3, 4]) }),
  },
  {
    kernel: 'MirrorPad',
    of: 'symmetric',
    f: ({ x }) =>
      tf.mirrorPad(
        x!,
        [
          [2, 1],
          [0, 4],
        ],
        'symmetric',
      ),
    at: () => ({ x: spread([3, 4]) }),
  },
  { kernel: 'Slice', f: ({ x }) => tf.slice(x!, [1, 0], [-1, 2]), at: () => ({ x: spread([3, 4]) }) },
  {
    kernel: 'StridedSlice',
    of: 'forward and backward',
    f: ({ x }) => tf.stridedSlice(x!, [1, 4], [6, 0], [2, -3]),
    at: () => ({ x: spread([7, 5]) }),
  },
  {
    kernel: 'StridedSlice',
    of: 'with masks',
    f: ({ x }) => tf.stridedSlice(x!, [1, 3, 1], [3, 4, 4], [1, 2, 1], 2, 2),
    at: () => ({ x: spread([3, 5, 4]) }),
  },
  {
    kernel: 'Concat',
    f: ({ a, b }) => tf.concat([a!, b!, a!], -1),
    at: () => ({ a: spread([2, 3]), b: spread([2, 1]) }),
  },
  {
    kernel: 'Pack',
    f: ({ a, b }) => tf.stack([a!, b!], 1),
    at: () => ({ a: spread([2, 3]), b: spread([2, 3], 0, 1) }),
  },
  {
    kernel: 'Unpack',
    f: ({ x }) => {
      const [a, , c] = tf.unstack(x!, 1)
      return tf.mul(a!, c!)
    },
    at: () => ({ x: spread([2, 3]) }),
  },
  { kernel: 'Unpack', of: 'one part', f: ({ x }) => tf.unstack(x!, 1)[0]!, at: () => ({ x: spread([2, 1]) }) },
  {
    kernel: 'SplitV',
    f: ({ x }) => {
      const [a, b] = tf.split(x!, [1, 2], 1)
      return tf.mul(a!, b!)
    },
    at: () => ({ x: spread([2, 3]) }),
  },
  {
    kernel: 'GatherV2',
    of: 'rows taken twice',
    f: ({ x }) =>
      tf.gather(
        x!,
        tf.tensor2d(
          [
            [2, 0],
            [2, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
      ),
    at: () => ({ x: spread([2, 3, 2]) }),
  },
  {
    kernel: 'GatherV2',
    of: 'a batch axis',
    f: ({ x }) =>
      tf.gather(
        x!,
        tf.tensor2d(
          [
            [2, 0],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
        1,
      ),
    at: () => ({ x: spread([2, 3, 2]) }),
  },
  {
    kernel: 'SpaceToBatchND',
    f: ({ x }) =>
      tf.spaceToBatchND(
        x!,
        [2, 2],
        [
          [0, 0],
          [1, 1],
        ],
      ),
    at: () => ({ x: spread([1, 2, 4, 2]) }),
  },
  {
    kernel: 'BatchToSpaceND',
    f: ({ x }) =>
      tf.batchToSpaceND(
        x!,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    at: () => ({ x: spread([4, 2, 2, 1]) }),
  },
]
