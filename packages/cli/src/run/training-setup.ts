import { batchesPerEpoch } from '@resfn/batches'
import { type Layer, type Shape, summary } from '@resfn/layer'
import type { Training } from '@resfn/loop'
import { balancedWeights } from '@resfn/losses'
import type { Optimiser } from '@resfn/optimisers'
import type { Preprocessing } from '@resfn/preprocessing'
import { lossOf, optimiserOf, preprocessing, scheduleOf } from '@resfn/recipe'
import { freeze, thaw } from '@resfn/surgery'
import { outputShape } from '@resfn/transforms'
import type { Context } from '../context/context.ts'
import { type DataPart, isFiles, limited } from '../data/data-part.ts'
import type { LoadedData } from '../data/load-data.ts'
import { usageError } from '../error.ts'
import type { AnyVariables } from './evaluation.ts'
import { type Reading, readingOf } from './reading.ts'
import type { Settings } from './settings.ts'

/** Everything that a run is trained with. Nothing in it depends on how far the run is. */
export type TrainingSetup = {
  readonly settings: Settings
  readonly net: Layer<unknown, unknown>
  readonly input: Shape
  readonly data: LoadedData
  /** The training images that are used. */
  readonly set: DataPart
  /** Batches in an epoch. */
  readonly batches: number
  readonly optimiser: Optimiser
  readonly reading: Reading
  /** What the net sees of photos. */
  readonly preprocessing: Preprocessing | undefined
  readonly size: { readonly params: number; readonly macs: number }
}

/** What a setup is made of. */
export type SetupParts = {
  readonly settings: Settings
  readonly net: Layer<unknown, unknown>
  readonly data: LoadedData
  /** What the net sees of photos. */
  readonly preprocessing: Preprocessing | undefined
}

/** Puts settings, net and data together; throws where they do not fit. */
export const setupOf = (context: Context, { settings, net, data, preprocessing: view }: SetupParts): TrainingSetup => {
  const set = limited(data.train, settings.images)
  const input =
    isFiles(set) && view !== undefined
      ? [...view.size, view.channels]
      : isFiles(set)
        ? []
        : outputShape(preprocessing(settings, data.source.moments), set.shape)
  const { params, macs } = summary(net, input)
  return {
    settings,
    net,
    input,
    data,
    set,
    batches: batchesPerEpoch(set.labels.length, { size: settings.batch }),
    optimiser: optimiserOf(settings),
    reading: readingOf(context, settings, { train: set, data, view }),
    preprocessing: view,
    size: { params, macs },
  }
}

/** The part of a net that learns, with its variables; those that are frozen stay in `whole`. */
export type Learner = {
  readonly net: Layer<unknown, unknown>
  readonly variables: AnyVariables
  readonly whole: AnyVariables
}

/** Freezes the parts of a net that the settings name. */
export const learnerOf = ({ settings, net }: TrainingSetup, whole: AnyVariables): Learner => {
  if (settings.freeze === '') return { net, variables: whole, whole }
  try {
    const { net: learning, ...variables } = freeze({ net, ...whole }, settings.freeze)
    return { net: learning as Layer<unknown, unknown>, variables, whole }
  } catch (error) {
    if (error instanceof Error && '_tag' in error) throw usageError(`--freeze: ${error.message}`)
    throw error
  }
}

/** The variables of the whole net after its learner has learned. */
export const wholeOf = ({ whole }: Pick<Learner, 'whole'>, learned: AnyVariables): AnyVariables => thaw(whole, learned)

/** The setup as the training loop takes it. */
export const trainingOf = (
  { settings, set, optimiser, reading }: TrainingSetup,
  net: Layer<unknown, unknown>,
  signal: AbortSignal,
): Training<unknown, unknown> => ({
  net,
  optimiser,
  loss: lossOf(settings, settings.balance ? balancedWeights(set.labels, set.classes.length) : undefined),
  schedule: scheduleOf(settings, { examples: set.labels.length }),
  batches: reading.batches,
  epochs: settings.epochs,
  evaluation: reading.evaluation,
  checkpointSteps: settings.saveSteps,
  ...(settings.microBatch > 0 && { microBatch: settings.microBatch }),
  ...(settings.patience > 0 && { patience: settings.patience }),
  signal,
})
