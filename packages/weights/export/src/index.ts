export { type ExportOptions, exportWeights, metadata } from './export-weights.ts'
export { type ExportedLeaf, planExport, publishedView } from './plan-export.ts'
