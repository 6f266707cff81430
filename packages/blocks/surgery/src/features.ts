import { editPart, followedBy, type Layer, lift, untyped } from '@resfn/layer'
import { clone, dispose, keep, type Tensor } from '@tensorflow/tfjs-core'

/** The outputs of parts, by their paths. */
export type Features<N extends string> = { readonly [K in N]: Tensor }

/** All outputs are there, so the rest of the net need not run. */
class Complete extends Error {}

/**
 * The outputs of named parts of a net in evaluation, in one pass that ends at the last of them: `{ layer1, layer2.0 }`.
 * An output is what the part gives to the next one, activation included; of a part that runs more than once, as in
 * `shared`, what it gives first.
 *
 * @param net any layer made of combinators
 * @param paths the paths of the parts, those of `partPaths(net)` and of `summary(net, input)`
 * @returns a function of parameters, a batch `[batch, …input]` and state; the caller owns the tensors of its result
 * @throws PathError if there is no part at a path, with the nearest names: at once, or from the function where only the
 * shape of an input makes the parts
 * @see Lin et al., "Feature pyramid networks for object detection" (2017), section 3, for nets on the maps of all
 * stages
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { features } from '@resfn/surgery'
 *
 * const net = createNet('cifar-resnet8')
 * const { params, state } = init(net, key(0), [8, 8, 3])
 * const maps = features(net, ['layer1', 'layer3.0'])(params, tf.ones([1, 8, 8, 3]), state)
 * assert.deepEqual([maps.layer1.shape, maps['layer3.0'].shape], [[1, 8, 8, 16], [1, 2, 2, 64]])
 * ```
 */
export const features = <P, S, const N extends string>(
  net: Layer<P, S>,
  paths: readonly N[],
): ((params: P, x: Tensor, state: S) => Features<N>) => {
  const wanted = [...new Set(paths)]
  const tapped = (see: (path: N, y: Tensor) => void): Layer<unknown, unknown> =>
    wanted.reduce<Layer<unknown, unknown>>(
      (edited, path) =>
        editPart(edited, path, (part) =>
          followedBy(
            part,
            lift((y) => {
              see(path, y)
              return y
            }),
          ),
        ),
      untyped(net),
    )
  // For its errors.
  tapped(() => undefined)
  return (params, x, state) => {
    const seen = new Map<N, Tensor>()
    const watched = tapped((path, y) => {
      if (seen.has(path)) return
      // A clone, so that the map stays when the combinator around the part frees what passes through it.
      seen.set(path, keep(clone(y)))
      if (seen.size === wanted.length) throw new Complete()
    })
    try {
      if (wanted.length > 0) watched.apply(params, x, state)
    } catch (error) {
      if (!(error instanceof Complete)) {
        dispose([...seen.values()])
        throw error
      }
    }
    // The kept clones outlive any tidy; those of the caller do not.
    const maps = wanted.map((path) => [path, clone(seen.get(path)!)] as const)
    dispose([...seen.values()])
    return Object.fromEntries(maps) as Features<N>
  }
}
