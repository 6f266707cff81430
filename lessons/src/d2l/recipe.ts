import { presets } from '@resfn/recipe'
import type { ImageChoice } from '../images.ts'
import type { LessonRecipe } from '../train-net.ts'

/** The keys that nets are drawn from, the images, and what the nets are trained with. */
export type D2lRecipe = {
  readonly keys: readonly number[]
  readonly images: ImageChoice
  readonly epochs: number
  readonly batch: number
  /** What each net has of its own. */
  readonly nets: { readonly [id in NetId]: { readonly lr: number; readonly resize: number } }
}

/** The nets of the book, by the ids of their cells. */
export type NetId = 'lenet' | 'resnet18' | 'densenet'

const { recipe: resnet18 } = presets['d2l-resnet18']!
const { recipe: lenet } = presets['lenet-bn']!

/** The rates of the book, with the side that ResNet-18 and DenseNet see; LeNet sees images as they are. */
const rates = (resize: number): D2lRecipe['nets'] => ({
  lenet: { lr: lenet.lr, resize: lenet.resize },
  resnet18: { lr: resnet18.lr, resize },
  densenet: { lr: 0.1, resize },
})

/** What a net is trained with: the textbook's SGD without momentum at a constant rate, on images as they are. */
export const trainingOf = ({ epochs, batch, nets }: D2lRecipe, id: NetId): LessonRecipe => ({
  ...resnet18,
  epochs,
  batch,
  ...nets[id],
})

export const recipes: { readonly [scale in 'quick' | 'default' | 'full']: D2lRecipe } = {
  // DenseNet halves the side five times, so it takes none below 32.
  quick: { keys: [0], images: { train: 480, test: 100, side: 0 }, epochs: 2, batch: 32, nets: rates(32) },
  default: { keys: [0, 1, 2], images: { train: 1200, test: 500, side: 0 }, epochs: 2, batch: 32, nets: rates(48) },
  full: {
    keys: [0],
    images: { train: 0, test: 0, side: 0 },
    epochs: resnet18.epochs,
    batch: resnet18.batch,
    nets: rates(resnet18.resize),
  },
}
