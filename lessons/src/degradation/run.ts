import { cifarResnet, noShortcuts } from '@resfn/archs/cifar-resnet'
import type { AnyLayer } from '@resfn/layer'
import { type Cell, lesson, type Lesson, type Words } from '../lesson.ts'
import { type Curve, curves } from '../picture.ts'
import { type Point, single, smooth } from '../smooth.ts'
import { overKeys, percent, ranged, spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf } from '../train-net.ts'
import { type DegradationRecipe, recipes } from './recipe.ts'

/** What one net came to. */
type Measured = Errors & {
  /** The loss while it trained, smoothed. */
  readonly losses: readonly Point[]
}

/** A plain net and the residual one of the same layers. */
const kinds: {
  readonly [kind: string]: { readonly make: (depth: number, classes: number) => AnyLayer; readonly name: Words }
} = {
  plain: {
    make: (depth, classes) => cifarResnet({ depth, classes, shortcuts: noShortcuts }),
    name: { en: 'plain', zh: '普通' },
  },
  residual: {
    make: (depth, classes) => cifarResnet({ depth, classes }),
    name: { en: 'residual', zh: '残差' },
  },
}

const idOf = (kind: string, depth: number, seed: number): string => `${kind}${depth}-key${seed}`

const cells = (recipe: DegradationRecipe): readonly Cell<Measured>[] =>
  recipe.keys.flatMap((seed) =>
    recipe.depths.flatMap((depth) =>
      Object.entries(kinds).map(([kind, { make }]) =>
        trainCell(
          { ...recipe, id: idOf(kind, depth, seed), seed, net: (classes) => make(depth, classes) },
          (trained) => ({ ...errorsOf(trained), losses: smooth(trained.losses, 60) }),
        ),
      ),
    ),
  )

/** He et al. 2015, table 6: test errors on CIFAR-10 of residual nets. Plain nets are in figure 6 alone. */
const paper: { readonly [depth: number]: string } = {
  20: '8.75 %',
  32: '7.51 %',
  44: '7.17 %',
  56: '6.97 %',
  110: '6.43 %',
}

/** Degradation: a deeper plain net learns worse, also on its training images, and a residual one does not. */
export const degradation: Lesson = lesson<DegradationRecipe, Measured>({
  name: 'degradation',
  title: { en: 'Degradation: deeper is not better', zh: '退化：更深并不更好' },
  recipes,
  cells,
  conclude: ({ depths, keys }, measured) => {
    const of = (kind: string, depth: number, value: 'trainError' | 'testError') =>
      spread(keys.map((seed) => measured[idOf(kind, depth, seed)]![value] ?? 1))
    const shallow = depths[0]!
    const deep = depths.at(-1)!
    const gap = (kind: string): number => of(kind, deep, 'trainError').median - of(kind, shallow, 'trainError').median
    const gaps: Words = {
      en: `training error from ${shallow} to ${deep} layers: plain ${percent(of('plain', shallow, 'trainError').median)} to ${percent(of('plain', deep, 'trainError').median)}, residual ${percent(of('residual', shallow, 'trainError').median)} to ${percent(of('residual', deep, 'trainError').median)}`,
      zh: `从 ${shallow} 层到 ${deep} 层的训练误差：普通网络 ${percent(of('plain', shallow, 'trainError').median)} 到 ${percent(of('plain', deep, 'trainError').median)}，残差网络 ${percent(of('residual', shallow, 'trainError').median)} 到 ${percent(of('residual', deep, 'trainError').median)}`,
    }
    const errors = (value: 'trainError' | 'testError', say: (words: Words) => string): readonly Curve[] =>
      Object.entries(kinds).map(([kind, { name }]) => ({
        name: say(name),
        points: depths.map((depth) => ({ x: depth, ...of(kind, depth, value) })),
      }))
    return {
      findings: [
        {
          claim: {
            en: `The plain net of ${deep} layers has a larger training error than that of ${shallow}.`,
            zh: `${deep} 层普通网络的训练误差大于 ${shallow} 层普通网络。`,
          },
          holds: gap('plain') > 0,
          measured: gaps,
        },
        {
          claim: {
            en: 'With shortcuts, depth costs less: the training error grows less with depth, or falls.',
            zh: '有了捷径，深度的代价更小：训练误差随深度增加得更少，甚至下降。',
          },
          holds: gap('residual') < gap('plain'),
          measured: gaps,
        },
        {
          claim: {
            en: `At ${deep} layers the residual net has the smaller test error.`,
            zh: `在 ${deep} 层，残差网络的测试误差更小。`,
          },
          holds: of('residual', deep, 'testError').median < of('plain', deep, 'testError').median,
          measured: {
            en: `plain ${percent(of('plain', deep, 'testError').median)}, residual ${percent(of('residual', deep, 'testError').median)}`,
            zh: `普通网络 ${percent(of('plain', deep, 'testError').median)}，残差网络 ${percent(of('residual', deep, 'testError').median)}`,
          },
        },
      ],
      pictures: [
        ...(['trainError', 'testError'] as const).map((value) => ({
          name: value === 'trainError' ? 'training-error' : 'test-error',
          title:
            value === 'trainError'
              ? { en: 'Training error by depth', zh: '训练误差随深度的变化' }
              : { en: 'Test error by depth', zh: '测试误差随深度的变化' },
          caption: overKeys(keys, 'band'),
          plot: (say: (words: Words) => string) =>
            curves(errors(value, say), {
              x: { label: say({ en: 'layers →', zh: '层数 →' }), ticks: [...depths] },
              y: { label: say({ en: '↑ error', zh: '↑ 误差' }), percent: true, zero: true },
            }),
        })),
        {
          name: 'loss',
          title: {
            en: `Loss while training, ${shallow} and ${deep} layers`,
            zh: `训练过程中的损失，${shallow} 层与 ${deep} 层`,
          },
          caption: {
            en: `Each curve is the net of key ${keys[0]}.`,
            zh: `每条曲线是种子 ${keys[0]} 的网络。`,
          },
          plot: (say) =>
            curves(
              Object.entries(kinds).flatMap(([kind, { name }]) =>
                [shallow, deep].map((depth) => ({
                  name: `${say(name)} ${depth}`,
                  points: single(measured[idOf(kind, depth, keys[0]!)]!.losses),
                })),
              ),
              {
                x: { label: say({ en: 'step →', zh: '步 →' }) },
                y: { label: say({ en: '↑ loss', zh: '↑ 损失' }), type: 'log' },
              },
            ),
        },
      ],
      tables: [
        {
          title: { en: 'Errors: median (least to largest)', zh: '误差：中位数（最小到最大）' },
          columns: [
            { en: 'net', zh: '网络' },
            { en: 'training error', zh: '训练误差' },
            { en: 'test error', zh: '测试误差' },
            { en: 'paper, CIFAR-10, test error', zh: '论文，CIFAR-10，测试误差' },
          ],
          rows: Object.entries(kinds).flatMap(([kind, { name }]) =>
            depths.map((depth) => [
              { en: `${name.en} ${depth}`, zh: `${name.zh} ${depth}` },
              ...(['trainError', 'testError'] as const).map((value) => ranged(of(kind, depth, value))),
              kind === 'residual' ? (paper[depth] ?? '–') : '–',
            ]),
          ),
        },
      ],
    }
  },
})
