import { resolve } from 'node:path'
import { nearest } from '@resfn/options'
import type { DescribeFlags } from '../commands/data.ts'
import { describeData, loadData } from '../data/load-data.ts'
import { usageError } from '../error.ts'
import type { Action } from '../output.ts'
import { count } from '../text/format.ts'
import { table } from '../text/layout.ts'
import { unknownName } from '../text/nearest.ts'

const commands = ['fetch', 'verify', 'show']

/** What a folder or a manifest of photos holds. */
export const describeFolder: Action<DescribeFlags, [string]> = async (context, { seed, testShare }, given) => {
  const path = resolve(context.cwd, given)
  if ((await context.files.kind(path)) === 'none') {
    const near = nearest(given, commands)
    throw usageError(
      near.length > 0
        ? unknownName(
            'command',
            `data ${given}`,
            [],
            'see resfn data --help',
            near.map((name) => `data ${name}`),
          )
        : `there is no folder or manifest ${path}; give a folder with a folder of images for each class, or a .csv or .jsonl file`,
    )
  }
  const data = await loadData(context, given, { seed, testShare })
  const { train, test, split, notes = [], origin, digest } = data
  const counts = (labels: ArrayLike<number>): readonly number[] => {
    const found = train.classes.map(() => 0)
    for (let i = 0; i < labels.length; i++) found[labels[i]!]! += 1
    return found
  }
  const [trained, tested] = [counts(train.labels), counts(test.labels)]
  const classes = train.classes.map((name, label) => ({ name, train: trained[label]!, test: tested[label]! }))
  return {
    json: {
      ...origin,
      train: train.labels.length,
      test: test.labels.length,
      split: split ?? 'given',
      classes,
      notes,
      sha256: digest,
    },
    text: [
      describeData(data),
      '',
      table({
        rows: [['class', 'train', 'test'], ...classes.map((each) => [each.name, count(each.train), count(each.test)])],
        align: ['left', 'right', 'right'],
        columns: context.columns(),
      }),
      ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
    ].join('\n'),
  }
}
