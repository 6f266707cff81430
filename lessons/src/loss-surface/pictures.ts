import * as Plot from '@observablehq/plot'
import type { Picture, Words } from '../lesson.ts'
import { paper } from '../draw.ts'
import { curves } from '../picture.ts'
import { spread } from '../spread.ts'
import { kinds, type Kind, type Measured, type Place, steps } from './measure.ts'
import type { SurfaceRecipe } from './recipe.ts'

type MeasuredOf = (kind: Kind, seed: number) => Measured

const names = Object.keys(kinds) as readonly Kind[]

/** The losses along both lines through the net, over the keys. */
export const linesPicture = (recipe: SurfaceRecipe, of: MeasuredOf): Picture => ({
  name: 'lines',
  title: { en: 'Loss along lines through the net', zh: '沿过网络的直线的损失' },
  caption: {
    en: `The median over two directions of ${recipe.keys.length} key${recipe.keys.length > 1 ? 's' : ''}; the band reaches from the least to the largest.`,
    zh: `${recipe.keys.length} 个随机种子各两个方向的中位数；色带从最小值到最大值。`,
  },
  plot: (say) =>
    curves(
      names.map((kind) => ({
        name: say(kinds[kind].name),
        points: steps(recipe).map((step) => ({
          x: step,
          ...spread(
            recipe.keys.flatMap((seed) =>
              of(kind, seed)
                .places.filter(([x, y]) => (x === step && y === 0) || (y === step && x === 0))
                .map(([, , loss]) => loss),
            ),
          ),
        })),
      })),
      {
        x: { label: say({ en: 'distance, in lengths of the filters →', zh: '距离，以滤波器的长度为单位 →' }) },
        y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), type: 'log' },
      },
    ),
})

/** The levels of contours: 1, 2 and 5 of each power of ten, and beyond 100 the powers alone. */
const levels: readonly number[] = Array.from({ length: 12 }, (_, i) => i - 3).flatMap((power) =>
  (power < 2 ? [1, 2, 5] : [1]).map((step) => step * 10 ** power),
)

/** Where the loss comes to a level on the line to the right of the net, between two points by their logarithms. */
const crossings = (
  places: readonly Place[],
  radius: number,
): readonly { readonly x: number; readonly level: number }[] => {
  const line = places.filter(([x, y]) => y === 0 && x >= 0)
  const found = levels.flatMap((level) =>
    line.slice(1).flatMap(([x, , loss], i) => {
      const [before, , less] = line[i]!
      if (loss === null || less === null || less > level || loss <= level) return []
      return [{ x: before + ((x - before) * Math.log(level / less)) / Math.log(loss / less), level }]
    }),
  )
  const apart: (typeof found)[number][] = []
  for (const one of found.toSorted((a, b) => a.x - b.x))
    if (one.x < 0.93 * radius && one.x - (apart.at(-1)?.x ?? 0) > 0.16 * radius) apart.push(one)
  return apart
}

/** The planes of both nets of a key, side by side and on one scale. */
export const planePicture = (recipe: SurfaceRecipe, of: MeasuredOf): Picture => {
  const seed = recipe.keys[0]!
  const { radius } = recipe.slice
  const title: Words = { en: 'Loss in a plane through the net', zh: '过网络的平面上的损失' }
  return {
    name: 'plane',
    title,
    caption: {
      en: `The nets of key ${seed} are in the middle, at the cross. Numbers are the losses of the lines; both nets have the same levels and colours.`,
      zh: `种子 ${seed} 的网络在中间十字处。数字是等高线的损失；两个网络的等高线和颜色相同。`,
    },
    plot: (say) => {
      const all = names.map((kind) => ({ net: say(kinds[kind].name), places: of(kind, seed).places }))
      const points = all.flatMap(({ net, places }) =>
        places.flatMap(([x, y, loss]) => (loss === null ? [] : [{ net, x, y, height: Math.log10(loss) }])),
      )
      const heights = points.map(({ height }) => height)
      const [low, high] = [Math.min(...heights), Math.max(...heights)]
      const shown = levels.map((level) => Math.log10(level)).filter((height) => height > low && height < high)
      const axis = { domain: [-radius, radius], ticks: 5, nice: false } as const
      return {
        marginRight: 24,
        marginLeft: 60,
        marginTop: 48,
        height: 440,
        x: { ...axis, label: say({ en: 'first direction →', zh: '第一方向 →' }) },
        y: { ...axis, label: say({ en: '↑ second direction', zh: '↑ 第二方向' }) },
        fx: { label: null, domain: all.map(({ net }) => net), padding: 0.08 },
        color: { type: 'linear', scheme: 'viridis', domain: [low, high] },
        marks: [
          Plot.contour(points, {
            x: 'x',
            y: 'y',
            fx: 'net',
            fill: 'height',
            thresholds: [low, ...shown],
            interpolate: 'barycentric',
            stroke: paper,
            strokeWidth: 1,
          }),
          ...[paper, 'currentColor'].map((stroke, i) =>
            Plot.dot(all, { x: 0, y: 0, fx: 'net', symbol: 'times', stroke, strokeWidth: 6 - 4 * i, r: 6 }),
          ),
          Plot.text(
            all.flatMap(({ net, places }) => crossings(places, radius).map((crossing) => ({ net, ...crossing }))),
            {
              x: 'x',
              y: 0,
              fx: 'net',
              text: ({ level }: { readonly level: number }) => (level < 1e4 ? String(level) : level.toExponential(0)),
              fill: 'currentColor',
              stroke: paper,
              strokeWidth: 4,
              fontSize: 13,
            },
          ),
        ],
      }
    },
  }
}
