import { attention } from './attention/run.ts'
import { batchNormalisation } from './batch-norm/run.ts'
import { cardinality } from './cardinality/run.ts'
import { d2l } from './d2l/run.ts'
import { degradation } from './degradation/run.ts'
import { ensembles } from './ensembles/run.ts'
import { gradientFlow } from './gradient-flow/run.ts'
import { learningRates } from './learning-rates/run.ts'
import type { Lesson } from './lesson.ts'
import { lossSurface } from './loss-surface/run.ts'
import { nestedFunctions } from './nested-functions/run.ts'
import { noisyLabels } from './noisy-labels/run.ts'
import { placements } from './placements/run.ts'
import { shortcutsLesson } from './shortcuts/run.ts'
import { thousandLayers } from './thousand-layers/run.ts'

/**
 * The lessons in the order of the course.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lessons } from '@resfn/lessons'
 *
 * assert.equal(lessons[0]?.title.en, 'Degradation: deeper is not better')
 * ```
 */
// One a line, so that two lessons at once do not meet in one.
// oxfmt-ignore
export const lessons: readonly Lesson[] = [
  degradation,
  gradientFlow,
  thousandLayers,
  nestedFunctions,
  placements,
  shortcutsLesson,
  cardinality,
  attention,
  noisyLabels,
  batchNormalisation,
  learningRates,
  ensembles,
  lossSurface,
  d2l,
]
