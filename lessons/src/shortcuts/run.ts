import { cifarResnet, optionA, optionB, optionC } from '@resfn/archs/cifar-resnet'
import type { AnyBlockKind } from '@resfn/archs/resnet'
import { type AnyLayer, followedBy } from '@resfn/layer'
import { type BatchNorm, type Makers, makersOr } from '@resfn/makers'
import { residualBranch } from '@resfn/residual-block'
import { shortcuts } from '@resfn/shortcuts'
import { type Cell, lesson, type Lesson, type Words } from '../lesson.ts'
import { ranges, same } from '../picture.ts'
import { overKeys, percent, type Spread, spread } from '../spread.ts'
import { trainCell } from '../train-cell.ts'
import { type Errors, errorsOf } from '../train-net.ts'
import { recipes, type ShortcutsRecipe } from './recipe.ts'

type Kind = (makers: Makers<BatchNorm>) => AnyBlockKind

/** Option A, with an operation in place of the identity wherever the shape stays. */
const withOperation =
  (operation: string): Kind =>
  (makers) => {
    const { act } = makersOr(makers)
    const keep = ({ out }: { readonly out: number }): AnyLayer =>
      followedBy(shortcuts[operation]!(residualBranch({ out }, makers)), act)
    return { ...optionA(makers), begin: keep, keep }
  }

const options: { readonly [option: string]: Kind } = { A: optionA, B: optionB, C: optionC }

/** What is measured: a name, its words, its kind of block, and the test error of the paper on CIFAR-10. */
type Row = { readonly id: string; readonly name: Words; readonly kind: Kind; readonly paper: string }

const names: { readonly [operation: string]: Words } = {
  identity: { en: 'identity', zh: '恒等' },
  constant: { en: 'x / 2 + F', zh: 'x / 2 + F' },
  'constant on both': { en: 'x / 2 + F / 2', zh: 'x / 2 + F / 2' },
  none: { en: 'none: F', zh: '无：F' },
  'exclusive gate': { en: 'exclusive gate, b = -6', zh: '互斥门，b = -6' },
  'shortcut-only gate, half open': { en: 'shortcut gate, b = 0', zh: '捷径门，b = 0' },
  'shortcut-only gate': { en: 'shortcut gate, b = -6', zh: '捷径门，b = -6' },
  '1x1 convolution': { en: '1x1 convolution', zh: '1x1 卷积' },
  dropout: { en: 'dropout 0.5', zh: 'dropout 0.5' },
}

/** He et al. 2016, table 1, ResNet-110. */
const table1: { readonly [operation: string]: string } = {
  identity: '6.61 %',
  constant: 'fail',
  'constant on both': '12.35 %',
  none: 'fail',
  'exclusive gate': '8.70 %',
  'shortcut-only gate, half open': '12.86 %',
  'shortcut-only gate': '6.91 %',
  '1x1 convolution': '12.22 %',
  dropout: 'fail',
}

const rowsOf = ({ operations, options: wanted }: ShortcutsRecipe): readonly Row[] => [
  ...operations.map((operation) => ({
    id: operation.replaceAll(/[^a-z0-9]+/g, '-'),
    name: names[operation]!,
    kind: withOperation(operation),
    paper: table1[operation]!,
  })),
  // Option A with the identity is measured above.
  ...wanted
    .filter((option) => option !== 'A')
    .map((option) => ({
      id: `option-${option}`,
      name: { en: `option ${option}`, zh: `方案 ${option}` },
      kind: options[option]!,
      paper: '–',
    })),
]

const idOf = (id: string, seed: number): string => `${id}-key${seed}`

const cells = (recipe: ShortcutsRecipe): readonly Cell<Errors>[] =>
  recipe.keys.flatMap((seed) =>
    rowsOf(recipe).map(({ id, kind }) => {
      const net = (classes: number): AnyLayer =>
        cifarResnet<BatchNorm, AnyLayer, AnyLayer, AnyLayer>({ depth: recipe.depth, classes, shortcuts: kind })
      return trainCell({ ...recipe, id: idOf(id, seed), seed, net }, errorsOf)
    }),
  )

/** Operations that multiply the signal on the shortcut by about a half. */
const halving = ['constant', 'constant on both', 'shortcut-only gate, half open', 'dropout', 'none']

