export { graphLayout, type GraphLayout, type LaidBox, type LaidFrame, type LaidWay } from './graph-layout.ts'
export { mermaid } from './mermaid.ts'
export { type GraphGroup, type GraphNode, netGraph, type NetGraph } from './net-graph.ts'
