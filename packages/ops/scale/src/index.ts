export { layerScale, reZero } from './branch.ts'
export { applyScale, applyScaleBy, scale, scaleBy, type ScaleOptions, type ScaleParams } from './scale.ts'
