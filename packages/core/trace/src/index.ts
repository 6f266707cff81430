export { foldBatchNorm } from './fold-batch-norm.ts'
export { type Attribute, type Extent, type Graph, type Node, TraceError, type Value } from './graph.ts'
export { countUses, mergeBias } from './merge-bias.ts'
export { trace, type TraceOptions } from './trace.ts'
