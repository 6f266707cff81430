import type { AnyLayer } from '@resfn/layer'
import { key } from '@resfn/random'
import { chooseImages, type ImageChoice } from './images.ts'
import type { Cell } from './lesson.ts'
import type { LessonData } from './tools.ts'
import { type LessonRecipe, type NetTrained, trainNet } from './train-net.ts'

/** What recipes that train nets have in common. */
export type TrainingRecipe = {
  /** The nets are drawn from each of these. */
  readonly keys: readonly number[]
  readonly images: ImageChoice
  readonly training: LessonRecipe
}

/** One net from one key. */
export type CellTraining = Pick<TrainingRecipe, 'images' | 'training'> & {
  readonly id: string
  readonly seed: number
  readonly net: (classes: number) => AnyLayer
  /** What becomes of the images before the net learns from them. */
  readonly change?: (data: LessonData) => LessonData
}

/** A cell that trains a net and measures what it came to; the net is freed after it. */
export const trainCell = <M>(
  { id, seed, net, images, training, change = (data) => data }: CellTraining,
  measure: (trained: NetTrained, data: LessonData) => M | Promise<M>,
): Cell<M> => ({
  id,
  measure: async (tools) => {
    const data = change(chooseImages(tools.data, images))
    const trained = await trainNet(
      { ...tools, data },
      { id, net: net(data.train.classes.length), recipe: training, key: key(seed) },
    )
    try {
      return await measure(trained, data)
    } finally {
      trained.dispose()
    }
  },
})
