import { elementWise } from './element-wise.ts'
import type { GradientCase } from './gradient-case.ts'
import { images } from './images.ts'
import { reductionsAndProducts } from './reductions.ts'
import { shapes } from './shapes.ts'

/** Functions of tfjs, one or more for every gradient that is registered. */
export const differentiable: readonly GradientCase[] = [...elementWise, ...reductionsAndProducts, ...shapes, ...images]

export type { GradientCase } from './gradient-case.ts'
