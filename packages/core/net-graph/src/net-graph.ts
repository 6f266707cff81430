import { type AnyLayer, formatShape, type Part, type Plan, type Shape } from '@resfn/layer'

/** A box: a part that is not drawn further, an addition or another join, or an activation after it. */
export type GraphNode = { readonly id: string; readonly name: string; readonly kind: string; readonly output: Shape }

/** A part that is drawn by its own parts: the boxes `first` to `last` in the order of the nodes. */
export type GraphGroup = {
  readonly path: string
  readonly name: string
  readonly depth: number
  readonly first: number
  readonly last: number
}

/** A net as boxes in the order they run, what each takes, and groups of them. */
export type NetGraph = {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly (readonly [from: string, to: string])[]
  readonly groups: readonly GraphGroup[]
}

/** Where a value comes from, and its shape. */
type Source = { readonly id: string; readonly shape: Shape }

type Wired = { readonly feeds?: { readonly [name: string]: string | { readonly of: readonly string[] } | undefined } }
type Inside = { readonly layers?: { readonly [name: string]: AnyLayer } }
type AnyPlan = Plan<unknown, unknown>

/** Any layer as the combinator that made it; what it is made of is in its own fields. */
const insideOf = (layer: AnyLayer): Inside['layers'] & object => (layer as Inside).layers ?? {}

/**
 * The graph of the parts of a net, to a depth: with 1 the net's own parts, with 2 the blocks of its stages, with 3 what
 * is in them. It needs no backend and no weights. An addition, another join, or an activation behind a block is a box
 * without a name, whose `id` has a ":".
 *
 * @param net any layer made of combinators
 * @param input the shape of one input sample
 * @param depth how deep parts are drawn by their own parts, from 1
 * @throws ShapeError with the path of the layer that cannot take its input
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { sequential, skip, sum } from '@resfn/layer'
 * import { netGraph } from '@resfn/net-graph'
 *
 * const net = sequential({ block: skip(sum)(sequential({ fc: dense({ out: 4 }) })), head: dense({ out: 2 }) })
 * const { edges } = netGraph(net, [4], 2)
 * assert.deepEqual(edges, [['input', 'block.fc'], ['block.fc', 'block:join'], ['input', 'block:join'], ['block:join', 'head']])
 * ```
 */
export const netGraph = (net: AnyLayer, input: Shape, depth: number): NetGraph => {
  const nodes: GraphNode[] = []
  const edges: (readonly [string, string])[] = []
  const groups: GraphGroup[] = []

  const taken = new Set<string>()
  const box = (wanted: string, name: string, kind: string, output: Shape, from: readonly Source[]): Source => {
    // A skip whose branch is a skip adds twice at one path.
    let id = wanted
    for (let i = 2; taken.has(id); i++) id = `${wanted}${i}`
    taken.add(id)
    nodes.push({ id, name, kind, output })
    for (const source of from) edges.push([source.id, id])
    return { id, shape: output }
  }

  const inside = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

  /** What is in a part, below its own box. `parts` are those of its plan. */
  const contents = (
    layer: AnyLayer,
    plan: AnyPlan,
    parts: readonly Part[],
    at: { readonly path: string; readonly left: number },
    from: Source,
  ): Source => {
    const { path, left } = at
    if (layer.on !== undefined) return contents(layer.on(from.shape), plan, parts, at, from)
    const { branch, first, last } = insideOf(layer)
    if (first !== undefined && last !== undefined && layer.parts?.layers['first'] !== first) {
      const [before, after] = [
        plan.kind.slice(0, plan.kind.lastIndexOf(', ')),
        plan.kind.slice(plan.kind.lastIndexOf(', ') + 2),
      ]
      const y = contents(first, { ...plan, kind: before }, parts, at, from)
      return box(`${path}:last`, '', after, plan.output, [y])
    }
    if (branch !== undefined) {
      const own = parts.filter(({ name }) => name !== 'shortcut')
      const shortcut = parts.find(({ name }) => name === 'shortcut')
      const side = shortcut === undefined ? from : part(insideOf(layer)['shortcut']!, shortcut, { path, left }, from)
      const y =
        own.length === 0
          ? box(`${path}:branch`, '', plan.kind.slice(plan.kind.indexOf(' ') + 1), plan.output, [from])
          : contents(branch, plan, own, at, from)
      return box(`${path}:join`, '', plan.kind.split(' ')[0]!, plan.output, [y, side])
    }
    const layers = layer.parts?.layers ?? {}
    const { feeds } = layer as Wired
    if (feeds !== undefined) {
      const outputs = new Map<string, Source>([['input', from]])
      let previous = from
      for (const each of parts) {
        const feed = feeds[each.name]
        const taken = (feed === undefined ? [] : typeof feed === 'string' ? [feed] : feed.of).map((name) =>
          outputs.get(name)!,
        )
        const source =
          taken.length === 0
            ? previous
            : taken.length === 1
              ? taken[0]!
              : box(inside(path, `${each.name}:join`), '', 'join', taken[0]!.shape, taken)
        previous = part(layers[each.name]!, each, { path, left }, source)
        outputs.set(each.name, previous)
      }
      return previous
    }
    if (layer.parts?.inOrder === true || parts.length < 2)
      return parts.reduce((source, each) => part(layers[each.name]!, each, { path, left }, source), from)
    const ends = parts.map((each) => part(layers[each.name]!, each, { path, left }, from))
    return box(`${path}:join`, '', plan.kind, plan.output, ends)
  }

  /** A part of a net: a box, or a group of the boxes of its own parts. */
  const part = (
    layer: AnyLayer,
    { name, plan }: Part,
    { path, left }: { readonly path: string; readonly left: number },
    from: Source,
  ): Source => {
    const own = inside(path, name)
    if (left <= 1 || plan.parts.length === 0) return box(own, name, plan.kind, plan.output, [from])
    const begin = nodes.length
    const y = contents(layer, plan, plan.parts, { path: own, left: left - 1 }, from)
    groups.push({ path: own, name, depth: depth - left + 1, first: begin, last: nodes.length - 1 })
    return y
  }

  const plan = net.plan(input)
  const from = box('input', 'input', '', input, [])
  if (plan.parts.length === 0) box('net', 'net', plan.kind, plan.output, [from])
  else contents(net, plan, plan.parts, { path: '', left: depth }, from)
  return { nodes, edges, groups: groups.toSorted((a, b) => a.first - b.first || a.depth - b.depth) }
}

/** The words of a box after its name: what it is, and its output. */
export const wordsOf = ({ kind, output }: GraphNode): readonly string[] =>
  [kind, formatShape(output)].filter((word) => word !== '')
