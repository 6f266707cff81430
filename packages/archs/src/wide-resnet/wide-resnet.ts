import type { AnyLayer } from '@resfn/layer'
import type { Makers } from '@resfn/makers'
import { preActivationBranch } from '@resfn/pre-activation'
import { cifarMakers } from '../cifar-resnet/cifar-resnet.ts'
import { bareShortcut, preActivationKind } from '../pre-activation/kinds.ts'
import { threeStages } from '../resnet/stages.ts'
import { type UntypedNet, untypedNet } from '../untyped-net.ts'

/** The options of a wide ResNet. */
export type WideResnetOptions = {
  /** 6n + 4: the 28 of WRN-28-10 */
  readonly depth: number
  /** the widening factor k, by which the 16, 32 and 64 channels of the stages are multiplied: the 10 of WRN-28-10 */
  readonly widening: number
  readonly classes: number
}

/**
 * A wide ResNet for 32x32 images: basic pre-activation units with k times the channels. 36,479,194 parameters for depth
 * 28 and k = 10, with 10 classes.
 *
 * @param options depth, widening factor and classes
 * @param makers others than `cifarMakers`
 * @throws RangeError if depth is not 6n + 4, or widening is not a whole number of at least 1
 * @throws ShapeError, from `plan`, with the path of the part that cannot take its input
 * @see Zagoruyko and Komodakis, "Wide residual networks" (2016), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { wideResnet } from '@resfn/archs/wide-resnet'
 * import { summary } from '@resfn/layer'
 *
 * assert.equal(summary(wideResnet({ depth: 28, widening: 10, classes: 10 }), [32, 32, 3]).params, 36479194)
 * ```
 */
export const wideResnet = (
  { depth, widening, classes }: WideResnetOptions,
  makers: Makers<AnyLayer> = cifarMakers,
): UntypedNet => {
  const n = (depth - 4) / 6
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`wideResnet: depth must be 6n + 4 (10, 16, 22, 28, 40, ...), not ${depth}`)
  if (!Number.isInteger(widening) || widening < 1)
    throw new RangeError(`wideResnet: widening must be a whole number of at least 1, not ${widening}`)
  const { conv, norm, act } = makers
  const kind = preActivationKind({
    expansion: widening,
    branch: ({ out, stride }) => preActivationBranch({ out, stride }, makers),
    shortcut: bareShortcut(makers),
  })
  const stem = { conv1: conv({ out: 16, size: 3 }) }
  return untypedNet(threeStages({ stem, kind, blocks: [n, n, n], tail: { norm: norm(), act }, classes }))
}
