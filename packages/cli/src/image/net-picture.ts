import { formatShape } from '@resfn/layer'
import { graphLayout, type LaidBox, type NetGraph } from '@resfn/net-graph'
import { escapeMarkup } from '../text/markup.ts'

const style = `text{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;fill:#222}.name{font-weight:600}.kind,.group text{fill:#666}
.box{fill:#fff;stroke:#888}.join .box{fill:#eef}.group rect{fill:#8881;stroke:#8886;stroke-dasharray:3 3}
path{fill:none;stroke:#667;stroke-width:1.3}marker path{fill:#667;stroke:none}svg{background:#fff}
@media(prefers-color-scheme:dark){svg{background:#111}text{fill:#ddd}.kind,.group text{fill:#999}.box{fill:#1c1c20;stroke:#777}.join .box{fill:#26263a}path{stroke:#99a}marker path{fill:#99a}}`

const text = (x: number, y: number, anchor: string, words: string, kind: string): string =>
  words === '' ? '' : `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${kind}">${escapeMarkup(words)}</text>`

const box = ({ node, x, y, width, height, kindX, isJoin }: LaidBox): string =>
  `<g class="${isJoin ? 'join' : 'part'}"><rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>${text(x + 10, y + 18, 'start', node.name, 'name')}${text(kindX, y + 18, 'start', node.kind, 'kind')}${text(x + width - 10, y + 18, 'end', formatShape(node.output), 'shape')}</g>`

/** A graph as a picture: the boxes below each other in the order they run, skips at their side. */
export const netPicture = (graph: NetGraph, name: string): string => {
  const { width, height, boxes, frames, ways } = graphLayout(graph)
  const framed = frames.map(
    ({ group, x, y, ...size }) =>
      `<g class="group"><rect x="${x}" y="${y}" width="${size.width}" height="${size.height}" rx="8"/><text x="${x + 8}" y="${y + 15}">${escapeMarkup(group.name)}</text></g>`,
  )
  const drawn = ways.map(({ d }) => `<path marker-end="url(#arrow)" d="${d}"/>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escapeMarkup(name)}</title><style>${style}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${[...framed, ...drawn, ...boxes.map(box)].join('\n')}
</svg>
`
}
