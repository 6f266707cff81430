import { curves } from './curves.ts'
import type { ReportData } from './data.ts'
import { html, type Html, none } from './html.ts'
import { card, page, section } from './page.ts'
import { sampleList } from './samples.ts'
import { confusionMatrix, epochTable, factTable, netTable, perClass } from './tables.ts'

const trainingSection = (data: ReportData): Html =>
  data.epochs.length === 0
    ? none
    : section(
        'Training',
        'Train: means over the epoch while it ran, so with augmentation and label smoothing where there are any. Test: at its end.',
        curves(data),
        html`<details class="card">
          <summary>Every epoch in numbers</summary>
          ${epochTable(data)}
        </details>`,
      )

const confusionSection = (data: ReportData): Html =>
  section(
    'Confusion matrix',
    'Rows: what the image is. Columns: what the net says. Test images.',
    card(confusionMatrix(data)),
  )

const classSection = (data: ReportData): Html =>
  section(
    'Class by class',
    'Precision: of the images that the net says are of the class, the share that are. Recall: of the images of the class, the share that the net finds. F1: the harmonic mean of both.',
    card(perClass(data)),
  )

const sampleNote = 'What the image is, and under it what the net says.'

const sampleSection = ({ classes, samples = [] }: ReportData): Html =>
  samples.length === 0 ? none : section('Test images', sampleNote, sampleList(classes, samples))

const seenNote = ' Beside it, what counted for that (Grad-CAM): the redder, the more.'

const mistakeSection = ({ classes, mistakes }: ReportData): Html =>
  mistakes.length === 0
    ? none
    : section(
        'The most confident mistakes',
        mistakes.some(({ seen }) => seen !== undefined) ? sampleNote + seenNote : sampleNote,
        sampleList(classes, mistakes),
      )

const netSection = ({ net = [] }: ReportData): Html =>
  net.length === 0 ? none : section('The net', 'Shapes and multiply-adds are those of one image.', card(netTable(net)))

const runSection = ({ command = '', settings = [], facts }: ReportData): Html =>
  section(
    'The run',
    '',
    command === ''
      ? none
      : card(
          html`<p>The command that repeats it:</p>
            <pre tabindex="0">${command}</pre>`,
        ),
    settings.length === 0 ? none : card(factTable('Settings', settings)),
    card(factTable('The run', facts)),
  )

/**
 * A training run as one HTML page: curves of loss, accuracy, learning rate and gradient norm, confusion matrix, the
 * classes one by one, test images with predictions, the most confident mistakes, the net and the settings. The page
 * needs no other file and no network, runs no script and follows the reader's light or dark setting. All data is shown
 * as text, whatever characters it has.
 *
 * @param data plain data; see `ReportData`
 * @returns the text of an HTML file
 * @throws RangeError if the bytes of an image do not fit its size
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { report } from '@resfn/report'
 *
 * const page = report({
 *   title: 'A net on two classes',
 *   headline: [{ name: 'test accuracy', value: '0.875' }],
 *   facts: [{ name: 'seed', value: '0' }],
 *   epochs: [{ epoch: 1, trainLoss: 0.5, trainAccuracy: 0.8, testLoss: 0.4, testAccuracy: 0.875, seconds: 2 }],
 *   classes: ['cat', 'dog'],
 *   confusion: [[3, 1], [0, 4]],
 *   mistakes: [],
 * })
 * assert.match(page, /^<!doctype html>/)
 * ```
 */
export const report = (data: ReportData): string => {
  const sections = [
    trainingSection,
    confusionSection,
    classSection,
    sampleSection,
    mistakeSection,
    netSection,
    runSection,
  ]
  return page(
    data,
    sections.map((make) => make(data)),
  )
}
