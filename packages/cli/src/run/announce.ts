import { describeRecipe } from '@resfn/recipe'
import { type Context, say } from '../context/context.ts'
import { describeData } from '../data/load-data.ts'
import { count, short } from '../text/format.ts'
import type { TrainingSetup } from './training-setup.ts'

/** Says which data, net and recipe a run has. */
export const announce = (context: Context, { settings, data, size, input, set }: TrainingSetup): void => {
  const part = set === data.train ? '' : `, of which ${count(set.labels.length)} are trained on`
  say(context, `data ${describeData(data)}${part}`)
  say(
    context,
    `net ${settings.net} on ${input.join('x')}, ${count(size.params)} parameters, ${short(size.macs)} multiply-adds an image`,
  )
  say(
    context,
    `training ${settings.epochs} epochs (preset ${settings.preset}): ${describeRecipe(settings)}, seed ${settings.seed}`,
  )
}
