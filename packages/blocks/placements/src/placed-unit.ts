import type { Conv2dOptions } from '@resfn/conv2d'
import { type AnyLayer, type Empty, graph, type Layer, type Layers, lift, sum, untyped } from '@resfn/layer'
import { type Makers, makersOr } from '@resfn/makers'
import type { Placement } from './placements.ts'

/** The options of a unit whose parts are placed by data. */
export type PlacedUnitOptions = {
  /** one of `placements`, or your own */
  readonly placement: Placement
  /** the convolutions of the branch, first to last: `basicConvs`, `bottleneckConvs`, or your own */
  readonly convs: readonly Conv2dOptions[]
  /** the shortcut where the shape changes; the identity by default */
  readonly shortcut?: AnyLayer
}

const same: Layer<Empty> = lift((x) => x, { kind: 'sum' })

/**
 * The convolutions of a basic unit: two of 3x3.
 *
 * @param options output channels, and stride of the first
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicConvs } from '@resfn/placements'
 *
 * assert.deepEqual(basicConvs({ out: 16, stride: 2 }), [{ out: 16, size: 3, stride: 2 }, { out: 16, size: 3 }])
 * ```
 */
export const basicConvs = ({
  out,
  stride = 1,
}: {
  readonly out: number
  readonly stride?: number
}): readonly Conv2dOptions[] => [
  { out, size: 3, stride },
  { out, size: 3 },
]

/**
 * The convolutions of a bottleneck: 1x1 to a quarter of the channels, 3x3, and 1x1 back.
 *
 * @param options output channels, and stride of the 3x3
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bottleneckConvs } from '@resfn/placements'
 *
 * assert.deepEqual(bottleneckConvs({ out: 64 }).map(({ out, size }) => [out, size]), [[16, 1], [16, 3], [64, 1]])
 * ```
 */
export const bottleneckConvs = ({
  out,
  stride = 1,
}: {
  readonly out: number
  readonly stride?: number
}): readonly Conv2dOptions[] => [
  { out: out / 4, size: 1 },
  { out: out / 4, size: 3, stride },
  { out, size: 1 },
]

/**
 * A residual unit whose parts are placed by data: `y = after(shortcut(u) + branch(u))`. What a placement has before its
 * first convolution is shared by a shortcut of its own; the identity shortcut adds x itself.
 *
 * @param options placement, convolutions and shortcut
 * @param makers others than the usual ones
 * @returns the layer, with the paths `conv1`, `norm1`, `conv2` and so on, and `shortcut`
 * @throws RangeError if there is no convolution, or the placement has no `conv` or moves one behind the addition
 * @throws ShapeError, from `plan`, if branch and shortcut differ in shape
 * @see He et al., "Identity mappings in deep residual networks" (2016), figure 4 and section 4
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { basicConvs, placedUnit, placements } from '@resfn/placements'
 *
 * const unit = placedUnit({ placement: placements.normAfterAddition, convs: basicConvs({ out: 16 }) })
 * assert.deepEqual(unit.plan([32, 32, 16]).output, [32, 32, 16])
 * ```
 */
export const placedUnit = (
  { placement, convs, shortcut }: PlacedUnitOptions,
  makers?: Makers<AnyLayer>,
): Layer<unknown, unknown> => {
  const { conv, norm, act } = makersOr(makers)
  const { order, afterAddition } = placement
  const parts = convs.flatMap((options, i) =>
    order.map((part) => {
      const layer: AnyLayer = part === 'conv' ? conv(options) : part === 'norm' ? norm() : act
      return [`${part}${i + 1}`, layer] as const
    }),
  )
  const names = parts.map(([name]) => name)
  const end = parts.length - afterAddition
  const shared = names.indexOf('conv1')
  if (shared < 0 || names.slice(end).some((name) => name.startsWith('conv')))
    throw new RangeError(
      `placedUnit: a branch of ${names.join(', ') || 'no parts'} with ${afterAddition} of them after the addition; give at least one convolution, and keep the convolutions before the addition`,
    )
  const after = afterAddition === 0 ? [['sum', same] as const] : parts.slice(end)
  const layers: Layers = Object.fromEntries([
    ...parts.slice(0, end),
    ...(shortcut === undefined ? [] : [['shortcut', shortcut] as const]),
    ...after,
  ])
  const addition = { join: sum, of: [shortcut === undefined ? 'input' : 'shortcut', names[end - 1]!] }
  const own = shortcut === undefined ? {} : { shortcut: names[shared - 1] ?? 'input' }
  return untyped(graph(layers, { ...own, [after[0]![0]]: addition }))
}
