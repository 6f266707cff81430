import { batchesPerEpoch } from '@resfn/batches'
import { choosePaths, type Layer, type Shape, summary } from '@resfn/layer'
import { type RankReplicas, replicasOf, withSyncBatchNorm } from '@resfn/data-parallel'
import type { Training } from '@resfn/loop'
import { balancedWeights } from '@resfn/losses'
import type { Optimiser } from '@resfn/optimisers'
import type { Preprocessing } from '@resfn/preprocessing'
import { lossOf, optimiserOf, parseRates, preprocessing, scheduleOf } from '@resfn/recipe'
import { freeze, thaw } from '@resfn/surgery'
import { outputShape } from '@resfn/transforms'
import { flatten } from '@resfn/tree'
import type { Context } from '../context/context.ts'
import { type DataPart, isFiles, limited } from '../data/data-part.ts'
import type { LoadedData } from '../data/load-data.ts'
import { usageError } from '../error.ts'
import type { AnyVariables } from './evaluation.ts'
import { pictureView } from './photo-preprocessing.ts'
import { type Reading, readingOf } from './reading.ts'
import type { Settings } from './settings.ts'
import { type Teacher, teacherOf } from './teacher.ts'

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
  /** The net that teaches, where there is one. */
  readonly teacher: Teacher | undefined
  readonly size: { readonly params: number; readonly macs: number }
  /** Those that train the run together, where there are some. */
  readonly replicas: RankReplicas | undefined
}

/** What a setup is made of. */
export type SetupParts = {
  readonly settings: Settings
  readonly net: Layer<unknown, unknown>
  readonly data: LoadedData
  /** What the net sees of photos. */
  readonly preprocessing: Preprocessing | undefined
}

/** The net that teaches, as the settings say. A backend must be running. */
const taught = async (
  context: Context,
  { settings, data, preprocessing: view }: SetupParts,
  input: Shape,
): Promise<Teacher | undefined> =>
  settings.teacher === ''
    ? undefined
    : teacherOf(context, settings.teacher, {
        input,
        view: view ?? pictureView(input, data.source.moments, settings.normalise),
        classes: data.train.classes,
      })

/** Megabytes of gradients that travel at once from host to host, where the way takes longer than on one. */
const bucketBetweenHosts = 25

/** The replicas of the ranks, where there are some. */
const replicasFor = ({ ranks }: Context, { wire }: Settings): RankReplicas | undefined =>
  ranks &&
  replicasOf(ranks.collective, {
    wire,
    ...(ranks.collective.size > ranks.here && { bucket: bucketBetweenHosts }),
  })

/** Puts settings, net and data together; throws where they do not fit. A backend must be running. */
export const setupOf = async (context: Context, parts: SetupParts): Promise<TrainingSetup> => {
  const { settings, data, preprocessing: view } = parts
  const replicas = replicasFor(context, settings)
  const net = replicas !== undefined && settings.syncBatchNorm ? withSyncBatchNorm(parts.net, replicas) : parts.net
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
    teacher: await taught(context, parts, input),
    size: { params, macs },
    replicas,
  }
}

/** The part of a net that learns, with its variables; those that are frozen stay in `whole`. */
export type Learner = {
  readonly net: Layer<unknown, unknown>
  readonly variables: AnyVariables
  readonly whole: AnyVariables
}

/** What a flag makes; names the flag where its patterns choose nothing. */
const byFlag = <A>(flag: string, make: () => A): A => {
  try {
    return make()
  } catch (error) {
    if (error instanceof Error && '_tag' in error) throw usageError(`${flag}: ${error.message}`)
    throw error
  }
}

/** Freezes the parts of a net that the settings name, and checks that those with other rates learn. */
export const learnerOf = ({ settings, net }: TrainingSetup, whole: AnyVariables): Learner => {
  const { net: learning, ...variables } =
    settings.freeze === ''
      ? { net, ...whole }
      : byFlag('--freeze', () => freeze({ net, params: whole.params, state: whole.state }, settings.freeze))
  const paths = flatten(variables.params).map(({ path }) => path)
  byFlag('--rates', () => Object.keys(parseRates(settings.rates)).map((patterns) => choosePaths(patterns, paths)))
  return {
    net: learning as Layer<unknown, unknown>,
    variables: { params: variables.params, state: variables.state },
    whole,
  }
}

/** The variables of the whole net after its learner has learned. */
export const wholeOf = ({ whole }: Pick<Learner, 'whole'>, learned: AnyVariables): AnyVariables => thaw(whole, learned)

/** The setup as the training loop takes it. */
export const trainingOf = (
  { settings, set, optimiser, reading, replicas, teacher }: TrainingSetup,
  net: Layer<unknown, unknown>,
  signal: { readonly aborted: boolean },
): Training<unknown, unknown> => ({
  net,
  optimiser,
  loss: lossOf(settings, {
    ...(settings.balance && { weights: balancedWeights(set.labels, set.classes.length) }),
    ...(teacher !== undefined && { teacher: teacher.logits }),
  }),
  schedule: scheduleOf(settings, { examples: set.labels.length }),
  batches: reading.batches,
  epochs: settings.epochs,
  evaluation: () => reading.evaluation(replicas && { rank: replicas.rank, size: replicas.size }),
  checkpointSteps: settings.saveSteps,
  ...(settings.microBatch > 0 && { microBatch: settings.microBatch }),
  ...(settings.ema > 0 && { averageDecay: settings.ema }),
  ...(settings.patience > 0 && { patience: settings.patience }),
  ...(replicas && { replicas }),
  signal,
})
