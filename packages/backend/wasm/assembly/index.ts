export { convolve, filterGradient, pack, padRows } from './conv'
export { add, relu, reluGradient } from './elementwise'
export { combineGradient, combineMoments, gradientMoments, moments, normalise, normaliseGradient } from './norm'
export { avgPoolGradient, maxPoolGradient } from './pool'
