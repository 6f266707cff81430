export {
  applyResize,
  keepSize,
  resize,
  type ResizeMethod,
  type ResizeMethodOptions,
  type ResizeOptions,
} from './resize.ts'
