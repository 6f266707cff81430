export { beta } from './beta.ts'
export { bits, integers, normal, permutation, truncatedNormal, uniform } from './draw.ts'
export { fold, key, split } from './key.ts'
export { type Key, threefry } from './threefry.ts'
