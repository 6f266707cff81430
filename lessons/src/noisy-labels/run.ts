import { attentionBlocks, preActivated } from '@resfn/archs/residual-attention'
import { threeStages } from '@resfn/archs/resnet'
import { conv2d } from '@resfn/conv2d'
import type { AnyLayer } from '@resfn/layer'
import { fold, key } from '@resfn/random'
import { type Cell, lesson, type Lesson, type Words } from '../lesson.ts'
import { type Curve, curves } from '../picture.ts'
import { overKeys, percent, type Spread, spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf } from '../train-net.ts'
import { type NoisyLabelsRecipe, recipes } from './recipe.ts'
import { wrongLabels } from './wrong-labels.ts'

/** Over the last epoch by the labels that it learns from, and after it by right ones. */
type Measured = Errors

/** How often a mask goes down in each stage: it sees more of the image where that is larger. */
const maskDepths = [2, 1, 0]

/** A pre-activation net with attention modules, and the same trunk without masks: four units for each module. */
const netOf = (
  kind: 'residual' | 'attention',
  { modules, widths }: Pick<NoisyLabelsRecipe, 'modules' | 'widths'>,
  classes: number,
): AnyLayer => {
  const units = preActivated()
  const outs = widths.map((width) => 4 * width)
  const blocks = 1 + (kind === 'attention' ? modules : 4 * modules)
  return threeStages({
    stem: { conv1: conv2d({ out: 16, size: 3 }) },
    kind: attentionBlocks(units, ({ out }) => (kind === 'attention' ? maskDepths[outs.indexOf(out)] : undefined)),
    blocks: [blocks, blocks, blocks],
    widths: [...widths],
    tail: units.tail,
    classes,
  })
}

const kinds: { readonly [kind in 'residual' | 'attention']: Words } = {
  residual: { en: 'residual', zh: '残差' },
  attention: { en: 'residual attention', zh: '残差注意力' },
}

const kindNames = Object.keys(kinds) as (keyof typeof kinds)[]

const idOf = (kind: string, noise: number, seed: number): string => `${kind}-${Math.round(100 * noise)}-key${seed}`

const cells = (recipe: NoisyLabelsRecipe): readonly Cell<Measured>[] =>
  recipe.keys.flatMap((seed) =>
    recipe.noise.flatMap((noise) =>
      kindNames.map((kind) =>
        trainCell(
          {
            ...recipe,
            id: idOf(kind, noise, seed),
            seed,
            net: (classes) => netOf(kind, recipe, classes),
            change: (data) => ({ ...data, train: wrongLabels(data.train, noise, fold(key(seed), 'labels')) }),
          },
          errorsOf,
        ),
      ),
    ),
  )

/** Wang et al. 2017, table 4: test errors on CIFAR-10 by the noise in per cent. */
const paper: { readonly [noise: number]: { readonly [kind in keyof typeof kinds]: string } } = {
  10: { residual: '5.93 %', attention: '5.15 %' },
  30: { residual: '6.61 %', attention: '5.79 %' },
  50: { residual: '8.35 %', attention: '7.27 %' },
  70: { residual: '17.21 %', attention: '15.75 %' },
}

