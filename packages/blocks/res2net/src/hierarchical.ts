import {
  type AnyLayer,
  channels,
  type Empty,
  type Feed,
  graph,
  type Layer,
  lift,
  type ParamsOf,
  type StateOf,
  sum,
} from '@resfn/layer'
import { checkOptions, flag, optional, wholeNumberFrom } from '@resfn/options'
import { channelsPart } from '@resfn/split-channels'

/** Layers on parts of the channels, each on what the one before it made too. */
export type Hierarchical<L extends AnyLayer> = Layer<
  { readonly [scale in `scale${number}`]: ParamsOf<L> },
  { readonly [scale in `scale${number}`]: StateOf<L> }
>

/** The options of layers in a hierarchy. */
export type HierarchicalOptions<L extends AnyLayer> = {
  /** the layer of a scale, which keeps the channels: a 3x3 convolution, a normalisation and an activation */
  readonly scale: L
  /** parts of the channels */
  readonly scales: number
  /** whether each layer reads what the one before it made; it does by default */
  readonly chained?: boolean
  /** a layer without parameters for the last part; the identity by default */
  readonly last?: Layer<Empty>
}

const identity = lift((x) => x, { kind: 'identity' })

const rules = { scales: wholeNumberFrom(1), chained: optional(flag) }

/**
 * The hierarchy of scales: with parts `x_1, …, x_s` of the channels, `y_1 = K_1(x_1)`, `y_i = K_i(x_i + y_(i-1))` and
 * `y_s = last(x_s)`; the output is `[y_1, …, y_s]`. Without the chain `y_i = K_i(x_i)`, so that the layers may stride.
 *
 * @param options the layer of a scale, the number of scales, the chain and the layer of the last part
 * @throws OptionsError if an option is not of its kind
 * @throws ShapeError, from `plan`, if the scales do not divide the channels, or layers in a chain change the shape
 * @see Gao et al., "Res2Net: a new multi-scale backbone architecture" (2019), equation 1 and figure 2 b
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conv2d } from '@resfn/conv2d'
 * import { summary } from '@resfn/layer'
 * import { hierarchical } from '@resfn/res2net'
 *
 * const layer = hierarchical({ scale: conv2d({ out: 4, size: 3 }), scales: 4 })
 * assert.equal(summary(layer, [8, 8, 16]).params, 3 * 9 * 4 * 4)
 * ```
 */
export const hierarchical = <L extends AnyLayer>(options: HierarchicalOptions<L>): Hierarchical<L> => {
  const { scale, scales, chained = true, last = identity } = options
  checkOptions<object>('hierarchical', { scales, chained }, rules)
  const indices = Array.from({ length: Math.max(1, scales - 1) }, (_, i) => i + 1)
  const part = (i: number): Layer<Empty> => channelsPart({ index: i - 1, parts: scales })
  const layers: readonly (readonly [name: string, layer: AnyLayer, feed?: Feed])[] = [
    ...indices.flatMap((i) => [
      [`part${i}`, part(i), 'input'] as const,
      chained && i > 1
        ? ([`scale${i}`, scale, { join: sum, of: [`part${i}`, `scale${i - 1}`] }] as const)
        : ([`scale${i}`, scale] as const),
    ]),
    ...(scales === 1 ? [] : [[`part${scales}`, part(scales), 'input'] as const, ['last', last] as const]),
    [
      'joined',
      identity,
      { join: channels, of: [...indices.map((i) => `scale${i}`), ...(scales === 1 ? [] : ['last'])] },
    ],
  ]
  return graph(
    Object.fromEntries(layers.map(([name, layer]) => [name, layer])),
    Object.fromEntries(layers.flatMap(([name, , feed]) => (feed === undefined ? [] : [[name, feed]]))),
  ) as unknown as Hierarchical<L>
}
