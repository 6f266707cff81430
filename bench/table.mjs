// @ts-check
// Rows as text, for people and for Markdown.
/** @type {[title: string, cell: (row: any) => string][]} */
const columns = [
  ['engine', ({ engine }) => engine],
  ['threads', ({ threads }) => String(threads)],
  ['batch', ({ batch }) => String(batch)],
  ['examples/s', ({ examplesPerSecond: rate }) => String(Number(rate.toPrecision(rate < 100 ? 2 : 3)))],
  [
    'ms a step (quartiles)',
    ({ medianMs, lowMs, highMs }) => `${medianMs.toFixed(0)} (${lowMs.toFixed(0)} to ${highMs.toFixed(0)})`,
  ],
  ['steps', ({ steps }) => String(steps)],
  [
    'of resfn',
    ({ ofResfn }) =>
      ofResfn === undefined ? '' : `${ofResfn < 0.1 ? Number(ofResfn.toPrecision(1)) : ofResfn.toFixed(2)}x`,
  ],
  ['peak RSS, MB', ({ peakRssMb }) => peakRssMb.toFixed(0)],
  ['heap, MB', ({ heapMb }) => heapMb?.toFixed(0) ?? ''],
  [
    'tensors',
    ({ tensors, tensorsGrown }) =>
      tensors === undefined ? '' : !tensorsGrown ? String(tensors) : `${tensors} (+${tensorsGrown})`,
  ],
  [
    'loss',
    ({ firstLoss, lastLoss }) => (lastLoss === undefined ? '' : `${firstLoss.toFixed(2)} to ${lastLoss.toFixed(2)}`),
  ],
]

const line = (cells, widths) =>
  `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`

/**
 * The rows of one net as a Markdown table, with a line for each engine that refused. `ofResfn` compares with resfn on
 * most threads.
 */
export const table = (rows) => {
  const ran = rows.filter(({ refused }) => refused === undefined)
  const own = ran.filter(({ engine }) => engine.startsWith('resfn')).sort((a, b) => b.threads - a.threads)[0]
  const cells = ran.map((row) =>
    columns.map(([, of]) => of({ ...row, ofResfn: own && row.examplesPerSecond / own.examplesPerSecond })),
  )
  const widths = columns.map(([title], i) => Math.max(title.length, ...cells.map((row) => row[i].length)))
  const head = [
    line(
      columns.map(([title]) => title),
      widths,
    ),
    `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`,
  ]
  const notes = rows
    .filter(({ refused }) => refused !== undefined)
    .map(({ engine, threads, refused }) => `- ${engine} (${threads}): ${refused}`)
  return [
    ...(ran.length > 0 ? [...head, ...cells.map((row) => line(row, widths))] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n')
}
