import { batchesInOrder, type ImageSet } from '@resfn/batches'
import { evaluate } from '@resfn/loop'
import { weightsOf } from '@resfn/step'
import type { Images } from '@resfn/transforms'
import type { Judged, Mistake } from './protocol.ts'
import type { AnyRun, Learner } from './runs.ts'

const shownMistakes = 12

/** Loss, accuracy, confusion, and the mistakes that the net is surest of. */
export const judge = async (
  { net }: Learner,
  run: AnyRun,
  set: ImageSet,
  transform: (images: Images) => Images,
): Promise<Omit<Judged, 'type' | 'track'>> => {
  const { params, state } = weightsOf(run)
  const { examples, loss, accuracy, confusion, predictions } = await evaluate(
    (x) => net.apply(params, x, state),
    batchesInOrder(set, { size: 100, transform }),
  )
  const { labels, predicted, probabilities } = predictions
  const mistakes: Mistake[] = []
  labels.forEach((label, index) => {
    if (predicted[index] !== label)
      mistakes.push({ index, label, predicted: predicted[index]!, probability: probabilities[index]! })
  })
  const surest = mistakes.toSorted((a, b) => b.probability - a.probability).slice(0, shownMistakes)
  return { step: run.step, examples, loss, accuracy, confusion, mistakes: surest }
}
