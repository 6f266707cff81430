import { add, clone, engine, ones, Tensor, tidy } from '@tensorflow/tfjs-core'
import { forget, type Node, release, rewind } from './tape.ts'

/** A kernel on the way from the parameters to the loss has no gradient. */
export class MissingGradientError extends Error {
  readonly _tag = 'MissingGradientError'
  readonly kernelName: string
  constructor(kernelName: string) {
    super(
      `the kernel ${kernelName} has no gradient, and the loss depends on the parameters through it; use other operations, compute it outside of the differentiated function, or register a gradient for it with tf.registerGradient`,
    )
    this.name = 'MissingGradientError'
    this.kernelName = kernelName
  }
}

/**
 * The gradients of the loss at the leaves, `undefined` where it does not depend on one: the recorded kernels in reverse order, each giving
 * the gradients of its inputs from those of its outputs. Unlike the reverse pass of tfjs itself, which keeps them all to the end, it frees
 * each gradient, and what its kernel saved, as soon as they are used.
 *
 * Source: Griewank and Walther, "Evaluating derivatives" (2008), section 3.2.
 */
export const backward = (
  nodes: readonly Node[],
  loss: Tensor,
  leaves: readonly Tensor[],
): readonly (Tensor | undefined)[] => {
  const varying = new Set(leaves.map(({ id }) => id))
  const onTheWay = nodes.filter((node) => {
    const varies = Object.values(node.inputs).some((input) => input != null && varying.has(input.id))
    if (varies) for (const { id } of node.outputs) varying.add(id)
    return varies
  })
  const gradients = new Map([[loss.id, ones(loss.shape)]])
  try {
    for (const node of onTheWay.toReversed()) {
      if (node.outputs.some(({ id }) => gradients.has(id)))
        for (const [input, gradient] of inputGradients(node, gradients, varying)) {
          const sum = gradients.get(input.id)
          gradients.set(input.id, sum === undefined ? gradient : add(sum, gradient))
          if (sum !== undefined) [sum, gradient].forEach((term) => term.dispose())
        }
      for (const { id } of node.outputs) {
        gradients.get(id)?.dispose()
        gradients.delete(id)
      }
      release(node)
    }
    return leaves.map(({ id }) => gradients.get(id))
  } finally {
    nodes.forEach(release)
    forget()
  }
}

type Pairs = readonly (readonly [input: Tensor, gradient: Tensor])[]

const inputGradients = (node: Node, gradients: ReadonlyMap<number, Tensor>, varying: ReadonlySet<number>): Pairs => {
  const { kernelName, gradient } = node
  if (gradient === undefined) throw new MissingGradientError(kernelName)
  const inputs = Object.entries(node.inputs).filter(
    (entry): entry is [string, Tensor] => entry[1] != null && varying.has(entry[1].id),
  )
  rewind(node)
  const found = tidy(() => {
    // tfjs puts zeros in place of an output's missing gradient.
    const dys = node.outputs.map(({ id }) => gradients.get(id) as Tensor)
    const closures = gradient(dys)
    const scope = engine().state.activeScope.id
    const owned = new Set<Tensor>()
    return inputs.map(([name, input]) => {
      const dx = closures[name]?.()
      check(kernelName, name, input, dx)
      // A gradient is freed after use, so it must not be a tensor that somebody else holds: dy itself, say, from a custom gradient.
      const result = dx.scopeId === scope && !dx.kept && !owned.has(dx) ? dx : clone(dx)
      owned.add(result)
      return result
    })
  })
  return inputs.map(([, input], i) => [input, found[i]!])
}

function check(kernelName: string, name: string, { shape }: Tensor, dx: Tensor | undefined): asserts dx is Tensor {
  if (!(dx instanceof Tensor))
    throw new TypeError(
      `the gradient of the kernel ${kernelName} gives none for its input ${name}, on which the loss depends`,
    )
  if (dx.dtype !== 'float32' || dx.shape.length !== shape.length || dx.shape.some((size, i) => size !== shape[i]))
    throw new TypeError(
      `the gradient of the kernel ${kernelName} for its input ${name} must be float32 [${shape.join(',')}], but is ${dx.dtype} [${dx.shape.join(',')}]`,
    )
}
