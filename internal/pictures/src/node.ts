import { type AnyLayer, countValues, type Feed, type Plan, type Shape } from '@resfn/layer'

/** What a picture shows: boxes in a row, and paths side by side that a join makes one. */
export type Node =
  | { readonly is: 'box'; readonly label: string; readonly note: string; readonly output: Shape }
  | { readonly is: 'series'; readonly nodes: readonly Node[]; readonly input: Shape; readonly output: Shape }
  | {
      readonly is: 'fork'
      readonly paths: readonly Node[]
      readonly join: string
      /** the path on the axis; the longest where nothing is said */
      readonly main?: Node
      /** whether each path gets a part of the channels */
      readonly isSplit: boolean
      readonly output: Shape
    }
  | { readonly is: 'woven'; readonly parts: readonly WovenPart[]; readonly output: Shape }

/** A part of a graph whose paths cross: what it takes, and how that becomes one. */
export type WovenPart = {
  readonly name: string
  readonly node: Node
  readonly input: Shape
  readonly from: readonly string[]
  readonly join?: string
}

/** Words for parts that are shown as one box, by their paths. */
export type Words = { readonly [path: string]: string }

type Named = { readonly [name: string]: AnyLayer }
type Whole = {
  readonly layers?: Named | readonly AnyLayer[]
  readonly feeds?: { readonly [name: string]: Feed }
  readonly on?: (input: Shape) => AnyLayer
}

const number = new Intl.NumberFormat('en')

const box = (name: string, { kind, params, output }: Plan<unknown, unknown>, label: string = kind): Node => {
  const values = countValues(params)
  const own = name === '' || name === label || /^\d+$/.test(name) ? '' : `${name} · `
  return { is: 'box', label, note: values > 0 ? `${own}${number.format(values)}` : '', output }
}

/** One after the other; a row in a row is one row. */
const series = (parts: readonly Node[], input: Shape): Node => {
  const nodes = parts.flatMap((part) => (part.is === 'series' ? part.nodes : [part]))
  return nodes.length === 1 ? nodes[0]! : { is: 'series', nodes, input, output: nodes.at(-1)?.output ?? input }
}

// The ops of residual networks are called after what they are for.
const sums = new Set(['identityAdd', 'projectedAdd'])

const fork = (paths: readonly Node[], kind: string, output: Shape, main?: Node): Node => ({
  is: 'fork',
  paths,
  ...(main && { main }),
  join: sums.has(kind) ? 'sum' : kind.replace(/^split /, ''),
  isSplit: kind.startsWith('split '),
  output,
})

const identity = (input: Shape): Node => series([], input)

/** A node whose parameters are those of another one too. */
const asShared = (node: Node): Node => {
  if (node.is === 'series') return { ...node, nodes: node.nodes.map(asShared) }
  return node.is === 'box' && node.note !== '' ? { ...node, note: `${node.note}, shared` } : node
}

/**
 * What a layer is made of, read from the layer and its plan. A part without layers of its own is a box, and so is one
 * that `words` has a word for.
 */
