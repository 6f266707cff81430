import type { Graph, Node, Value } from './graph.ts'

type Nodes = Pick<Graph, 'nodes' | 'output' | 'values'>

const same = (a: Value | undefined, b: Value | undefined): boolean =>
  JSON.stringify([a?.shape, a?.dtype]) === JSON.stringify([b?.shape, b?.dtype])

/** Whether a node gives back its input. */
const changesNothing = ({ kernel, inputs, outputs }: Node, values: Graph['values']): boolean =>
  (kernel === 'Identity' || kernel === 'Reshape' || kernel === 'Cast') &&
  same(values[inputs['x']!], values[outputs[0]!])

/** The same without nodes that change nothing, or that nothing needs; and the values that are left. */
export const simplify = ({ nodes, output, values }: Nodes): Nodes => {
  const alias = new Map<string, string>()
  const final = (name: string): string => alias.get(name) ?? name
  const renamed = nodes.flatMap((node) => {
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([input, value]) => [input, final(value)]))
    if (!changesNothing({ ...node, inputs }, values)) return [{ ...node, inputs }]
    alias.set(node.outputs[0]!, inputs['x']!)
    return []
  })
  const needed = new Set([final(output)])
  const kept = renamed
    .toReversed()
    .filter((node) => {
      const isNeeded = node.outputs.some((name) => needed.has(name))
      if (isNeeded) for (const name of [...Object.values(node.inputs), ...node.outputs]) needed.add(name)
      return isNeeded
    })
    .toReversed()
  return {
    nodes: kept,
    output: final(output),
    values: Object.fromEntries(Object.entries(values).filter(([name]) => needed.has(name) || name === 'x')),
  }
}
