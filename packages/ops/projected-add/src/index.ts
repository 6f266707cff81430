export { applyProjectedAdd, projectedAdd } from './projected-add.ts'
export { projection, type ShortcutOptions, subsampleAndPad, type SubsampleAndPadOptions } from './shortcut.ts'
