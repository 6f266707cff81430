import {
  abs,
  dispose,
  grad,
  ones,
  randomNormal,
  type Rank,
  type Tensor,
  tensor,
  tensor1d,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core'
import { type ActivationName, applyActivation } from '@resfn/activation'
import { batchNorm } from '@resfn/batch-norm'
import { applyBlurPool } from '@resfn/blur-pool'
import { applyDropBlock } from '@resfn/drop-block'
import { applyDropout } from '@resfn/dropout'
import { applyGroupNorm, groupNorm } from '@resfn/group-norm'
import { init, slide, type Window } from '@resfn/layer'
import { key } from '@resfn/random'
import { type Figure, type Mark, round } from './marks.ts'
import { panels } from './panels.ts'

const text = (x: number, y: number, words: string, role: 'label' | 'note' = 'note'): Mark => ({
  is: 'text',
  x,
  y,
  text: words,
  role,
})

/** The curve of an activation on [-4, 4], of relu6 on [-8, 8]. */
const curve = (name: ActivationName): Figure => {
  const [size, reach] = [104, name === 'relu6' ? 8 : 4]
  const at = Array.from({ length: 161 }, (_, i) => -reach + (i * 2 * reach) / 160)
  const values = tidy(() => [...applyActivation(tensor1d(at), name).dataSync()])
  const x = (value: number): number => round(((value + reach) / (2 * reach)) * size)
  const y = (value: number): number => round(18 + ((reach - value) / (2 * reach)) * size)
  const points = at.flatMap((input, i) => (Math.abs(values[i]!) <= reach ? [`${x(input)} ${y(values[i]!)}`] : []))
  return {
    width: size,
    height: size + 18,
    marks: [
      text(size / 2, 10, name, 'label'),
      {
        is: 'line',
        d: `M${x(-reach)} ${y(0)}L${x(reach)} ${y(0)}M${x(0)} ${y(-reach)}L${x(0)} ${y(reach)}`,
        role: 'axis',
      },
      { is: 'line', d: `M${points.join('L')}`, role: 'curve' },
    ],
  }
}

export const curves = (...names: readonly ActivationName[]): Figure =>
  panels(
    names.map((name) => curve(name)),
    { columns: 5, apart: 24 },
  )

/** Squares in rows, each of the colour that `role` gives its row and column. */
const grid = (
  title: string,
  { rows, columns, cell = 12 }: { readonly rows: number; readonly columns: number; readonly cell?: number },
  role: (row: number, column: number) => string,
): Figure => ({
  width: columns * cell,
  height: rows * cell + 20,
  marks: [
    text((columns * cell) / 2, 10, title),
    ...Array.from({ length: rows * columns }, (_, i): Mark => {
      const [row, column] = [Math.floor(i / columns), i % columns]
      return {
        is: 'rect',
        x: column * cell,
        y: 20 + row * cell,
        width: cell,
        height: cell,
        role: role(row, column),
        radius: 0,
      }
    }),
  ],
})

const keptOrNot = (values: ArrayLike<number>, columns: number) => (row: number, column: number) =>
  values[row * columns + column]! > 0 ? 'grid' : 'zero'

/** What is dropped of four samples of six channels, by what shares a draw. */
export const dropouts = (): Figure => {
  const [samples, channels, pixels] = [4, 6, 4]
  const draws = (['value', 'channel', 'sample'] as const).map((per) => {
    const kept = tidy(() => applyDropout(ones([samples, pixels, channels]), key(7), { rate: 0.4, per }).dataSync())
    // A row for each sample and pixel, a column for each channel.
    return grid(`per ${per}`, { rows: samples * pixels, columns: channels }, keptOrNot(kept, channels))
  })
  return panels(draws, { apart: 28 })
}

/** Which values of four samples the first value of the output depends on, by the normalisation. */
export const norms = (): Figure => {
  const [samples, pixels, channels] = [4, 4, 6]
  const x = randomNormal<Rank.R4>([samples, 1, pixels, channels], 0, 1, 'float32', 3)
  const first = tensor(
    Array.from({ length: x.size }, (_, i) => (i === 0 ? 1 : 0)),
    x.shape,
  )
  const reach = (title: string, norm: (x: Tensor4D) => Tensor): Figure => {
    const slopes = tidy(() => abs(grad((y) => norm(y as Tensor4D))(x, first)).dataSync())
    return grid(title, { rows: samples * pixels, columns: channels }, keptOrNot(slopes, channels))
  }
  const inGroups = (groups: number): Figure => {
    const { params } = init(groupNorm({ groups }), key(0), [1, pixels, channels])
    return reach(`groups: ${groups}`, (y) => applyGroupNorm(params, y, { groups }))
  }
  const batch = batchNorm()
  const { params } = init(batch, key(0), [1, pixels, channels])
  const figure = panels([reach('batchNorm', (y) => batch.train(params, y, key(0)).y), ...[2, 1, 6].map(inGroups)], {
    apart: 28,
  })
  dispose([x, first])
  return figure
}

/** Masks of blocks of 1, 3 and 5 pixels on an image. */
export const dropBlocks = (): Figure =>
  panels(
    [1, 3, 5].map((size) => {
      const kept = tidy(() => applyDropBlock(ones([1, 14, 14, 1]), key(2), { rate: 0.25, size }).dataSync())
      return grid(`blocks of ${size} × ${size}`, { rows: 14, columns: 14, cell: 9 }, keptOrNot(kept, 14))
    }),
    { apart: 24 },
  )

/** A window at one place of a padded image, and the pixel of the output that it makes. */
export const window = (image: number, at: readonly [row: number, column: number], options: Window): Figure => {
  const { size, stride, padding } = options
  const [rows, columns] = slide('window', [image, image, 1], options)
  const cell = 20
  const padded = Math.max(image + 2 * padding, (rows - 1) * stride + size)
  const inside = (row: number, column: number): boolean =>
    Math.min(row, column) >= padding && Math.max(row, column) < image + padding
  const covered = (row: number, column: number): boolean =>
    row >= at[0] * stride && row < at[0] * stride + size && column >= at[1] * stride && column < at[1] * stride + size
  const input = grid(
    `${image} × ${image}, padding ${padding}`,
    { rows: padded, columns: padded, cell },
    (row, column) =>
      covered(row, column) ? (inside(row, column) ? 'conv' : 'gate') : inside(row, column) ? 'plain' : 'zero',
  )
  const output = grid(`${rows} × ${columns}, stride ${stride}`, { rows, columns, cell }, (row, column) =>
    row === at[0] && column === at[1] ? 'conv' : 'plain',
  )
  const margin = 16
  const between = 72
  const right = margin + input.width + between
  const middle = margin + 20 + (padded * cell) / 2
  return {
    width: right + Math.max(output.width, 72) + margin,
    height: input.height + 2 * margin,
    marks: [
      { is: 'group', x: margin, y: margin, marks: input.marks },
      {
        is: 'line',
        d: `M${margin + input.width + 14} ${middle}L${right - 14} ${middle}`,
        role: 'edge',
        hasArrow: true,
      },
      text(margin + input.width + between / 2, middle - 8, `${size} × ${size}`),
      { is: 'group', x: right, y: middle - 20 - (rows * cell) / 2, marks: output.marks },
    ],
  }
}

/** The finest checkers, every second pixel of them, and their blur. */
export const blurs = (): Figure => {
  const checkers = Array.from({ length: 100 }, (_, i) => (i + Math.floor(i / 10)) % 2)
  const blurred = tidy(() => applyBlurPool(tensor(checkers, [1, 10, 10, 1])).dataSync())
  const shade = (value: number): string => (value > 0.75 ? 'grid' : value > 0.25 ? 'half' : 'zero')
  const half = (title: string, value: (row: number, column: number) => number): Figure =>
    grid(title, { rows: 5, columns: 5, cell: 24 }, (row, column) => shade(value(row, column)))
  return panels(
    [
      grid('input', { rows: 10, columns: 10 }, (row, column) => shade(checkers[row * 10 + column]!)),
      half('every second pixel', (row, column) => checkers[2 * row * 10 + 2 * column]!),
      half('blurPool', (row, column) => blurred[row * 5 + column]!),
    ],
    { apart: 28 },
  )
}
