import { curves } from './curves.ts'
import { escape } from './html.ts'
import { dataUrl } from './png.ts'
import type { Fact, Mistake, Run } from './run.ts'
import { style } from './style.ts'
import { confusionMatrix, epochTable, perClass } from './tables.ts'

const facts = (kind: string, list: readonly Fact[], wrap: (fact: string) => string): string =>
  `<dl class="${kind}">${list.map(({ name, value }) => wrap(`<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)).join('')}</dl>`

const mistake =
  (classes: readonly string[]) =>
  ({ index, image, label, predicted, probability }: Mistake): string => {
    const [is, says] = [classes[label] ?? `class ${label}`, classes[predicted] ?? `class ${predicted}`]
    return `<li><img src="${dataUrl(image)}" alt="test image ${index}: ${escape(is)}"><b>${escape(is)}</b><s>${escape(says)}</s> <small>${Math.floor(100 * probability)} % sure · no. ${index}</small></li>`
  }

const section = (title: string, note: string, body: string): string =>
  `<section><h2>${escape(title)}</h2>${note === '' ? '' : `<p>${escape(note)}</p>`}${body}</section>`

/**
 * A training run as one HTML page: curves of loss, accuracy and learning rate, confusion matrix, the classes one by one, the most confident
 * mistakes and the facts. The page needs no other file and no network, and follows the reader's light or dark setting.
 *
 * @param run plain data; see `Run`
 * @returns the text of an HTML file
 * @throws RangeError if the bytes of a mistake's image do not fit its size
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
export const report = (run: Run): string => {
  const { title, subtitle = '', headline, classes, mistakes, epochs } = run
  const body = [
    `<header><h1>${escape(title)}</h1>${subtitle === '' ? '' : `<p>${escape(subtitle)}</p>`}</header>`,
    facts('headline', headline, (fact) => `<div>${fact}</div>`),
    epochs.length === 0
      ? ''
      : section(
          'Training',
          'Train: means over the epoch while it ran, so with augmentation and label smoothing where there are any. Test: at its end.',
          curves(run) + epochTable(run),
        ),
    section(
      'Confusion matrix',
      'Rows: what the image is. Columns: what the net says. Test images.',
      `<div class="card">${confusionMatrix(run)}</div>`,
    ),
    section('Class by class', '', `<div class="card">${perClass(run)}</div>`),
    mistakes.length === 0
      ? ''
      : section(
          'The most confident mistakes',
          'What the image is, and under it what the net says.',
          `<ul class="mistakes">${mistakes.map(mistake(classes)).join('')}</ul>`,
        ),
    section('The run', '', `<div class="card">${facts('facts', run.facts, (fact) => fact)}</div>`),
    '<footer>Written by resfn.</footer>',
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body><main>
${body.filter((part) => part !== '').join('\n')}
</main></body>
</html>
`
}
