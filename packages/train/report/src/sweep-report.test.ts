import { describe, expect, it } from 'vitest'
import { type SweepData, sweepReport } from './index.ts'

const trial = { epochs: 4, accuracy: 0.8, loss: 0.5, seconds: 2, outcome: 'finished' }
const sweep: SweepData = {
  title: 'A <sweep>',
  headline: [{ name: 'best test accuracy', value: '0.900' }],
  axes: [
    { name: 'lr', scale: 'log' },
    { name: 'dropout', scale: 'linear' },
    { name: 'net & co', scale: ['lenet-bn', 'cifar-resnet8'] },
  ],
  objective: 'test accuracy',
  trials: [
    {
      ...trial,
      trial: 2,
      point: { lr: 0.1, dropout: 0.5, 'net & co': 'lenet-bn' },
      accuracy: 0.9,
      page: 'trials/2/report.html',
    },
    { ...trial, trial: 0, point: { lr: 0.01, dropout: 0, 'net & co': 'cifar-resnet8' }, epochs: 1, outcome: 'stopped' },
    {
      ...trial,
      trial: 1,
      point: { lr: 10, dropout: 1, 'net & co': 'lenet-bn' },
      accuracy: NaN,
      loss: NaN,
      outcome: '<b>diverged',
    },
  ],
  settings: [{ name: 'preset', value: 'quick' }],
  facts: [{ name: 'method', value: 'random' }],
}
const page = sweepReport(sweep).replaceAll(/\s*\n\s*/g, '')

/** Where the line of a rank crosses the axes, from left to right: heights in the drawing. */
const heights = (rank: number, from: string = page): readonly number[] =>
  (new RegExp(`class="t${rank} [^"]*" style="[^"]*" d="M([^"]+)"`).exec(from)?.[1] ?? '')
    .split('L')
    .map((point) => Number(point.split(',')[1]))

describe('sweepReport', () => {
  it('is one page that asks for nothing else, with names as text', () => {
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toMatch(/<script|<link|@import|url\(|\bsrc=/)
    expect(page).toContain('<title>A &lt;sweep&gt;</title>')
    expect(page).toContain('net &amp; co')
    expect(page).toContain('&lt;b&gt;diverged')
  })

  it('has an axis for each setting, for the epochs where they differ, and for the objective', () => {
    const names = [...page.matchAll(/<text class="name"[^>]*>([^<]*)</g)].map(([, name]) => name)
    expect(names).toEqual(['lr', 'dropout', 'net &amp; co', 'epochs', 'test accuracy'])
    const alike = sweepReport({ ...sweep, trials: sweep.trials.map((each) => ({ ...each, epochs: 4 })) })
    expect(alike).not.toMatch(/<text class="name"[^>]*>epochs</)
  })

  it('draws each trial where its values are, better ones higher', () => {
    const [best, other, lost] = [heights(1), heights(2), heights(3)]
    expect(best).toHaveLength(5)
    // Of three decades, 0.1 is a third of the way up from 0.01 to 10.
    expect((other[0]! - best[0]!) / (other[0]! - lost[0]!)).toBeCloseTo(1 / 3, 2)
    expect((other[1]! - best[1]!) / (other[1]! - lost[1]!)).toBeCloseTo(1 / 2, 2)
    expect(best[2]).toBe(lost[2])
    expect(best[4]).toBeLessThan(other[4]!)
    expect(lost[4]).toBeGreaterThan(other[4]!)
    expect(page).toMatch(/class="t1 best"/)
    expect(page).toMatch(/class="t3 lost"/)
  })

  it('turns the axis of a loss, so that better is higher there too', () => {
    const trials = sweep.trials.map((each, i) => ({ ...each, loss: [0.2, 0.7, NaN][i]! }))
    const turned = sweepReport({ ...sweep, objective: 'test loss', trials }).replaceAll(/\s*\n\s*/g, '')
    expect(heights(1, turned)[4]).toBeLessThan(heights(2, turned)[4]!)
  })

  it('has all of it in a table, whose rows show their lines to pointer and keyboard', () => {
    expect(page).toContain('aria-label="Trials, the best first" tabindex="0"')
    expect(page).toContain('<a href="trials/2/report.html">2</a>')
    expect(page).toMatch(/tr:nth-child\(2\):is\(:hover, :focus-within\)\) \.trials \.t2/)
    expect([...page.matchAll(/<th scope="row">/g)]).toHaveLength(3)
    expect(page).toContain(
      'trial 0: lr 0.01, dropout 0, net &amp; co cifar-resnet8; test accuracy 0.800, test loss 0.500',
    )
  })

  it('shows a sweep of one trial, of equal trials, and of none', () => {
    const one = sweepReport({ ...sweep, trials: sweep.trials.slice(0, 1) })
    expect(one).not.toMatch(/d="[^"]*NaN/)
    const equal = sweep.trials.map((each) => ({ ...each, point: sweep.trials[0]!.point, accuracy: 0.5 }))
    expect(sweepReport({ ...sweep, trials: equal })).not.toMatch(/d="[^"]*NaN/)
    expect(sweepReport({ ...sweep, trials: [] })).not.toContain('<svg')
  })
})
