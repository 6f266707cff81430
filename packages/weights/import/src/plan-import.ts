import type { KeyMap } from '@resfn/archs'
import { type Plan, sameShape, type Shape, type Spec } from '@resfn/layer'
import { fits, fromPublished, ourShape, publishedOf } from '@resfn/layout'
import { fold, type Key } from '@resfn/random'
import { flatten, leaves } from '@resfn/tree'
import { either as E, function as F, taskEither as TE } from 'fp-ts'
import { adaptChannels } from './adapt-channels.ts'
import { type KeyFaults, type OtherKeys, otherKeys } from './import-error.ts'
import { type PublishedTensor, type PublishedWeights, type ReadError, withoutPrefix } from './published-weights.ts'

/** A leaf of a net and where its values come from. */
export type ImportedLeaf = {
  /** `params.` or `state.`, then the path */
  readonly name: string
  readonly shape: Shape
  /**
   * The values row by row, which are read when the task runs. They belong to the caller; with memory for them, of at
   * least their number, they may lie there or in that of the file, and hold until the next read.
   */
  readonly values: (memory?: Float32Array) => TE.TaskEither<ReadError, Float32Array>
}

/** What an import will do. */
export type ImportPlan = {
  /** the leaves in the order of the trees */
  readonly leaves: readonly ImportedLeaf[]
  /** the names of leaves that are drawn, because the file has another number of classes */
  readonly drawn: readonly string[]
  /** the names of leaves that were made for another number of channels */
  readonly adapted: readonly string[]
}

/** What the weights are imported into. */
export type ImportTarget = {
  /** the plan of the net on its input */
  readonly plan: Plan<unknown, unknown>
  /** the shape of one input sample */
  readonly input: Shape
  /** the map of the format that the file has */
  readonly keys: KeyMap
  /** draws the head, where the file has another number of classes */
  readonly key: Key
}

type Target = { readonly name: string; readonly spec: Spec; readonly key: string; readonly shape: Shape }

const floats = new Set(['F32', 'F16', 'BF16', 'F64'])

const targetsOf = ({
  plan,
  keys,
}: ImportTarget): { readonly targets: readonly Target[]; readonly beside: ReadonlySet<string> } => {
  const beside = new Set<string>()
  const ofTree = (root: string, specs: unknown): readonly Target[] =>
    flatten<Spec>(specs).map(({ path, leaf: spec }) => {
      const published = publishedOf(path, spec.shape, keys)
      for (const key of published.beside) beside.add(key)
      return { name: `${root}.${path}`, spec, key: published.key, shape: published.shape }
    })
  return { targets: [...ofTree('params', plan.params), ...ofTree('state', plan.state)], beside }
}

/** The name of the last part with parameters: the head. */
const headOf = ({ parts }: Plan<unknown, unknown>): string | undefined =>
  parts.findLast(({ plan: { params } }) => leaves(params).length > 0)?.name

const isHead = (name: string, head: string | undefined): boolean =>
  head !== undefined && (name === `params.${head}` || name.startsWith(`params.${head}.`))

/** How the tensor of a file becomes a leaf; nothing if it cannot. */
type Way = 'copied' | 'drawn' | 'adapted'

const wayOf = (
  { name, spec, key }: Target,
  { dtype, shape }: PublishedTensor,
  { plan, input }: ImportTarget,
): Way | undefined => {
  if (!floats.has(dtype)) return undefined
  if (fits({ key, shape }, spec.shape)) return 'copied'
  const [ours, theirs] = [spec.shape, ourShape({ key, shape })]
  const [classes] = plan.output
  const sameBody = sameShape(ours.slice(0, -1).filter(isNotOne), theirs.slice(0, -1).filter(isNotOne))
  if (isHead(name, headOf(plan)) && ours.at(-1) === classes && sameBody) return 'drawn'
  const channels = input.at(-1)
  const isFirst = ours.length === 4 && theirs.length === 4 && ours[2] === channels && theirs[2] === 3
  return isFirst && ours.every((size, axis) => axis === 2 || size === theirs[axis]) ? 'adapted' : undefined
}

const lastOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1)

const isNotOne = (size: number): boolean => size !== 1

const valuesOf = (
  { name, spec, key }: Target,
  { values, shape }: PublishedTensor,
  way: Way,
  draw: Key,
): ImportedLeaf['values'] => {
  if (way === 'drawn') return () => TE.fromIO(() => spec.initialiser(fold(draw, name), spec.shape))
  return (memory) =>
    F.pipe(
      values,
      TE.map((published) => {
        if (way === 'adapted')
          return adaptChannels(fromPublished(published, { key, shape }), {
            channels: spec.shape[2]!,
            out: spec.shape[3]!,
          })
        const ours = fromPublished(published, { key, shape }, memory?.subarray(0, published.length))
        // The values may be views of the bytes of the file, which the next read changes.
        return ours === published && memory === undefined ? ours.slice() : ours
      }),
    )
}

/**
 * What an import of a file into a net will do, before any tensor is read. Every leaf has its key by the map; the order
 * of axes follows from the key and the number of axes. A first convolution is adapted from three channels to another
 * number, and a head for another number of classes is drawn.
 *
 * @param weights the tensors of a file, such as `safetensorsWeights` gives
 * @param target the plan of the net, its input, the map of the format, and a random key
 * @returns the leaves with their values to be read, or all keys that are missing, unknown or of another shape
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @see timm, `timm/models/_builder.py`, `load_pretrained`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { planImport } from '@resfn/import'
 *
 * const target = { plan: dense({ out: 2 }).plan([3]), input: [3], keys: [], key: [0, 0] } as const
 * const planned = planImport(new Map(), target)
 * assert.ok(planned._tag === 'Left')
 * assert.deepEqual(planned.left.missing, ['weight', 'bias'])
 * ```
 */
export const planImport = (weights: PublishedWeights, target: ImportTarget): E.Either<OtherKeys, ImportPlan> => {
  const { targets, beside } = targetsOf(target)
  const file = withoutPrefix(weights)
  const known = new Set(targets.map(({ key }) => key))
  const found = targets.flatMap((leaf) => {
    const tensor = file.get(leaf.key)
    return tensor === undefined ? [] : [{ leaf, tensor, way: wayOf(leaf, tensor, target) }]
  })
  const unknown = [...file.keys()].filter((key) => !known.has(key) && !beside.has(key))
  // What stands beside other keys is told last, since it says least.
  const counters = new Set([...beside].map(lastOf))
  const faults: KeyFaults = {
    missing: targets.filter(({ key }) => !file.has(key)).map(({ key }) => key),
    unknown: unknown.toSorted((a, b) => Number(counters.has(lastOf(a))) - Number(counters.has(lastOf(b)))),
    misshapen: found
      .filter(({ way }) => way === undefined)
      .map(({ leaf: { key, shape }, tensor }) => ({ key, dtype: tensor.dtype, found: tensor.shape, expected: shape })),
  }
  if (Object.values(faults).some((list) => list.length > 0)) return E.left(otherKeys(faults))
  const named = (wanted: Way): readonly string[] =>
    found.filter(({ way }) => way === wanted).map(({ leaf: { name } }) => name)
  return E.right({
    leaves: found.map(({ leaf, tensor, way }) => ({
      name: leaf.name,
      shape: leaf.spec.shape,
      values: valuesOf(leaf, tensor, way!, target.key),
    })),
    drawn: named('drawn'),
    adapted: named('adapted'),
  })
}
