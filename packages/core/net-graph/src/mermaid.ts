import { type GraphGroup, type NetGraph, wordsOf } from './net-graph.ts'

const quoted = (text: string): string => `"${text.replaceAll('"', '#quot;')}"`

/**
 * A graph in the language of Mermaid, which GitHub and many editors draw.
 *
 * @param graph what `netGraph` gives
 * @see the documentation of Mermaid, "Flowcharts"
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dense } from '@resfn/dense'
 * import { sequential } from '@resfn/layer'
 * import { mermaid, netGraph } from '@resfn/net-graph'
 *
 * const text = mermaid(netGraph(sequential({ fc: dense({ out: 2 }) }), [4], 1))
 * assert.match(text, /^flowchart TB\n {2}n0\["input<br\/>\[4\]"\]/)
 * ```
 */
export const mermaid = ({ nodes, edges, groups }: NetGraph): string => {
  const idOf = new Map(nodes.map(({ id }, i) => [id, `n${i}`]))
  const lines: string[] = ['flowchart TB']
  const open: GraphGroup[] = []
  const indent = (): string => '  '.repeat(open.length + 1)
  nodes.forEach((node, i) => {
    while (open.length > 0 && open.at(-1)!.last < i) {
      open.pop()
      lines.push(`${indent()}end`)
    }
    for (const group of groups.filter(({ first }) => first === i)) {
      lines.push(`${indent()}subgraph g${groups.indexOf(group)}[${quoted(group.name)}]`)
      open.push(group)
    }
    const label = [node.name, ...wordsOf(node)].filter((word) => word !== '').join('<br/>')
    lines.push(`${indent()}${idOf.get(node.id)!}[${quoted(label)}]`)
  })
  while (open.length > 0) {
    open.pop()
    lines.push(`${indent()}end`)
  }
  for (const [from, to] of edges) lines.push(`  ${idOf.get(from)!} --> ${idOf.get(to)!}`)
  return `${lines.join('\n')}\n`
}
