import { firstOfEachClass, type ImageSet } from '@resfn/batches'
import { CliError } from '../error.ts'
import { escapeMarkup } from '../text/markup.ts'

const scale = 3
const gap = 6
const margin = 16
const nameWidth = 110

type Layout = {
  readonly width: number
  readonly height: number
  readonly place: (row: number, column: number) => readonly [x: number, y: number]
}

const layout = ({ classes, shape: [height, width] }: ImageSet, columns: number): Layout => ({
  width: 2 * margin + nameWidth + columns * (width * scale + gap),
  height: 2 * margin + classes.length * (height * scale + gap),
  place: (row, column) => [margin + nameWidth + column * (width * scale + gap), margin + row * (height * scale + gap)],
})

/** The first images of each class side by side, enlarged, on white; RGB bytes. */
export const drawImages = (set: ImageSet, columns: number): Uint8Array => {
  const {
    images,
    labels,
    shape: [height, width, channels],
  } = set
  const { width: across, height: down, place } = layout(set, columns)
  const canvas = new Uint8Array(across * down * 3).fill(255)
  const next = set.classes.map(() => 0)
  for (const index of firstOfEachClass(set, columns)) {
    const row = labels[index]!
    const [left, top] = place(row, next[row]!++)
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const from = ((index * height + Math.floor(y / scale)) * width + Math.floor(x / scale)) * channels
        const to = ((top + y) * across + left + x) * 3
        for (let c = 0; c < 3; c++) canvas[to + c] = images[from + (channels === 1 ? 0 : c)]!
      }
    }
  }
  return canvas
}

/** A PNG file with the first images of each class and the names of the classes. */
export const contactSheet = async (set: ImageSet, columns: number): Promise<Uint8Array> => {
  try {
    const { default: sharp } = await import('sharp')
    const { width, height, place } = layout(set, columns)
    const half = (set.shape[0] * scale) / 2
    const names = set.classes.map(
      (name, row) => `<text x="${margin}" y="${place(row, 0)[1] + half + 5}">${escapeMarkup(name)}</text>`,
    )
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="15">${names.join('')}</svg>`
    const image = sharp(drawImages(set, columns), { raw: { width, height, channels: 3 } })
    return new Uint8Array(
      await image
        .composite([{ input: new TextEncoder().encode(svg) as Buffer }])
        .removeAlpha()
        .png()
        .toBuffer(),
    )
  } catch (error) {
    throw new CliError(
      'ContactSheet',
      `the images could not be drawn (${error instanceof Error ? error.message : String(error)})`,
      { cause: error },
    )
  }
}