export const nodeOf = (layer: AnyLayer, input: Shape, words: Words = {}, path = ''): Node => {
  const name = path.split('.').at(-1)!
  const plan = layer.plan(input)
  if (words[path] !== undefined) return box(name, plan, words[path])
  const { layers, feeds, on } = layer as Whole
  const under = (part: string | number): string => (path === '' ? String(part) : `${path}.${part}`)
  if (on !== undefined) return nodeOf(on(input), input, words, path)
  if (layers === undefined) return box(name, plan)
  const inRow = (parts: readonly (readonly [string, AnyLayer])[]): Node => {
    let shape = input
    return series(
      parts.map(([part, of]) => {
        const node = nodeOf(of, shape, words, under(part))
        shape = node.output
        return node
      }),
      input,
    )
  }
  if (Array.isArray(layers)) return inRow(layers.map((each: AnyLayer, i) => [String(i), each]))
  const named = layers as Named
  if (feeds !== undefined) return fromGraph(named, feeds, plan, input, words, under)
  const { layer: common, ...views } = named
  // A shared layer stands after each of its views.
  if (common !== undefined && plan.kind.includes(' of '))
    return fork(
      Object.entries(views).map(([view, of]) => {
        const seen = nodeOf(of, input, words, under(view))
        return series([seen, asShared(nodeOf(common, seen.output, words, path))], input)
      }),
      plan.kind.replace(/ of .*/, ''),
      plan.output,
    )
  const { first, last } = named
  if (first !== undefined && last !== undefined && plan.kind.includes(', ')) {
    const before = nodeOf(first, input, words, path)
    return series([before, nodeOf(last, before.output, words, under('last'))], input)
  }
  if (plan.kind === 'sequential') return inRow(Object.entries(named))
  if (plan.kind.startsWith('parallel ')) {
    const kind = plan.kind.replace('parallel ', '')
    const paths = Object.entries(named)
    const seen = kind.startsWith('split ') ? [...input.slice(0, -1), input.at(-1)! / paths.length] : input
    return fork(
      paths.map(([part, of]) => nodeOf(of, seen, words, under(part))),
      kind,
      plan.output,
    )
  }
  const { branch, shortcut } = named
  if (branch === undefined) return box(name, plan)
  const kept = shortcut === undefined ? identity(input) : nodeOf(shortcut, input, words, under('shortcut'))
  const main = nodeOf(branch, input, words, path)
  return fork([kept, main], joinOf(plan.kind, branch.plan(input).kind), plan.output, main)
}

/** The word of a join: the kind of a block is that, and the kind of its branch where the branch has no parts. */
const joinOf = (kind: string, branch: string): string => kind.replace(` ${branch}`, '')

/** A graph as rows and forks: two paths that are joined fork at the last part that both come through. */
const fromGraph = (
  parts: Named,
  feeds: { readonly [name: string]: Feed },
  plan: Plan<unknown, unknown>,
  input: Shape,
  words: Words,
  under: (part: string) => string,
): Node => {
  const names = ['input', ...Object.keys(parts)]
  const outputs = new Map<string, Shape>([
    ['input', input],
    ...plan.parts.map((part) => [part.name, part.plan.output] as const),
  ])
  const feedOf = (name: string): Feed => feeds[name] ?? names[names.indexOf(name) - 1]!
  const sources = (name: string): readonly string[] => {
    const feed = feedOf(name)
    return typeof feed === 'string' ? [feed] : feed.of
  }
  const meet = (of: readonly string[]): readonly string[] =>
    of.map(through).reduce((common, other) => common.filter((name) => other.includes(name)))
  const through = (name: string): readonly string[] => (name === 'input' ? [name] : [...meet(sources(name)), name])
  const inputOf = (name: string): Shape => {
    const feed = feedOf(name)
    if (typeof feed === 'string') return outputs.get(feed)!
    return feed.join.output(Object.fromEntries(feed.of.map((source) => [source, outputs.get(source)!])))
  }
  let drawn = 0
  const chain = (to: string, from: string): readonly Node[] => {
    if (to === from) return []
    drawn++
    const feed = feedOf(to)
    const joined = typeof feed === 'string' ? undefined : feed
    const start = meet(sources(to)).at(-1)!
    const shape = inputOf(to)
    const own = nodeOf(parts[to]!, shape, words, under(to))
    const paths = joined?.of.map((name) => series(chain(name, start), outputs.get(start)!))
    return [
      ...chain(start, from),
      ...(paths === undefined ? [] : [fork(paths, joined!.join.kind, shape)]),
      // A part that only names the join is in the picture already.
      ...(own.is === 'box' && own.label === joined?.join.kind ? [] : [own]),
    ]
  }
  const woven = (name: string): WovenPart => {
    const feed = feedOf(name)
    const input = inputOf(name)
    const own = nodeOf(parts[name]!, input, words, under(name))
    const node = own.is === 'box' && own.label === 'identity' ? identity(input) : own
    return { name, node, input, from: sources(name), ...(typeof feed === 'string' ? {} : { join: feed.join.kind }) }
  }
  const nodes = chain(names.at(-1)!, 'input')
  // Paths that cross are no rows and forks: each part is drawn once, with all that it takes.
  if (drawn !== names.length - 1) return { is: 'woven', parts: Object.keys(parts).map(woven), output: plan.output }
  return series(nodes, input)
}
