import { perClass as scoresOf } from '@resfn/losses'
import { count, escape, share } from './html.ts'
import type { Run } from './run.ts'

/** The confusion matrix as a table: one row for what the image is, one column for what the net says. */
export const confusionMatrix = ({ classes, confusion }: Run): string => {
  const head = classes.map((name) => `<th scope="col"><span>${escape(name)}</span></th>`).join('')
  const rows = classes.map((name, label) => {
    const row = confusion[label] ?? []
    const total = row.reduce((sum, value) => sum + value, 0)
    const cells = classes.map((other, predicted) => {
      const value = row[predicted] ?? 0
      const part = total === 0 ? 0 : value / total
      const kind = label === predicted ? 'hit' : 'miss'
      // The root spreads the small shares, where the interest is.
      const strength = Math.round(100 * Math.sqrt(part))
      const words = `${escape(name)} taken for ${escape(other)}: ${value} of ${total}`
      return `<td class="${kind}${strength > 62 ? ' strong' : ''}${value === 0 ? ' none' : ''}" style="--part:${strength}%" title="${words}">${value}</td>`
    })
    return `<tr><th scope="row">${escape(name)}</th>${cells.join('')}</tr>`
  })
  return `<div class="wide"><table class="confusion"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

/** The class that one is taken for most often, and how often. */
const mistakenFor = ({ classes, confusion }: Run, label: number): string => {
  const others = classes.map((_, predicted) => (predicted === label ? 0 : (confusion[label]?.[predicted] ?? 0)))
  const most = Math.max(...others)
  return most === 0 ? '–' : `${escape(classes[others.indexOf(most)]!)} <small>${most}×</small>`
}

/** Precision, recall and F1 of each class. */
export const perClass = (run: Run): string => {
  const rows = scoresOf(run.confusion).map(({ examples, precision, recall, f1 }, label) => {
    const bar = `<span class="bar" style="--part:${Number.isFinite(recall) ? (100 * recall).toFixed(1) : 0}%"></span>`
    return `<tr><th scope="row">${escape(run.classes[label] ?? `class ${label}`)}</th><td>${count(examples)}</td><td>${share(precision)}</td><td>${bar}${share(recall)}</td><td>${share(f1)}</td><td class="text">${mistakenFor(run, label)}</td></tr>`
  })
  return `<div class="wide"><table class="numbers"><thead><tr><th scope="col">class</th><th scope="col">images</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th><th scope="col" class="text">most often taken for</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

/** The numbers behind the curves. */
export const epochTable = ({ epochs }: Run): string => {
  const rows = epochs.map(
    ({ epoch, trainLoss, trainAccuracy, testLoss, testAccuracy, seconds }) =>
      `<tr><th scope="row">${epoch}</th><td>${share(trainLoss)}</td><td>${share(trainAccuracy)}</td><td>${share(testLoss)}</td><td>${share(testAccuracy)}</td><td>${seconds.toFixed(1)} s</td></tr>`,
  )
  return `<details class="card"><summary>Every epoch in numbers</summary><div class="wide"><table class="numbers"><thead><tr><th scope="col">epoch</th><th scope="col">train loss</th><th scope="col">train accuracy</th><th scope="col">test loss</th><th scope="col">test accuracy</th><th scope="col">time</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`
}