/** Noisy labels: a net that learns from wrong labels tells right ones better than those it learned from. */
export const noisyLabels: Lesson = lesson<NoisyLabelsRecipe, Measured>({
  name: 'noisy-labels',
  title: { en: 'Noisy labels: better than what it was taught', zh: '噪声标签：学得比教的更好' },
  recipes,
  cells,
  conclude: ({ keys, noise }, measured) => {
    const of = (kind: string, share: number, value: keyof Measured): Spread =>
      spread(keys.map((seed) => measured[idOf(kind, share, seed)]![value] ?? 1))
    const heavy = noise.filter((share) => share >= 0.3)
    const [least, most] = [noise[0]!, noise.at(-1)!]
    const both = (share: number, kind: keyof typeof kinds): readonly [number, number] => [
      1 - of(kind, share, 'testError').median,
      1 - of(kind, share, 'trainError').median,
    ]
    const shown = (language: keyof Words): string =>
      heavy
        .flatMap((share) =>
          kindNames.map((kind) => {
            const [test, train] = both(share, kind).map((accuracy) => percent(accuracy))
            return language === 'en'
              ? `${percent(share, 0)} wrong, ${kinds[kind].en}: test ${test}, training ${train}`
              : `${percent(share, 0)} 错误，${kinds[kind].zh}：测试 ${test}，训练 ${train}`
          }),
        )
        .join('; ')
    const byNoise = (language: keyof Words): string =>
      kindNames
        .map((kind) => {
          const [low, high] = [least, most].map((share) => percent(of(kind, share, 'testError').median))
          return `${kinds[kind][language]} ${low} → ${high}`
        })
        .join(', ')
    const wins = noise.filter(
      (share) => of('attention', share, 'testError').median < of('residual', share, 'testError').median,
    )
    const listed = (language: keyof Words): string =>
      noise
        .map(
          (share) =>
            `${percent(share, 0)}: ${kindNames.map((kind) => `${kinds[kind][language]} ${percent(of(kind, share, 'testError').median)}`).join(', ')}`,
        )
        .join('; ')
    const errors = (value: keyof Measured, say: (words: Words) => string): readonly Curve[] =>
      kindNames.map((kind) => ({
        name: say(kinds[kind]),
        points: noise.map((share) => ({ x: 100 * share, ...of(kind, share, value) })),
      }))
    return {
      findings: [
        {
          claim: {
            en: 'Where 30 % of the labels or more are wrong, the accuracy on right test labels is above that on the labels it learns from.',
            zh: '当 30 % 或更多的标签是错的，测试集（标签正确）上的准确率高于它所学标签上的准确率。',
          },
          holds: heavy.every((share) =>
            kindNames.every((kind) => {
              const [test, train] = both(share, kind)
              return test > train
            }),
          ),
          measured: { en: shown('en'), zh: shown('zh') },
        },
        {
          claim: {
            en: `The test error grows with the noise, from ${percent(least, 0)} to ${percent(most, 0)} wrong labels.`,
            zh: `测试误差随噪声增大，错误标签从 ${percent(least, 0)} 到 ${percent(most, 0)}。`,
          },
          holds: kindNames.every((kind) => of(kind, most, 'testError').median > of(kind, least, 'testError').median),
          measured: { en: byNoise('en'), zh: byNoise('zh') },
        },
        ...(keys.length < 3
          ? []
          : [
              {
                claim: {
                  en: 'The attention net has the smaller test error at each share of wrong labels.',
                  zh: '在每个错误标签比例下，注意力网络的测试误差都更小。',
                },
                holds: wins.length === noise.length,
                measured: { en: `test error, ${listed('en')}`, zh: `测试误差，${listed('zh')}` },
              },
            ]),
      ],
      pictures: (['testError', 'trainError'] as const).map((value) => ({
        name: value === 'testError' ? 'test-error' : 'training-error',
        title:
          value === 'testError'
            ? { en: 'Test error, by right labels', zh: '测试误差（正确标签）' }
            : { en: 'Training error, by the labels it learns from', zh: '训练误差（它所学的标签）' },
        caption: overKeys(keys, 'band'),
        plot: (say: (words: Words) => string) =>
          curves(errors(value, say), {
            x: {
              label: say({ en: 'wrong labels, % →', zh: '错误标签，% →' }),
              ticks: noise.map((share) => 100 * share),
            },
            y: { label: say({ en: '↑ error', zh: '↑ 误差' }), percent: true, zero: true },
          }),
      })),
      tables: [
        {
          title: { en: 'Errors: medians', zh: '误差：中位数' },
          columns: [
            { en: 'wrong labels', zh: '错误标签' },
            { en: 'net', zh: '网络' },
            { en: 'training error', zh: '训练误差' },
            { en: 'test error', zh: '测试误差' },
            { en: 'paper: ResNet-164, Attention-92, CIFAR-10', zh: '论文：ResNet-164、Attention-92，CIFAR-10' },
          ],
          rows: noise.flatMap((share) =>
            kindNames.map((kind) => [
              percent(share, 0),
              kinds[kind],
              percent(of(kind, share, 'trainError').median),
              percent(of(kind, share, 'testError').median),
              paper[Math.round(100 * share)]?.[kind] ?? '–',
            ]),
          ),
        },
      ],
    }
  },
})
