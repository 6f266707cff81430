export { contractInputs, type Contracted, type Contracts } from './contracts.ts'
export {
  composedForm,
  composedKernel,
  definePrimitive,
  type Definition,
  type Inputs,
  type Primitive,
  type Saved,
  type Settings,
} from './define.ts'
export { dilateFilter, undilateFilter } from './dilated-filter.ts'
export { poolInfo, type PoolSettings } from './pool-info.ts'
