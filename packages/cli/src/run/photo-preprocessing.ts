import type { NetEntry } from '@resfn/archs'
import type { Preprocessing } from '@resfn/preprocessing'
import { usageError } from '../error.ts'
import { dataSource } from '../data/load-data.ts'
import type { LocatedNet } from './located-net.ts'
import type { Settings } from './settings.ts'

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
const unchanged = (channels: 1 | 3): Pick<Preprocessing, 'mean' | 'std'> => ({
  mean: new Array<number>(channels).fill(0),
  std: new Array<number>(channels).fill(1),
})

const channelsOf = (net: string, [, , channels]: readonly number[]): 1 | 3 => {
  if (channels !== 1 && channels !== 3) throw usageError(`${net} takes no pictures; give another --net, see resfn nets`)
  return channels
}

/** What a net that was found sees of photos: its own preprocessing, or that of the data set that it was trained on. */
export const photoView = ({ preprocessing, loaded, input, name }: LocatedNet): Preprocessing => {
  if (preprocessing !== undefined) return preprocessing
  const channels = channelsOf(name, input)
  const notes = loaded?.notes._tag === 'Right' ? loaded.notes.right : undefined
  const isNormalised = notes?.settings.normalise === true
  const moments =
    notes === undefined && channels === 3
      ? imagenet
      : isNormalised && dataSource.moments.mean.length === channels
        ? dataSource.moments
        : unchanged(channels)
  return {
    size: [input[0]!, input[1]!],
    channels,
    ...moments,
    interpolation: 'bilinear',
    cropFraction: 1,
    cropMode: 'center',
  }
}

/**
 * What is done to pictures for a net that was found, as a published net says it: one that learned on grey images of a
 * data set sees all of a picture, in its proportions.
 */
export const picturesOf = (located: LocatedNet): Preprocessing => {
  const seen = photoView(located)
  const isStored = located.preprocessing !== undefined
  return isStored || seen.channels === 3 ? seen : { ...seen, interpolation: 'bicubic', cropMode: 'border' }
}

/** What a net that learned on images of a data set in colour sees of photos: the whole picture in their size. */
export const pictureView = (
  [height = 1, width = 1, channels]: readonly number[],
  moments: Pick<Preprocessing, 'mean' | 'std'>,
  normalise: boolean,
): Preprocessing => {
  const own = channels === 1 ? 1 : 3
  return {
    size: [height, width],
    channels: own,
    ...(normalise ? { mean: moments.mean, std: moments.std } : unchanged(own)),
    interpolation: 'bilinear',
    cropFraction: 1,
    cropMode: 'center',
  }
}

/** What a net sees of photos: as its weights learned it, or as nets for ImageNet do; `--resize` changes the size. */
export const photoPreprocessing = (
  { net, resize, normalise }: Pick<Settings, 'net' | 'resize' | 'normalise'>,
  { input }: Pick<NetEntry, 'input'>,
  seen: Preprocessing | undefined,
): Preprocessing => {
  const own: Preprocessing =
    seen === undefined
      ? {
          size: [input[0]!, input[1]!],
          channels: channelsOf(net, input),
          ...(input[2] === 3 ? imagenet : { mean: [0.5], std: [0.25] }),
          interpolation: 'bicubic',
          cropFraction: 0.875,
          cropMode: 'center',
        }
      : seen
  return {
    ...own,
    ...(resize > 0 && { size: [resize, resize] as const }),
    ...(!normalise && unchanged(own.channels)),
  }
}
