export { applyProjectedAdd, projectedAdd } from './projected-add.ts'
export { projection, type ShortcutOptions, subsampleAndPad } from './shortcut.ts'
