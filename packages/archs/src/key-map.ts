import { type Numbers, parseTemplate, type Template } from './key-template.ts'

/**
 * Two templates that stand for each other: segments of our paths, and segments of published keys. Further ones name
 * keys that stand beside theirs and have no leaf of ours, such as the counter of batches beside a running mean.
 */
export type KeyPair = readonly [ours: string, theirs: string, ...beside: readonly string[]]

/**
 * How our tree paths differ from the keys of published checkpoints, as data: pairs of templates.
 *
 * - `['mean', 'running_mean']`: these segments stand for each other wherever they occur.
 * - `['layer{s}.{i}.conv{j}', 'stages.{s-1}.layers.{i}.layer.{j-1}']`: a placeholder stands for a whole number from 0,
 *   with an offset. `{i+1:02}` writes two digits.
 * - `['^conv1', 'layer0.conv1']`: `^` keeps the pair to the beginning of the path.
 * - `['mean', 'running_mean', 'num_batches_tracked']`: the checkpoint may hold a counter beside the running mean.
 * - `['se.fc{j}.weight', 'se.fc{j}.weight@4']`: the published tensor has 4 axes, where ours is a matrix.
 *
 * One pass goes over the segments from left to right. The first pair that matches at a segment is written on the other
 * side; a segment that no pair matches stays. What was written is not read again. A pair does not match where a number
 * would become negative.
 *
 * At its first use a map is tried out: a pair that is never used, or whose paths do not come back from their keys, is
 * an error. Neighbouring matches can still read as one template of theirs, so a test compares all paths of all nets.
 */
export type KeyMap = readonly KeyPair[]

/** A key map cannot be used, because not every path would come back from its key. `pair` is the pair at fault. */
export class KeyMapError extends Error {
  readonly _tag = 'KeyMapError'
  readonly pair: KeyPair
  constructor(pair: KeyPair, reason: string) {
    super(`key map, pair ${JSON.stringify(pair)}: ${reason}`)
    this.name = 'KeyMapError'
    this.pair = pair
  }
}

type Side = 'ours' | 'theirs'
type Pair = { readonly [S in Side]: Template } & {
  readonly first: boolean
  readonly rank: number | undefined
  readonly beside: readonly Template[]
}

const rankAtEnd = /@([0-9])$/

const parsePair = (pair: KeyPair): Pair => {
  const [ours, published, ...others] = pair
  const texts = [ours.replace(/^\^/, ''), published.replace(rankAtEnd, ''), ...others]
  const [mine, their, ...beside] = texts.map((text) => {
    const template = parseTemplate(text)
    if (typeof template === 'string') throw new KeyMapError(pair, template)
    return template
  })
  for (const { names } of [their!, ...beside])
    if ([...names].sort().join() !== [...mine!.names].sort().join())
      throw new KeyMapError(pair, 'its templates have different placeholders; each must have all of them')
  const rank = rankAtEnd.exec(published)?.[1]
  return {
    ours: mine!,
    theirs: their!,
    first: ours.startsWith('^'),
    rank: rank === undefined ? undefined : Number(rank),
    beside,
  }
}

type Match = { readonly pair: Pair; readonly numbers: Numbers; readonly text: string }

/** The first pair that reads the segments from `at` on and can be written on the other side. */
const matchAt = (segments: readonly string[], at: number, pairs: readonly Pair[], from: Side): Match | undefined => {
  for (const pair of pairs) {
    const numbers = pair.first && at > 0 ? undefined : pair[from].read(segments, at)
    const text = numbers && pair[from === 'ours' ? 'theirs' : 'ours'].write(numbers)
    if (numbers !== undefined && text !== undefined) return { pair, numbers, text }
  }
  return undefined
}

type Step = { readonly text: string; readonly match: Match | undefined }

/** A path or key step by step: what each match, or each segment that stays, becomes on the other side. */
const walk = (path: string, pairs: readonly Pair[], from: Side): readonly Step[] => {
  const segments = path.split('.')
  const steps: Step[] = []
  for (let at = 0; at < segments.length;) {
    const match = matchAt(segments, at, pairs, from)
    steps.push({ text: match?.text ?? segments[at]!, match })
    at += match?.pair[from].length ?? 1
  }
  return steps
}

const join = (texts: readonly string[]): string => texts.join('.')

