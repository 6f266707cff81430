import { type Cell, type Finding, lesson, type Lesson, type Words } from '../lesson.ts'
import { digits, percent, ranged, spread, type Spread } from '../spread.ts'
import { kinds, type Kind, measure, type Measured } from './measure.ts'
import { linesPicture, planePicture } from './pictures.ts'
import { recipes, type SurfaceRecipe } from './recipe.ts'
import { centre, concave, rise } from './shape.ts'

const names = Object.keys(kinds) as readonly Kind[]

const idOf = (kind: Kind, seed: number): string => `${kind}-key${seed}`

const cells = (recipe: SurfaceRecipe): readonly Cell<Measured>[] =>
  recipe.keys.flatMap((seed) =>
    names.map((kind) => ({ id: idOf(kind, seed), measure: (tools) => measure(kind, recipe, seed, tools) })),
  )

/** Li et al. 2018, figure 5: test errors on CIFAR-10. */
const paper: { readonly [kind in Kind]: { readonly [depth: number]: string } } = {
  plain: { 20: '8.18 %', 56: '13.31 %', 110: '16.44 %' },
  residual: { 20: '7.37 %', 56: '5.89 %', 110: '5.79 %' },
}

/** The loss surface: around a residual net the loss rises less than around a plain one. */
export const lossSurface: Lesson = lesson<SurfaceRecipe, Measured>({
  name: 'loss-surface',
  title: { en: 'Loss surface: what lies around a net', zh: '损失曲面：网络的周围是什么' },
  recipes,
  cells,
  conclude: (recipe, measured) => {
    const { depth, keys, slice } = recipe
    const of = (kind: Kind, seed: number): Measured => measured[idOf(kind, seed)]!
    const over = (kind: Kind, value: (one: Measured) => number): Spread =>
      spread(keys.map((seed) => value(of(kind, seed))))
    const median = (kind: Kind, value: (one: Measured) => number): number => over(kind, value).median
    const both = (value: (one: Measured) => number, text: (value: number) => string): Words => ({
      en: names.map((kind) => `${kinds[kind].name.en} ${text(median(kind, value))}`).join(', '),
      zh: names.map((kind) => `${kinds[kind].name.zh} ${text(median(kind, value))}`).join('，'),
    })
    const short = (value: number): string => digits(value, value < 100 ? 2 : 0)
    const test = ({ testError }: Measured): number => testError
    // One key cannot tell these.
    const further: readonly Finding[] = [
      {
        claim: {
          en: 'The surface around the plain net is less convex: at more of the points the loss lies above the mean of its two neighbours.',
          zh: '普通网络周围的曲面更不凸：损失高于两个相邻点平均值的点更多。',
        },
        holds: median('plain', concave) > median('residual', concave),
        measured: both(concave, percent),
      },
      {
        claim: {
          en: 'The net around which the loss rises less has the smaller test error.',
          zh: '周围损失上升较少的网络，测试误差较小。',
        },
        holds: median('plain', rise) > median('residual', rise) === median('plain', test) > median('residual', test),
        measured: both(test, percent),
      },
    ]
    return {
      findings: [
        {
          claim: {
            en: `At a distance of ${slice.radius} length${slice.radius === 1 ? '' : 's'} of the filters, the loss of the plain net of ${depth} layers has risen further than that of the residual one.`,
            zh: `在 ${slice.radius} 倍滤波器长度的距离处，${depth} 层普通网络的损失比残差网络上升得更多。`,
          },
          holds: median('plain', rise) > median('residual', rise),
          measured: both(rise, short),
        },
        ...(keys.length < 3 ? [] : further),
      ],
      pictures: [linesPicture(recipe, of), ...(slice.shape === 'plane' ? [planePicture(recipe, of)] : [])],
      tables: [
        {
          title:
            keys.length === 1
              ? { en: 'The nets and what lies around them', zh: '网络及其周围' }
              : {
                  en: 'The nets and what lies around them: median (least to largest)',
                  zh: '网络及其周围：中位数（最小到最大）',
                },
          columns: [
            { en: 'net', zh: '网络' },
            { en: 'training error', zh: '训练误差' },
            { en: 'test error', zh: '测试误差' },
            { en: 'loss at the net', zh: '网络处的损失' },
            { en: 'rise to the ends', zh: '到端点的上升' },
            { en: 'not convex', zh: '非凸的点' },
            { en: 'paper, CIFAR-10, test error', zh: '论文，CIFAR-10，测试误差' },
          ],
          rows: names.map((kind) => [
            { en: `${kinds[kind].name.en} ${depth}`, zh: `${kinds[kind].name.zh} ${depth}` },
            ranged(over(kind, ({ trainError }) => trainError)),
            ranged(over(kind, test)),
            ranged(over(kind, centre), (value) => digits(value, 3)),
            ranged(over(kind, rise), short),
            ranged(over(kind, concave)),
            paper[kind][depth] ?? '–',
          ]),
        },
      ],
    }
  },
})
