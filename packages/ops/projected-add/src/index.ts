export { applyProjectedAdd, projectedAdd, type ProjectedParams } from './projected-add.ts'
export { projection, type ShortcutOptions, subsampleAndPad } from './shortcut.ts'
