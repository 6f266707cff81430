export { channels, type Join, product, sum } from './combine/join.ts'
export { editLayers, editPart, partPaths } from './combine/edit-part.ts'
export { type FollowedBy, followedBy } from './combine/followed-by.ts'
export { type Feed, type Graph, graph } from './combine/graph.ts'
export { type Parallel, parallel } from './combine/parallel.ts'
export { through } from './combine/parts.ts'
export { type Projected, projected, type WithShortcut } from './combine/projected.ts'
export { type Repeat, repeat } from './combine/repeat.ts'
export { type Sequential, sequential } from './combine/sequential.ts'
export { type Shaped, shaped } from './combine/shaped.ts'
export { type Shared, shared, type Views } from './combine/shared.ts'
export { type Skip, skip } from './combine/skip.ts'
export { collect, type Layers, type ParamsOfAll, type StateOfAll, subtree, type Subtrees } from './combine/subtrees.ts'
export { checkBackend, NoBackendError } from './contract/check-backend.ts'
export { checkBatch, checkChannels, checkSample, checkTensor, InputError, type Layout } from './contract/check-input.ts'
export { checkVariables, type LeafShape } from './contract/check-variables.ts'
export { choosePaths } from './contract/choose-paths.ts'
export {
  constant,
  fanInUniform,
  type Initialiser,
  kaimingNormal,
  normal,
  ones,
  truncatedNormal,
  uniform,
  xavierUniform,
  zeros,
} from './contract/initialiser.ts'
export {
  type AnyLayer,
  type Empty,
  type Layer,
  type ParamsOf,
  type Parts,
  type StateOf,
  type Trained,
  untyped,
} from './contract/layer.ts'
export { inTraining, lift, type LiftOptions, op, type OpPlan } from './contract/op.ts'
export { PathError, ShapeError, VariablesError, within } from './contract/path-error.ts'
export { type Part, type Plan, Spec, type Specs } from './contract/plan.ts'
export { formatShape, sameShape, type Shape, sizeOf } from './contract/shape.ts'
export { type Summary, summary, type SummaryRow } from './contract/summary.ts'
export { absorb, average, countValues, init, initFrom, type Variables, withState } from './contract/variables.ts'
export { slide, type Window } from './contract/window.ts'
