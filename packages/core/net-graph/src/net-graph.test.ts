import { createNet } from '@resfn/archs'
import { describe, expect, it } from 'vitest'
import { graphLayout, mermaid, netGraph } from './index.ts'

describe.each(['cifar-resnet8', 'densenet121', 'cifar-resattnet56', 'res2net50_26w_4s'])('the graph of %s', (name) => {
  const net = createNet(name)
  const graph = netGraph(net, net.input, 4)
  const layout = graphLayout(graph)

  it('has every box once, and every end of an edge is a box', () => {
    const known = new Set(graph.nodes.map(({ id }) => id))
    expect(known.size).toBe(graph.nodes.length)
    expect(graph.edges.flat().filter((end) => !known.has(end))).toEqual([])
  })

  it('is laid out with every box inside, below the one before, and every edge once', () => {
    expect(layout.boxes.map(({ node }) => node)).toEqual(graph.nodes)
    layout.boxes.slice(1).forEach(({ y }, i) => expect(y).toBeGreaterThanOrEqual(layout.boxes[i]!.y + 28))
    for (const { x, y, width, height } of [...layout.boxes, ...layout.frames]) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(y).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(layout.width)
      expect(y + height).toBeLessThanOrEqual(layout.height)
    }
    expect(layout.ways.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(
      graph.edges.map(([from, to]) => `${from} ${to}`).sort(),
    )
  })

  it('has a frame around the boxes of each group, and no other box', () => {
    layout.frames.forEach(({ group, y, height }) =>
      layout.boxes.forEach((box, i) => {
        const isInside = box.y >= y && box.y + box.height <= y + height
        expect(isInside, `${box.node.id} in ${group.path}`).toBe(i >= group.first && i <= group.last)
      }),
    )
  })

  it('opens and closes the groups of Mermaid in pairs', () => {
    const text = mermaid(graph)
    expect(text.match(/subgraph /g) ?? []).toHaveLength(graph.groups.length)
    expect(text.match(/^ *end$/gm) ?? []).toHaveLength(graph.groups.length)
  })
})
