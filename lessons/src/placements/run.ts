import {
  comparisonCells,
  comparisonPictures,
  type ComparisonRecipe,
  comparisonTable,
  type Outcome,
  outcomeOf,
} from '../compare-nets.ts'
import { lesson, type Lesson, type Words } from '../lesson.ts'
import { digits } from '../spread.ts'
import { nets } from './nets.ts'
import { recipes } from './recipe.ts'

/** Placements: where normalisation and activation stand in a unit decides how well it learns. */
export const placements: Lesson = lesson<ComparisonRecipe, Outcome>({
  name: 'placements',
  title: { en: 'Placements: what stands after the addition', zh: '位置：加法之后放什么' },
  recipes,
  cells: (recipe) => comparisonCells(nets, recipe),
  conclude: (recipe, measured) => {
    const loss = (net: keyof typeof nets): number => outcomeOf(recipe, measured, net, 'loss').median
    const losses = (...which: readonly (keyof typeof nets)[]): Words => ({
      en: `training loss: ${which.map((net) => `${nets[net].name.en} ${digits(loss(net), 3)}`).join('; ')}`,
      zh: `训练损失：${which.map((net) => `${nets[net].name.zh} ${digits(loss(net), 3)}`).join('；')}`,
    })
    return {
      findings: [
        {
          claim: {
            en: 'Batch normalisation after the addition (b) trains worse than the original (a): it stands in the way of the signal.',
            zh: '加法之后做批量归一化 (b) 比原始单元 (a) 训练得更差：它挡住了信号。',
          },
          holds: loss('normAfterAddition') > loss('original'),
          measured: losses('original', 'normAfterAddition'),
        },
        {
          claim: {
            en: 'ReLU before the addition (c) trains worse than full pre-activation (e): its branch can only add what is not negative.',
            zh: '加法之前做 ReLU (c) 比完全预激活 (e) 训练得更差：它的分支只能加上非负的值。',
          },
          holds: loss('actBeforeAddition') > loss('fullPreActivation'),
          measured: losses('actBeforeAddition', 'fullPreActivation'),
        },
        // One key cannot tell a difference as small as this one.
        ...(recipe.keys.length > 1
          ? [
              {
                claim: {
                  en: 'Full pre-activation (e) trains at least as well as the original (a).',
                  zh: '完全预激活 (e) 训练得不比原始单元 (a) 差。',
                },
                holds: loss('fullPreActivation') <= loss('original'),
                measured: losses('original', 'fullPreActivation'),
              },
            ]
          : []),
      ],
      pictures: comparisonPictures(nets, recipe, measured),
      tables: [
        comparisonTable(nets, recipe, measured, {
          en: 'paper, ResNet-110, CIFAR-10, test error',
          zh: '论文，ResNet-110，CIFAR-10，测试误差',
        }),
      ],
    }
  },
})
