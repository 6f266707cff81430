export { applyProjectedAdd, projectedAdd, type ProjectedParams, type Sides } from './projected-add.ts'
export { projection, type ShortcutOptions, subsampleAndPad } from './shortcut.ts'
