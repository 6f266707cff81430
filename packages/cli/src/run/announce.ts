import { describeRecipe } from '@resfn/recipe'
import { type Context, say } from '../context/context.ts'
import { describeData } from '../data/load-data.ts'
import { count, short } from '../text/format.ts'
import { leaves } from '@resfn/tree'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Ranks } from './ranks.ts'
import type { Learner, TrainingSetup } from './training-setup.ts'

/** Who trains a run together. */
const describeRanks = ({ collective: { size }, engine, here }: Ranks, isSynchronised: boolean): string =>
  [
    `ranks ${size} by ${engine}`,
    ...(size > here ? [`${here} on this host`] : []),
    `batch normalisation by ${isSynchronised ? 'all' : 'each'}`,
  ].join(', ')

/** Says which data, net and recipe a run has, and who trains it. */
export const announce = (
  context: Context,
  { settings, data, size, input, set, teacher }: TrainingSetup,
  learner: Learner,
): void => {
  const part = set === data.train ? '' : `, of which ${count(set.labels.length)} are trained on`
  say(context, `data ${describeData(data)}${part}`)
  say(
    context,
    `net ${settings.net} on ${input.join('x')}, ${count(size.params)} parameters, ${short(size.macs)} multiply-adds an image`,
  )
  for (const note of data.notes ?? []) say(context, `note: ${note}`)
  if (context.ranks !== undefined) say(context, describeRanks(context.ranks, settings.syncBatchNorm))
  if (settings.freeze !== '') {
    const learning = leaves<Tensor>(learner.variables.params).reduce((total, { size: values }) => total + values, 0)
    say(context, `${settings.freeze} frozen: ${count(learning)} of ${count(size.params)} parameters learn`)
  }
  if (teacher !== undefined)
    say(
      context,
      `teacher ${teacher.name} from ${teacher.where}, ${settings.distillation} of the loss, temperature ${settings.temperature}`,
    )
  say(
    context,
    `training ${settings.epochs} epochs (preset ${settings.preset}): ${describeRecipe(settings)}, seed ${settings.seed}`,
  )
}
