import { escapeMarkup } from '../text/markup.ts'
import { formatShape } from '@resfn/layer'
import type { GraphGroup, NetGraph } from './net-graph.ts'

const [boxHeight, step, lane, pad, margin, title] = [28, 46, 14, 10, 16, 18] as const
const letter = 7.2

const style = `text{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;fill:#222}.name{font-weight:600}.kind,.group text{fill:#666}
.box{fill:#fff;stroke:#888}.join .box{fill:#eef}.group rect{fill:#8881;stroke:#8886;stroke-dasharray:3 3}
path{fill:none;stroke:#667;stroke-width:1.3}marker path{fill:#667;stroke:none}svg{background:#fff}
@media(prefers-color-scheme:dark){svg{background:#111}text{fill:#ddd}.kind,.group text{fill:#999}.box{fill:#1c1c20;stroke:#777}.join .box{fill:#26263a}path{stroke:#99a}marker path{fill:#99a}}`

/** The lane to the right of the boxes for each edge that passes some of them: the first that is free on its way. */
const lanesOf = (ways: readonly (readonly [from: number, to: number])[]): readonly number[] => {
  const taken: (readonly [number, number])[][] = []
  return ways.map(([from, to]) => {
    const found = taken.findIndex((lane) => lane.every(([first, last]) => to <= first || from >= last))
    const at = found < 0 ? taken.length : found
    ;(taken[at] ??= []).push([from, to])
    return at
  })
}

/** A graph as a picture: the boxes below each other in the order they run, skips at their side. */
export const svg = ({ nodes, edges, groups }: NetGraph, name: string): string => {
  const indexOf = new Map(nodes.map(({ id }, i) => [id, i]))
  const deepest = Math.max(0, ...groups.map(({ depth }) => depth))
  const startsAt = (i: number): readonly GraphGroup[] => groups.filter(({ first }) => first === i)
  const endsAt = (i: number): number => groups.filter(({ last }) => last === i).length
  const tops: number[] = []
  let y = margin
  nodes.forEach((_, i) => {
    y += startsAt(i).length * (title + pad)
    tops.push(y)
    y += step + endsAt(i) * pad
  })
  const height = y - step + boxHeight + margin
  const width = Math.max(
    220,
    ...nodes.map(({ name, kind, output }) => (name.length + kind.length + formatShape(output).length + 8) * letter),
  )
  const ways = edges.map(([from, to]) => [indexOf.get(from)!, indexOf.get(to)!] as const)
  const skips = ways.filter(([from, to]) => to > from + 1)
  const lanes = lanesOf(skips)
  const left = margin + deepest * pad
  const right = left + width
  const total = right + (Math.max(-1, ...lanes) + 2) * lane + deepest * pad + margin
  const middle = left + width / 2
  const boxes = nodes.map(({ id, name, kind, output }, i) => {
    const text = (x: number, anchor: string, words: string, kindOf: string): string =>
      words === ''
        ? ''
        : `<text x="${x}" y="${tops[i]! + 18}" text-anchor="${anchor}" class="${kindOf}">${escapeMarkup(words)}</text>`
    const nameEnd = left + 10 + (name === '' ? 0 : (name.length + 2) * letter)
    return `<g class="${id.includes(':') ? 'join' : 'part'}"><rect class="box" x="${left}" y="${tops[i]!}" width="${width}" height="${boxHeight}" rx="5"/>${text(left + 10, 'start', name, 'name')}${text(nameEnd, 'start', kind, 'kind')}${text(right - 10, 'end', formatShape(output), 'shape')}</g>`
  })
  const frames = groups.map(({ name, depth, first, last }) => {
    const inset = (deepest - depth + 1) * pad
    const above = groups.filter((other) => other.first === first && other.depth >= depth).length
    const below = groups.filter((other) => other.last === last && other.depth >= depth).length
    const top = tops[first]! - above * (title + pad) + pad / 2
    const bottom = tops[last]! + boxHeight + below * pad - pad / 2
    const end = right + (Math.max(-1, ...lanes) + 1) * lane + inset
    return `<g class="group"><rect x="${left - inset}" y="${top}" width="${end - left + inset}" height="${bottom - top}" rx="8"/><text x="${left - inset + 8}" y="${top + 15}">${escapeMarkup(name)}</text></g>`
  })
  const straight = ways
    .filter(([from, to]) => to === from + 1)
    .map(([from, to]) => `<path marker-end="url(#arrow)" d="M${middle} ${tops[from]! + boxHeight}V${tops[to]! - 2}"/>`)
  const around = skips.map(([from, to], i) => {
    const x = right + (lanes[i]! + 1) * lane
    const [start, end] = [tops[from]! + boxHeight - 8, tops[to]! + 9]
    return `<path marker-end="url(#arrow)" d="M${right} ${start}H${x - 5}q5 0 5 5V${end - 5}q0 5 -5 5H${right + 2}"/>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(total)} ${Math.ceil(height)}" width="${Math.ceil(total)}" height="${Math.ceil(height)}" role="img" aria-labelledby="title">
<title id="title">${escapeMarkup(name)}</title><style>${style}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${[...frames, ...straight, ...around, ...boxes].join('\n')}
</svg>
`
}
