export { type Branch, collect, empty } from './branch.ts'
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
} from './initialiser.ts'
export {
  absorb,
  type AnyLayer,
  countValues,
  type Empty,
  init,
  type Layer,
  type ParamsOf,
  type StateOf,
  type Trained,
  type Variables,
  withState,
} from './layer.ts'
export { checkBackend, NoBackendError } from './contract/check-backend.ts'
export { checkBatch, checkChannels, checkSample, checkTensor, InputError, type Layout } from './contract/check-input.ts'
export { checkVariables, type LeafShape } from './contract/check-variables.ts'
export { op, type OpPlan } from './contract/op.ts'
export { PathError, ShapeError, VariablesError, within } from './contract/path-error.ts'
export { lift, type LiftOptions } from './lift.ts'
export { type Part, type Plan, Spec, type Specs } from './plan.ts'
export { type ParamsOfAll, repeat, sequential, type StateOfAll } from './sequential.ts'
export { formatShape, sameShape, type Shape, sizeOf } from './shape.ts'
export { slide, type Window } from './contract/window.ts'
export { type Summary, summary, type SummaryRow } from './summary.ts'
