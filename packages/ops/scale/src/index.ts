export { applyScale, scale, scaleBy, type ScaleOptions, type ScaleParams } from './scale.ts'
