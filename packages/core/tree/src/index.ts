export { advance, dispose } from './lifetime.ts'
export {
  type Entry,
  flatten,
  leaves,
  type Leaves,
  map,
  mapTo,
  type MapTree,
  StructureError,
  type Tree,
  unflatten,
  zip,
} from './tree.ts'