const rename = (path: string, pairs: readonly Pair[], from: Side): string =>
  join(walk(path, pairs, from).map(({ text }) => text))

/** Small numbers for the placeholders of a template, in all combinations. */
const samples = ([name, ...rest]: readonly string[]): readonly Numbers[] =>
  name === undefined ? [{}] : samples(rest).flatMap((others) => [0, 1, 2, 10].map((n) => ({ ...others, [name]: n })))

/** Throws unless the pair reads something before the pairs ahead of it, and each path comes back from its key. */
const checkPair = (pair: KeyPair, at: number, pairs: readonly Pair[]): void => {
  const { ours, theirs } = pairs[at]!
  const paths = samples(ours.names).flatMap((numbers) => {
    const path = ours.write(numbers)
    return path === undefined || theirs.write(numbers) === undefined ? [] : [path]
  })
  if (!paths.some((path) => matchAt(path.split('.'), 0, pairs, 'ours')?.pair === pairs[at]))
    throw new KeyMapError(pair, 'it is never used, because an earlier pair matches first; put it before that pair')
  for (const path of paths) {
    const key = rename(path, pairs, 'ours')
    const back = rename(key, pairs, 'theirs')
    if (back !== path)
      throw new KeyMapError(
        pair,
        `it is ambiguous: the path ${path} has the key ${key}, which is read as ${back}; change a template, or put the more special pair first`,
      )
  }
}

const parsed = new WeakMap<KeyMap, readonly Pair[]>()

const parse = (keys: KeyMap): readonly Pair[] => {
  const known = parsed.get(keys)
  if (known !== undefined) return known
  const pairs = keys.map(parsePair)
  keys.forEach((pair, at) => checkPair(pair, at, pairs))
  parsed.set(keys, pairs)
  return pairs
}

/**
 * The published key of a tree path: `layer2.0.shortcut.conv.weight` is `layer2.0.downsample.0.weight` in torchvision.
 *
 * @param path a path of a tree of parameters or state
 * @param keys the map of the family
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keyOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(keyOf('layer2.0.shortcut.bn.mean', torchvisionKeys), 'layer2.0.downsample.1.running_mean')
 * ```
 */
export const keyOf = (path: string, keys: KeyMap): string => rename(path, parse(keys), 'ours')

/**
 * The tree path of a published key, the inverse of `keyOf`: `pathOf(keyOf(path, keys), keys) = path`.
 *
 * @param key a key of a checkpoint
 * @param keys the map of the family
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pathOf } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.equal(pathOf('layer1.0.bn1.running_var', torchvisionKeys), 'layer1.0.bn1.variance')
 * ```
 */
export const pathOf = (key: string, keys: KeyMap): string => rename(key, parse(keys), 'theirs')

/**
 * The keys that may stand beside the key of a tree path and have no leaf of ours.
 *
 * @param path a path of a tree of parameters or state
 * @param keys the map of the family
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { keysBeside } from '@resfn/archs'
 * import { torchvisionKeys } from '@resfn/archs/resnet/keys'
 *
 * assert.deepEqual(keysBeside('bn1.mean', torchvisionKeys), ['bn1.num_batches_tracked'])
 * assert.deepEqual(keysBeside('bn1.weight', torchvisionKeys), [])
 * ```
 */
export const keysBeside = (path: string, keys: KeyMap): readonly string[] => {
  const steps = walk(path, parse(keys), 'ours')
  const texts = steps.map(({ text }) => text)
  return steps.flatMap(({ match }, i) =>
    (match?.pair.beside ?? []).flatMap((template) => {
      const text = template.write(match!.numbers)
      return text === undefined ? [] : [join([...texts.slice(0, i), text, ...texts.slice(i + 1)])]
    }),
  )
}

/**
 * How many axes the published tensor of a tree path has, where the map says that it is another number than ours.
 *
 * @param path a path of a tree of parameters or state
 * @param keys the map of the family
 * @throws KeyMapError naming the pair, if the map is malformed or ambiguous
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rankOf } from '@resfn/archs'
 *
 * assert.equal(rankOf('layer1.0.se.fc1.weight', [['se.fc{j}.weight', 'se.fc{j}.weight@4']]), 4)
 * ```
 */
export const rankOf = (path: string, keys: KeyMap): number | undefined =>
  walk(path, parse(keys), 'ours').find(({ match }) => match?.pair.rank !== undefined)?.match?.pair.rank
