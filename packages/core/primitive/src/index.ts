export { definePrimitive, type Definition, type Inputs, type Saved, type Settings } from './define.ts'
