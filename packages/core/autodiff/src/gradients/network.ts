import type { GradConfig } from '@tensorflow/tfjs-core'

export const network: readonly GradConfig[] = []
