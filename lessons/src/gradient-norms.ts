import { pullback } from '@resfn/autodiff'
import { type AnyLayer, type Layer, subtree, untyped } from '@resfn/layer'
import type { Batch } from '@resfn/batches'
import type { Key } from '@resfn/random'
import { dispose } from '@resfn/tree'
import {
  abs,
  max,
  mul,
  norm,
  oneHot,
  reshape,
  softmax,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core'

/** A part of a net that takes the output of the one before it, with its parameters. */
export type Link = { readonly path: string; readonly layer: Layer<unknown, unknown>; readonly params: unknown }

/** The parts of a net one after the other; stages are taken apart into their blocks. */
export const chainOf = (net: AnyLayer, params: unknown, path = ''): readonly Link[] =>
  net.parts?.inOrder === true
    ? Object.entries(net.parts.layers).flatMap(([name, layer]) =>
        chainOf(layer, subtree(params, name), path === '' ? name : `${path}.${name}`),
      )
    : [{ path, layer: untyped(net), params }]

/**
 * The norm of the gradient by the input of each part of a net in training, and last by its output, as logarithms to the
 * base 10; null from where they are 0 or no numbers.
 *
 * The gradient is made 1 long at each part and its length kept as a logarithm, because numbers of 32 bits end at 3e38.
 * That changes nothing else, since the gradient by an input is linear in that by the output.
 *
 * @param chain the parts, from `chainOf`
 * @param x a batch
 * @param upstream the gradient by the output
 * @param key for random choices in the net
 */
export const gradientNorms = async (
  chain: readonly Link[],
  x: Tensor,
  upstream: (y: Tensor) => Tensor,
  key: Key,
): Promise<readonly (number | null)[]> => {
  const inputs = [x]
  for (const { layer, params } of chain) inputs.push(tidy(() => layer.train(params, inputs.at(-1)!, key).y))
  const logs: (number | null)[] = []
  const largest = tidy(() => max(abs(inputs.at(-1)!)))
  const [reached] = await largest.data()
  largest.dispose()
  // Without a finite output, ReLU would let the gradient through or not at random.
  if (!Number.isFinite(reached)) {
    dispose(inputs.slice(1))
    return Array.from({ length: inputs.length }, () => null)
  }
  let dy = tidy(() => upstream(inputs.at(-1)!))
  let sum = 0
  for (const { layer, params } of [...chain].toReversed()) {
    const length = await lengthOf(dy)
    sum += Math.log10(length)
    logs.unshift(Number.isFinite(sum) ? sum : null)
    if (!Number.isFinite(sum)) break
    const input = inputs[chain.length - logs.length]!
    const next = tidy(() => {
      const back = pullback((at: { readonly x: Tensor }) => layer.train(params, at.x, key).y)
      return back({ x: input }, mul(dy, 1 / length)).x
    })
    dy.dispose()
    dy = next
  }
  if (Number.isFinite(sum)) {
    sum += Math.log10(await lengthOf(dy))
    logs.unshift(Number.isFinite(sum) ? sum : null)
  }
  dispose([dy, inputs.slice(1)])
  return [...Array.from({ length: chain.length + 1 - logs.length }, () => null), ...logs]
}

/**
 * The same of the loss of a batch, for the blocks of the stages `layer1`, `layer2`, ... of a net, and last by the
 * output of the last block.
 */
export const stageNorms = async (
  net: AnyLayer,
  params: unknown,
  { images, shape, labels }: Pick<Batch, 'images' | 'shape' | 'labels'>,
  key: Key,
): Promise<readonly (number | null)[]> => {
  const x = tensor(images, [...shape])
  const chain = chainOf(net, params)
  // Of the sum of the cross entropies of all examples, by the logits.
  const upstream = (y: Tensor): Tensor =>
    tidy(() => sub(softmax(y), oneHot(tensor1d(labels, 'int32'), y.shape.at(-1)!)))
  const norms = await gradientNorms(chain, x, upstream, key)
  x.dispose()
  const isInStage = chain.map(({ path }) => path.startsWith('layer'))
  return norms.slice(isInStage.indexOf(true), isInStage.lastIndexOf(true) + 2)
}

const lengthOf = async (x: Tensor): Promise<number> => {
  const length = tidy(() => norm(reshape(x, [-1])))
  const [value] = await length.data()
  length.dispose()
  return value!
}