/** What may stand on a shortcut: nothing is best. */
export const shortcutsLesson: Lesson = lesson<ShortcutsRecipe, Errors>({
  name: 'shortcuts',
  title: { en: 'Shortcuts: nothing is best on them', zh: '捷径：上面什么都不放最好' },
  recipes,
  cells,
  conclude: (recipe, measured) => {
    const rows = rowsOf(recipe)
    const of = (name: string, value: keyof Errors): Spread =>
      spread(recipe.keys.map((seed) => measured[idOf(name.replaceAll(/[^a-z0-9A-Z]+/g, '-'), seed)]![value] ?? 1))
    const identity = of('identity', 'trainError').median
    const worse = halving.filter((operation) => recipe.operations.includes(operation))
    const listed = (language: keyof Words, found: readonly string[]): string =>
      found.map((name) => `${names[name]![language]} ${percent(of(name, 'trainError').median)}`).join(', ')
    const gap = (name: string): number => Math.abs(of(name, 'testError').median - of('identity', 'testError').median)
    const others = recipe.options.filter((option) => option !== 'A').map((option) => `option-${option}`)
    const worst = recipe.operations.includes('none') ? 'none' : 'dropout'
    const gated = ['shortcut-only gate', 'shortcut-only gate, half open'] as const
    const shown: Words = {
      en: `training error: identity ${percent(identity)}, ${listed('en', worse)}`,
      zh: `训练误差：恒等 ${percent(identity)}，${listed('zh', worse)}`,
    }
    return {
      findings: [
        {
          claim: {
            en: 'Each operation that halves the signal on the shortcut has a larger training error than the identity.',
            zh: '凡是把捷径上的信号减半的操作，训练误差都大于恒等捷径。',
          },
          holds: worse.every((operation) => of(operation, 'trainError').median > identity),
          measured: shown,
        },
        ...(gated.every((name) => recipe.operations.includes(name))
          ? [
              {
                claim: {
                  en: 'A gate on the shortcut does less harm the nearer it is to the identity: b = -6 less than b = 0.',
                  zh: '捷径上的门越接近恒等，危害越小：b = -6 小于 b = 0。',
                },
                holds: of(gated[0], 'trainError').median < of(gated[1], 'trainError').median,
                measured: {
                  en: `training error: ${listed('en', gated)}`,
                  zh: `训练误差：${listed('zh', gated)}`,
                },
              },
            ]
          : []),
        {
          claim: {
            en: `Projections where the shape changes are not what counts: ${others.map((name) => name.replace('-', ' ')).join(' and ')} differ from option A by less in test error than the shortcut "${names[worst]!.en}" does.`,
            zh: `形状改变处的投影并不关键：${others.map((name) => name.replace('option-', '方案 ')).join('、')}与方案 A 的测试误差之差，小于捷径“${names[worst]!.zh}”与它之差。`,
          },
          holds: others.every((name) => gap(name) < gap(worst)),
          measured: {
            en: `test error: option A ${percent(of('identity', 'testError').median)}, ${others.map((name) => `${name.replace('-', ' ')} ${percent(of(name, 'testError').median)}`).join(', ')}, ${names[worst]!.en} ${percent(of(worst, 'testError').median)}`,
            zh: `测试误差：方案 A ${percent(of('identity', 'testError').median)}，${others.map((name) => `${name.replace('option-', '方案 ')} ${percent(of(name, 'testError').median)}`).join('，')}，${names[worst]!.zh} ${percent(of(worst, 'testError').median)}`,
          },
        },
      ],
      pictures: [
        {
          name: 'errors',
          title: { en: `ResNet-${recipe.depth} by its shortcuts`, zh: `ResNet-${recipe.depth}，不同的捷径` },
          caption: overKeys(recipe.keys, 'line'),
          plot: (say) =>
            ranges(
              (['trainError', 'testError'] as const).map((value) => ({
                name: say(
                  value === 'trainError'
                    ? { en: 'training error', zh: '训练误差' }
                    : { en: 'test error', zh: '测试误差' },
                ),
                rows: rows.map(({ id, name }) => ({ name: say(name), ...of(id, value) })),
              })),
              { x: { label: say({ en: 'error →', zh: '误差 →' }), percent: true, zero: true } },
            ),
        },
      ],
      tables: [
        {
          title: { en: 'Errors: medians', zh: '误差：中位数' },
          columns: [
            { en: 'shortcut', zh: '捷径' },
            { en: 'training error', zh: '训练误差' },
            { en: 'test error', zh: '测试误差' },
            { en: 'paper, ResNet-110, CIFAR-10, test error', zh: '论文，ResNet-110，CIFAR-10，测试误差' },
          ],
          rows: rows.map(({ id, name, paper }) => [
            name,
            percent(of(id, 'trainError').median),
            percent(of(id, 'testError').median),
            paper === 'fail' ? { en: 'did not converge', zh: '不收敛' } : same(paper),
          ]),
        },
      ],
    }
  },
})
