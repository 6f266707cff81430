// @ts-check
// What the model says of more hosts than there are here, beside published figures, as pictures and a table.
import * as Plot from '@observablehq/plot'
import { standalone } from '@resfn/lessons'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { efficiency } from './model.mjs'

/** Powers of two, of which the last is what clusters of ours may come to. */
const counts = [1, 2, 4, 8, 16, 32, 64]

/**
 * Four GPUs a host on 25 Gbit/s (RoCE); efficiency against one GPU, at 32 and 128 hosts.
 *
 * @see https://github.com/horovod/horovod/blob/master/docs/benchmarks.rst, and the README of its release 0.11
 */
const horovod = [
  {
    name: 'Horovod, ResNet-101',
    points: [
      [32, 0.9],
      [128, 0.9],
    ],
  },
  {
    name: 'Horovod, VGG-16',
    points: [
      [32, 0.79],
      [128, 0.68],
    ],
  },
]

/**
 * @param {{ readonly name: string, readonly network: import('./model.mjs').Network, readonly bytes: number }[]} ours
 * @param {number} compute seconds of a step on a host
 */
export const predict = (ours, compute) => [
  ...ours.map(({ name, network, bytes }) => ({
    name,
    points: counts.map((hosts) => [hosts, efficiency(network, { hosts, bytes, compute })]),
  })),
  ...horovod,
]

/** @param {ReturnType<typeof predict>} curves */
const picture = (curves) => ({
  name: 'scaling',
  title: { en: 'Efficiency by hosts', zh: '' },
  caption: { en: '', zh: '' },
  plot: () => ({
    marginRight: 260,
    x: { type: 'log', base: 2, label: 'hosts →', ticks: [...counts, 128], tickFormat: '~g' },
    y: { label: '↑ part of the time that is computing', percent: true, domain: [0, 100], grid: true },
    marks: curves.flatMap(({ name, points }, i) => {
      const stroke = `var(--series-${i + 1})`
      const last = points.at(-1) ?? [0, 0]
      return [
        Plot.line(points, { stroke, strokeWidth: 2.5, strokeDasharray: ['', '8 3', '3 3', '10 3 3 3', '1 3'][i] }),
        Plot.dot(points, { fill: stroke, symbol: ['circle', 'square', 'triangle', 'diamond', 'star'][i], r: 4.5 }),
        Plot.text([last], { text: [name], textAnchor: 'start', dx: 10, fill: stroke }),
      ]
    }),
  }),
})

/** Writes the picture for light and dark pages. @param {ReturnType<typeof predict>} curves */
export const draw = (curves) => {
  for (const theme of /** @type {const} */ (['light', 'dark']))
    writeFileSync(join(import.meta.dirname, `scaling-${theme}.svg`), `${standalone(picture(curves), 'en', theme)}\n`)
}

/** @param {ReturnType<typeof predict>} curves */
export const tableOf = (curves) =>
  [
    `| hosts | ${counts.join(' | ')} | 128 |`,
    `| --- |${' ---: |'.repeat(counts.length + 1)}`,
    ...curves.map(({ name, points }) => {
      const at = new Map(points.map(([hosts = 0, part = 0]) => [hosts, part]))
      const cells = [...counts, 128].map((hosts) =>
        at.has(hosts) ? `${Math.round(100 * (at.get(hosts) ?? 0))} %` : '',
      )
      return `| ${name} | ${cells.join(' | ')} |`
    }),
  ].join('\n')
