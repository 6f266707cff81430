import { perClass as scoresOf } from '@resfn/losses'
import type { Fact, NetRow, ReportData } from './data.ts'
import { html, type Html, type Part } from './html.ts'
import { count, decimal, percent, seconds, share } from './numbers.ts'

/** A table that scrolls by itself where the page is narrower. */
const scrolling = (label: string, content: Html): Html =>
  html`<div class="wide" role="region" aria-label="${label}" tabindex="0">${content}</div>`

/** A table with a name in the first column and, but for the columns named `text`, numbers in the others. */
export const table = (
  label: string,
  head: readonly string[],
  rows: readonly (readonly Part[])[],
  text: readonly string[] = [],
): Html => {
  const kind = (column: number): string => (text.includes(head[column]!) ? 'text' : 'number')
  const heads = head.map(
    (name, column) => html`<th scope="col" class="${column === 0 ? 'name' : kind(column)}">${name}</th>`,
  )
  const lines = rows.map(([name = '', ...cells]) => {
    const rest = cells.map((cell, i) => html`<td class="${kind(i + 1)}">${cell}</td>`)
    return html`<tr>
      <th scope="row">${name}</th>
      ${rest}
    </tr>`
  })
  return scrolling(
    label,
    html`<table class="rows">
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${lines}
      </tbody>
    </table>`,
  )
}

/** Names and values. */
export const factTable = (label: string, facts: readonly Fact[]): Html =>
  html`<dl class="facts" aria-label="${label}">
    ${facts.map(
      ({ name, value }) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`

/** The confusion matrix as a table: one row for what the image is, one column for what the net says. */
export const confusionMatrix = ({ classes, confusion }: ReportData): Html => {
  const head = classes.map((name) => html`<th scope="col"><span>${name}</span></th>`)
  const rows = classes.map((name, label) => {
    const row = confusion[label] ?? []
    const total = row.reduce((sum, value) => sum + value, 0)
    const cells = classes.map((other, predicted) => {
      const value = row[predicted] ?? 0
      // The root spreads the small shares, where the interest is.
      const strength = percent(Math.sqrt(value / total))
      const kind = `${label === predicted ? 'hit' : 'miss'}${strength > 62 ? ' strong' : ''}${value === 0 ? ' zero' : ''}`
      const words = `${name} taken for ${other}: ${count(value)} of ${count(total)}`
      return html`<td class="${kind}" style="--part:${strength}%" title="${words}">${count(value)}</td>`
    })
    return html`<tr>
      <th scope="row">${name}</th>
      ${cells}
    </tr>`
  })
  return scrolling(
    'Confusion matrix',
    html`<table class="confusion">
      <thead>
        <tr>
          <td></td>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  )
}

/** The class that one is taken for most often, and how often. */
const mistakenFor = ({ classes, confusion }: ReportData, label: number): Part => {
  const others = classes.map((_, predicted) => (predicted === label ? 0 : (confusion[label]?.[predicted] ?? 0)))
  const most = Math.max(...others)
  return most === 0 ? '–' : html`${classes[others.indexOf(most)] ?? ''} <small>${count(most)}×</small>`
}

/** Precision, recall and F1 of each class. */
export const perClass = (data: ReportData): Html =>
  table(
    'Class by class',
    ['class', 'images', 'precision', 'recall', 'F1', 'most often taken for'],
    scoresOf(data.confusion).map(({ examples, precision, recall, f1 }, label) => [
      data.classes[label] ?? `class ${label}`,
      count(examples),
      share(precision),
      html`<span class="bar" style="--part:${percent(recall)}%"></span>${share(recall)}`,
      share(f1),
      mistakenFor(data, label),
    ]),
    ['most often taken for'],
  )

/** The numbers behind the curves. */
export const epochTable = ({ epochs }: ReportData): Html =>
  table(
    'Every epoch in numbers',
    ['epoch', 'train loss', 'train accuracy', 'test loss', 'test accuracy', 'time'],
    epochs.map(({ epoch, trainLoss, trainAccuracy, testLoss, testAccuracy, seconds: time }) => [
      epoch,
      decimal(trainLoss),
      share(trainAccuracy),
      decimal(testLoss),
      share(testAccuracy),
      seconds(time),
    ]),
  )

/** The net, layer by layer. */
export const netTable = (rows: readonly NetRow[]): Html =>
  table(
    'The net',
    ['layer', 'kind', 'output', 'parameters', 'multiply-adds'],
    rows.map(({ path, kind, output, params, macs }) => [path, kind, output.join(' x '), count(params), count(macs)]),
    ['kind', 'output'],
  )
