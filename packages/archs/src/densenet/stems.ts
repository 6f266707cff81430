import type { AnyLayer, Empty, Layer } from '@resfn/layer'
import type { BatchNorm, Conv2d, Makers } from '@resfn/makers'
import { maxPool } from '@resfn/pool'
import { cifarMakers } from '../cifar-resnet/index.ts'

/** The usual makers with the first values of the paper: Kaiming normal by fan in. */
export const densenetMakers: Makers = cifarMakers

const halve = maxPool({ size: 3, stride: 2, padding: 1 })

/** The stem for ImageNet: a 7x7 convolution and max pooling, each of stride 2. */
export type ConvStem<N extends AnyLayer = BatchNorm> = {
  readonly conv0: Conv2d
  readonly norm0: N
  readonly act0: Layer<Empty>
  readonly pool0: Layer<Empty>
}

/**
 * The stem for ImageNet: a 7x7 convolution of stride 2, and 3x3 max pooling of stride 2.
 *
 * @param options channels
 * @param makers others than `densenetMakers`
 * @see Huang et al., "Densely connected convolutional networks" (2017), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { convStem } from '@resfn/archs/densenet'
 * import { sequential } from '@resfn/layer'
 *
 * assert.deepEqual(sequential(convStem({ out: 64 })).plan([224, 224, 3]).output, [56, 56, 64])
 * ```
 */
export const convStem = <N extends AnyLayer = BatchNorm>(
  { out }: { readonly out: number },
  makers?: Makers<N>,
): ConvStem<N> => {
  // N is batch normalisation exactly where no makers are given.
  const { conv, norm, act } = (makers ?? densenetMakers) as Makers<N>
  return {
    conv0: conv({ out, size: 7, stride: 2 }),
    norm0: norm(),
    act0: act,
    pool0: halve,
  }
}

/** The stem of timm's `d` nets: three 3x3 convolutions in place of the 7x7. */
export type DeepStem<N extends AnyLayer = BatchNorm> = ConvStem<N> & {
  readonly conv1: Conv2d
  readonly norm1: N
  readonly act1: Layer<Empty>
  readonly conv2: Conv2d
  readonly norm2: N
  readonly act2: Layer<Empty>
}

/**
 * The stem of timm's `d` nets: three 3x3 convolutions, the first of stride 2 and the first two of half the channels,
 * and a pool of stride 2.
 *
 * @param options channels, and the pool; 3x3 max pooling by default
 * @param makers others than `densenetMakers`
 * @see timm, `timm/models/densenet.py`
 */
export const deepStem = <N extends AnyLayer = BatchNorm>(
  { out, pool = halve }: { readonly out: number; readonly pool?: Layer<Empty> },
  makers?: Makers<N>,
): DeepStem<N> => {
  // N is batch normalisation exactly where no makers are given.
  const { conv, norm, act } = (makers ?? densenetMakers) as Makers<N>
  return {
    conv0: conv({ out: out / 2, size: 3, stride: 2 }),
    norm0: norm(),
    act0: act,
    conv1: conv({ out: out / 2, size: 3 }),
    norm1: norm(),
    act1: act,
    conv2: conv({ out, size: 3 }),
    norm2: norm(),
    act2: act,
    pool0: pool,
  }
}
