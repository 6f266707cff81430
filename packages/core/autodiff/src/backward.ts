import { add, clone, engine, Tensor, tidy } from '@tensorflow/tfjs-core'
import { clearTape, type Node, release, showNode } from './tape.ts'

/** A kernel between the parameters and the loss has no gradient. */
export class MissingGradientError extends Error {
  readonly _tag = 'MissingGradientError'
  readonly kernelName: string
  constructor(kernelName: string) {
    super(
      `the kernel ${kernelName} has no gradient, and the loss depends on the parameters through it; use other operations, compute it outside the differentiated function, or register a gradient for it with tf.registerGradient`,
    )
    this.name = 'MissingGradientError'
    this.kernelName = kernelName
  }
}

/**
 * The gradients at the leaves, from that of an output: `undefined` for a leaf that the output does not depend on. The
 * recorded kernels run in reverse order: each gives the gradients of its inputs from those of its outputs. A gradient,
 * and what its kernel saved, is freed as soon as it is used; the reverse pass of tfjs keeps all of them to the end.
 * `onWhole` gets each gradient of a leaf, by the place of the leaf, once no kernel is left that adds to it.
 *
 * @see Griewank and Walther, "Evaluating derivatives" (2008), section 3.2.
 */
export const backward = (
  nodes: readonly Node[],
  output: Tensor,
  leaves: readonly Tensor[],
  gradient: Tensor,
  onWhole?: (leaf: number, gradient: Tensor) => void,
): readonly (Tensor | undefined)[] => {
  const varying = new Set(leaves.map(({ id }) => id))
  const onTheWay = nodes.filter((node) => {
    const varies = Object.values(node.inputs).some((input) => input != null && varying.has(input.id))
    if (varies) for (const { id } of node.outputs) varying.add(id)
    return varies
  })
  const lastOf = onWhole === undefined ? new Map<Node, readonly number[]>() : firstUses(onTheWay, leaves)
  const gradients = new Map([[output.id, clone(gradient)]])
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
      for (const leaf of lastOf.get(node) ?? []) {
        const whole = gradients.get(leaves[leaf]!.id)
        if (whole !== undefined) onWhole?.(leaf, whole)
      }
    }
    return leaves.map(({ id }) => gradients.get(id))
  } finally {
    nodes.forEach(release)
    clearTape()
  }
}

/** The places of the leaves that each node is the first to use: in reverse, the last to add to their gradients. */
const firstUses = (nodes: readonly Node[], leaves: readonly Tensor[]): ReadonlyMap<Node, readonly number[]> => {
  const unused = new Map(leaves.map(({ id }, leaf) => [id, leaf]))
  return new Map(
    nodes.map((node) => {
      const ids = new Set(Object.values(node.inputs).map((input) => input?.id ?? -1))
      const found = [...ids].flatMap((id) => unused.get(id) ?? [])
      for (const id of ids) unused.delete(id)
      return [node, found]
    }),
  )
}

type Pairs = readonly (readonly [input: Tensor, gradient: Tensor])[]

const inputGradients = (node: Node, gradients: ReadonlyMap<number, Tensor>, varying: ReadonlySet<number>): Pairs => {
  const { kernelName, gradient } = node
  if (gradient === undefined) throw new MissingGradientError(kernelName)
  const inputs = Object.entries(node.inputs).filter(
    (entry): entry is [string, Tensor] => entry[1] != null && varying.has(entry[1].id),
  )
  showNode(node)
  const found = tidy(() => {
    // tfjs puts zeros in place of an output's missing gradient.
    const dys = node.outputs.map(({ id }) => gradients.get(id) as Tensor)
    const closures = gradient(dys)
    const scope = engine().state.activeScope.id
    const owned = new Set<Tensor>()
    return inputs.map(([name, input]) => {
      const dx = closures[name]?.()
      check(kernelName, name, input, dx)
      // A gradient is freed after use, so it must not be a tensor that is used elsewhere, for example dy itself from a
      // custom gradient.
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
      `the gradient of the kernel ${kernelName} returns nothing for its input ${name}, on which the loss depends; return a gradient for it`,
    )
  if (dx.dtype !== 'float32' || dx.shape.length !== shape.length || dx.shape.some((size, i) => size !== shape[i]))
    throw new TypeError(
      `the gradient of the kernel ${kernelName} for its input ${name} must be float32 [${shape.join(',')}], but is ${dx.dtype} [${dx.shape.join(',')}]`,
    )
}
