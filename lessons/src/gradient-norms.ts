import { pullback } from '@resfn/autodiff'
import { type AnyLayer, type Layer, subtree, untyped } from '@resfn/layer'
import type { Key } from '@resfn/random'
import { dispose } from '@resfn/tree'
import { abs, max, mul, norm, reshape, type Tensor, tidy } from '@tensorflow/tfjs-core'

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

const lengthOf = async (x: Tensor): Promise<number> => {
  const length = tidy(() => norm(reshape(x, [-1])))
  const [value] = await length.data()
  length.dispose()
  return value!
}
