import { gradCam, lastMaps } from '@resfn/class-activation'
import { fitPixels, likeDataSet, onWhite, type Pixels as Picture, standardise } from '@resfn/preprocessing'
import { dispose } from '@resfn/tree'
import { softmax, tensor } from '@tensorflow/tfjs-core'
import { greys } from './greys.ts'
import type { Model } from './model.ts'
import type { Answer } from './protocol.ts'

/** A picture as the net takes it: small grey images like those of the data set, photographs as they were trained on. */
export const madeFor = (
  { preprocessing }: Model,
  picture: Picture,
): { readonly pixels: Picture; readonly steps: readonly string[] } => {
  const { size, channels } = preprocessing
  if (channels === 1) return likeDataSet(picture, [...size, 1], 'auto')
  return { pixels: fitPixels(onWhite(picture), preprocessing), steps: [] }
}

/** What a net says of a picture, and where it looks. */
export const answer = async (model: Model, picture: Picture): Promise<Answer> => {
  const { net, params, state, input, preprocessing } = model
  const { pixels, steps } = madeFor(model, picture)
  const x = tensor(standardise(pixels, preprocessing), [1, ...input], 'float32')
  const { map, logits } = gradCam(net, params, state, x, { layer: lastMaps(net, input) })
  const probabilities = softmax(logits)
  try {
    const [, height, width] = map.shape as [number, number, number]
    const { data, channels } = pixels
    return {
      probabilities: [...(await probabilities.data())],
      seen: {
        width: pixels.width,
        height: pixels.height,
        channels: channels === 1 ? 1 : 3,
        data: Uint8Array.from(data),
      },
      steps,
      activation: greys((await map.data()) as Float32Array, width, height),
    }
  } finally {
    dispose([x, map, logits, probabilities])
  }
}
