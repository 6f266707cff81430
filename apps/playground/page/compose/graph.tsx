import { useSignal } from '@preact/signals'
import { type AnyLayer, formatShape, type Shape } from '@resfn/layer'
import { graphLayout, type LaidBox, netGraph } from '@resfn/net-graph'
import { text } from '../text/text.ts'
import { Panel } from '../ui/field.tsx'

const Box = ({ node, x, y, width, height, kindX, isJoin }: LaidBox) => (
  <g class={isJoin ? 'join' : 'part'}>
    <rect x={x} y={y} width={width} height={height} rx={5} />
    <text x={x + 10} y={y + 18} class="name">
      {node.name}
    </text>
    <text x={kindX} y={y + 18} class="kind">
      {node.kind}
    </text>
    <text x={x + width - 10} y={y + 18} text-anchor="end">
      {formatShape(node.output)}
    </text>
  </g>
)

/** Boxes beyond which a graph is not drawn at once: it would take longer than a picture of the screen. */
const mostBoxes = 600

/** The net as boxes, with its skips. */
export const Graph = (props: { readonly net: AnyLayer; readonly input: Shape; readonly name: string }) => {
  const words = text.value.compose
  const depth = useSignal(3)
  let graph = netGraph(props.net, props.input, depth.value)
  if (graph.nodes.length > mostBoxes) graph = netGraph(props.net, props.input, 1)
  const { width, height, boxes, frames, ways } = graphLayout(graph)
  return (
    <Panel title={words.graph}>
      <label class="inline">
        {words.graphDepth}
        <input
          type="range"
          min={1}
          max={4}
          value={depth.value}
          onInput={({ currentTarget }) => (depth.value = Number(currentTarget.value))}
        />
      </label>
      <div class="scroll tall" tabIndex={0} role="region" aria-label={words.graph}>
        <svg
          class="net"
          viewBox={`0 0 ${width} ${height}`}
          width={width}
          height={height}
          role="img"
          aria-label={words.graphOf(props.name)}
        >
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX={7} refY={4} markerWidth={7} markerHeight={7} orient="auto">
              <path d="M0 0 8 4 0 8z" />
            </marker>
          </defs>
          {frames.map(({ group, x, y, ...size }) => (
            <g class="group" key={group.path}>
              <rect x={x} y={y} width={size.width} height={size.height} rx={8} />
              <text x={x + 8} y={y + 15}>
                {group.name}
              </text>
            </g>
          ))}
          {ways.map(({ from, to, d }) => (
            <path key={`${from} ${to}`} class="way" d={d} marker-end="url(#arrow)" />
          ))}
          {boxes.map((box) => (
            <Box key={box.node.id} {...box} />
          ))}
        </svg>
      </div>
    </Panel>
  )
}
