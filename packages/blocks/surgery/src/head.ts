import { dense } from '@resfn/dense'
import {
  type AnyLayer,
  editPart,
  initFrom,
  type Layer,
  lift,
  ShapeError,
  type Shape,
  type Spec,
  type Variables,
} from '@resfn/layer'
import type { Key } from '@resfn/random'
import { flatten } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import { SurgeryError } from './place.ts'

const identity = lift((x) => x, { kind: 'identity' })

/** The leaves of the parameters of a part on a vector, or undefined if it cannot take one. */
const onVector = (part: AnyLayer): readonly Spec[] | undefined => {
  try {
    return flatten<Spec>(part.plan([1]).params).map(({ leaf }) => leaf)
  } catch (error) {
    if (error instanceof ShapeError) return undefined
    throw error
  }
}

/** The classifier, and what stands after it. */
type Head = { readonly classifier: string; readonly after: readonly string[] }

const findHead = (net: AnyLayer): Head | undefined => {
  if (net.parts?.inOrder !== true) return undefined
  const after: string[] = []
  for (const [name, part] of Object.entries(net.parts.layers).toReversed()) {
    if (part.parts !== undefined) {
      const inner = findHead(part)
      const outer = (path: string): string => `${name}.${path}`
      return inner && { classifier: outer(inner.classifier), after: [...after, ...inner.after.map(outer)] }
    }
    const leaves = onVector(part)
    if (leaves === undefined) return undefined
    if (leaves.some(({ shape }) => shape.length === 2)) return { classifier: name, after }
    after.push(name)
  }
  return undefined
}

const headOf = (net: AnyLayer): Head => {
  const head = findHead(net)
  if (head === undefined)
    throw new SurgeryError(
      '',
      'this net has no head: a dense layer at its end, in a sequence of parts, with nothing after it but parts that take a vector',
    )
  return head
}

/**
 * The path of the classifier of a net: its last part with a matrix of parameters, if what stands after it takes a
 * vector.
 *
 * @param net a sequence of named parts, such as any net of `nets`
 * @throws SurgeryError if the net does not end so
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createNet } from '@resfn/archs'
 * import { headPath } from '@resfn/surgery'
 *
 * assert.deepEqual(['resnet50', 'lenet-bn', 'cifar-resnet9'].map((name) => headPath(createNet(name))), ['fc', 'fc3', 'linear'])
 * ```
 */
export const headPath = (net: AnyLayer): string => headOf(net).classifier

/**
 * The net without its head: the identity stands in the place of the classifier and of what follows it, so the output is
 * what the classifier took, the pooled features of a residual net. The trees of the net fit, its head's included.
 *
 * @param net a sequence of named parts, such as any net of `nets`
 * @throws SurgeryError if the net has no head
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createNet } from '@resfn/archs'
 * import { embed } from '@resfn/surgery'
 *
 * assert.deepEqual(embed(createNet('resnet50')).plan([224, 224, 3]).output, [2048])
 * ```
 */
export const embed = (net: AnyLayer): Layer<unknown, unknown> => {
  const { classifier, after } = headOf(net)
  return [classifier, ...after].reduce<Layer<unknown, unknown>>(
    (edited, path) => editPart(edited, path, () => identity),
    net as Layer<unknown, unknown>,
  )
}

/**
 * The same net for other classes: a new dense layer stands in the place of its classifier, with a bias where that had
 * one. All paths stay. `initHead` gives its variables.
 *
 * @param net a sequence of named parts, such as any net of `nets`
 * @param classes how many logits the new head gives
 * @throws SurgeryError if the net has no head
 * @throws OptionsError if classes is not a whole number of at least 1
 * @see Yosinski et al., "How transferable are features in deep neural networks?" (2014)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createNet } from '@resfn/archs'
 * import { withHead } from '@resfn/surgery'
 *
 * assert.deepEqual(withHead(createNet('resnet18'), 4).plan([64, 64, 3]).output, [4])
 * ```
 */
export const withHead = (net: AnyLayer, classes: number): Layer<unknown, unknown> =>
  editPart(net, headPath(net), (classifier) => dense({ out: classes, bias: onVector(classifier)!.length > 1 }))

/**
 * The variables of a net with a new head: the head's are the first values of `init`, all others are those that are
 * given, tensor by tensor.
 *
 * @param net the net with its new head, as `withHead` makes it
 * @param given parameters and state of the net; those of its old head are left out
 * @param key a random key
 * @param input the shape of one input sample
 * @returns the given tensors but for the head's, which are new and belong to the caller
 * @throws VariablesError with the path of a given tensor that the net does not have, or has in another shape
 * @throws SurgeryError if the net has no head
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { createNet } from '@resfn/archs'
 * import { init } from '@resfn/layer'
 * import { key } from '@resfn/random'
 * import { initHead, withHead } from '@resfn/surgery'
 * import { flatten } from '@resfn/tree'
 *
 * const net = createNet('cifar-resnet8')
 * const given = init(net, key(0), [8, 8, 3])
 * const own = initHead(withHead(net, 4), given, key(1), [8, 8, 3])
 * const old = new Set(flatten(given.params).map(({ leaf }) => leaf))
 * assert.deepEqual(flatten(own.params).filter(({ leaf }) => !old.has(leaf)).map(({ path }) => path), ['fc.weight', 'fc.bias'])
 * ```
 */
export const initHead = <P, S>(
  net: Layer<P, S>,
  given: { readonly params: unknown; readonly state: unknown },
  key: Key,
  input: Shape,
): Variables<P, S> => {
  const head = headPath(net)
  const params = flatten<Tensor>(given.params).filter(({ path }) => !path.startsWith(`${head}.`))
  // A record of whole paths has the same leaves as the tree.
  const body = Object.fromEntries(params.map(({ path, leaf }) => [path, leaf]))
  return initFrom(net, { params: body, state: given.state }, key, input)
}
