import { html, Html } from './html.ts'
import { decimal, seconds, share } from './numbers.ts'
import { card, page, section } from './page.ts'
import { parallelCoordinates } from './parallel-coordinates.ts'
import type { SweepData } from './sweep-data.ts'
import { factTable, table } from './tables.ts'

/** A row that the pointer or the keyboard is on shows its line, without a script. */
const linked = ({ trials }: SweepData): Html =>
  new Html(
    `<style>${trials
      .map(
        (_, i) =>
          `main:has(.rows tbody tr:nth-child(${i + 1}):is(:hover, :focus-within)) .trials .t${i + 1} { stroke: var(--miss); stroke-width: 5; stroke-dasharray: none }`,
      )
      .join('\n')}</style>`,
  )

const trialTable = ({ axes, trials }: SweepData): Html => {
  const names = axes.map(({ name }) => name)
  const texts = axes.flatMap(({ name, scale }) =>
    typeof scale === 'string' || scale.every((value) => typeof value === 'number') ? [] : [name],
  )
  return table(
    'Trials, the best first',
    ['trial', ...names, 'epochs', 'test accuracy', 'test loss', 'time', 'outcome'],
    trials.map(({ trial, point, epochs, accuracy, loss, seconds: time, outcome, page: address }) => [
      address === undefined ? trial : html`<a href="${address}">${trial}</a>`,
      ...names.map((name) => String(point[name] ?? '')),
      epochs,
      share(accuracy),
      decimal(loss),
      seconds(time),
      outcome,
    ]),
    [...texts, 'outcome'],
  )
}

/**
 * A sweep as one HTML page: parallel coordinates, where each line is a trial, and the trials in a table from the best
 * to the worst. The row under the pointer or the keyboard shows its line. The page needs no other file and no network,
 * runs no script and follows the reader's light or dark setting; all data is shown as text.
 *
 * @param data plain data; see `SweepData`
 * @returns the text of an HTML file
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { sweepReport } from '@resfn/report'
 *
 * const page = sweepReport({
 *   title: 'Learning rates',
 *   headline: [{ name: 'best test accuracy', value: '0.9' }],
 *   axes: [{ name: 'lr', scale: 'log' }, { name: 'flip', scale: [true, false] }],
 *   objective: 'test accuracy',
 *   trials: [
 *     { trial: 1, point: { lr: 0.1, flip: true }, epochs: 2, accuracy: 0.9, loss: 0.3, seconds: 2, outcome: 'finished' },
 *     { trial: 0, point: { lr: 0.01, flip: false }, epochs: 2, accuracy: 0.8, loss: 0.5, seconds: 2, outcome: 'finished' },
 *   ],
 *   settings: [],
 *   facts: [],
 * })
 * assert.match(page, /trial 1: lr 0.1, flip true; test accuracy 0.900/)
 * ```
 */
export const sweepReport = (data: SweepData): string =>
  page(data, [
    section(
      'Settings and results',
      `A line is a trial: where it crosses an axis is the value that it had. ${data.objective === 'test loss' ? 'The lower the test loss, the higher up; the' : 'The'} paler, the worse; the best one is thick. A trial that diverged or failed is dashed.`,
      linked(data),
      parallelCoordinates(data),
    ),
    section(
      'Trials',
      'From the best to the worst. The number leads to the report of the trial.',
      card(trialTable(data)),
    ),
    section(
      'The sweep',
      '',
      data.settings.length === 0 ? [] : card(factTable('What all trials share', data.settings)),
      card(factTable('The sweep', data.facts)),
    ),
  ])
