import { describe, expect, it } from 'vitest'
import { parseSweep } from './sweep-file.ts'
import { pointsOf, roundsOf } from './sweep.ts'

const parse = (text: string) => parseSweep('s.yaml', text)

describe('the file of a sweep', () => {
  it('is read with its defaults, and values as their flags take them', () => {
    const sweep = parse(`
# a comment
method: random
trials: 3
settings: {preset: quick, flip: false, from: runs/base}
parameters:
  lr: {from: 0.01, to: 1, scale: log}
  batch: {from: 16, to: 64}
  net: [lenet-bn, cifar-resnet8]
  schedule: [cosine]
`)
    expect(sweep).toEqual({
      method: 'random',
      trials: 3,
      objective: 'test accuracy',
      seed: 0,
      settings: { preset: 'quick', flip: false, from: 'runs/base' },
      space: {
        lr: { from: 0.01, to: 1, scale: 'log' },
        batch: { from: 16, to: 64, whole: true },
        net: { values: ['lenet-bn', 'cifar-resnet8'] },
        schedule: { values: ['cosine'] },
      },
      slurm: {},
    })
    expect(pointsOf(sweep)).toHaveLength(3)
    for (const { batch } of pointsOf(sweep)) expect(Number.isInteger(batch)).toBe(true)
  })

  it('may be JSON, and halving has rounds', () => {
    const sweep = parse(
      '{"method": "halving", "trials": 9, "settings": {"epochs": 9}, "parameters": {"lr": [0.1, 0.2]}}',
    )
    expect(roundsOf(sweep)).toEqual([
      { trials: 9, epochs: 1 },
      { trials: 3, epochs: 3 },
      { trials: 1, epochs: 9 },
    ])
  })

  const start = 'method: grid\nparameters:\n  lr: [0.1, 0.2]\n'
  it.each([
    ['', 's.yaml, line 1: give method: and parameters:'],
    ['- a', 's.yaml, line 1: method: it is missing'],
    ['method: grid\n\tparameters: 1', 's.yaml, line 2: '],
    ['method: grid\nmethod: random\n', 's.yaml, line 2: Map keys must be unique'],
    ['method: bayes\nparameters: {lr: [1]}', 's.yaml, line 1: method: give grid, random or halving, not "bayes"'],
    ['method: grid\n', 's.yaml, line 1: parameters: it is missing'],
    ['method: grid\nparameters: {}', 's.yaml, line 2: parameters: give at least one setting that varies'],
    ['method: grid\nparameters: 3', 's.yaml, line 2: parameters: give what varies'],
    [`${start}jbos: 2`, 's.yaml, line 4: jbos: there is no key "jbos"; did you mean jobs?'],
    [`${start}jobs: 0`, 's.yaml, line 4: jobs: give a whole number from 1 to 1000, not 0'],
    [`${start}trials: 3`, 's.yaml, line 4: trials: a grid has as many trials as points; leave it away'],
    [`${start}eta: 3`, 's.yaml, line 4: eta: only halving has eta; leave it away'],
    [`${start}settings:\n  lr: 1`, 's.yaml, line 3: parameters.lr: it stands under settings too'],
    [`${start}settings:\n  epochs: many`, 's.yaml, line 5: settings.epochs: give a whole number from 0'],
    [
      `${start}settings:\n  weightDecay: 1`,
      'settings.weightDecay: there is no setting "weightDecay"; did you mean weight-decay?',
    ],
    [`${start}settings:\n  out: runs`, 's.yaml, line 5: settings.out: there is no setting "out"'],
    [`${start}settings:\n  parallel: threads:2`, 's.yaml, line 5: settings.parallel: there is no setting "parallel"'],
    [
      `${start}settings:\n  resume-latest: true`,
      's.yaml, line 5: settings.resume-latest: there is no setting "resume-latest"',
    ],
    [
      `${start}settings:\n  preset: quik`,
      's.yaml, line 5: settings.preset: there is no preset "quik"; did you mean quick?',
    ],
    [`${start}settings:\n  flip: yes`, 's.yaml, line 5: settings.flip: give true or false'],
    [
      `${start}settings:\n  schedule: linear`,
      's.yaml, line 5: settings.schedule: give constant, cosine, milestones or one-cycle',
    ],
    [
      `${start}settings:\n  rand-augment: strong`,
      's.yaml, line 5: settings.rand-augment: give a configuration of RandAugment',
    ],
    [
      `${start}  momentum:\n    - 0.5\n    - 1`,
      's.yaml, line 6: parameters.momentum.1: give a number from 0 and below 1',
    ],
    [`${start}  momentum: []`, 's.yaml, line 4: parameters.momentum: give at least one value'],
    [`${start}  momentum: 0.9`, 's.yaml, line 4: parameters.momentum: give a list of values, or a range such as'],
    [
      `${start}  net: lenet-bn`,
      's.yaml, line 4: parameters.net: give a list of values; what does not vary stands under settings',
    ],
    [
      `${start}  net: {from: 1, to: 2}`,
      's.yaml, line 4: parameters.net: it is not a number, so it has no range; list its values',
    ],
    [
      `${start}  net: [lenet-bm]`,
      's.yaml, line 4: parameters.net.0: there is no net "lenet-bm"; did you mean lenet-bn?',
    ],
    [
      `${start}  momentum: {from: 0, to: 0.9}`,
      's.yaml, line 4: parameters.momentum: a range is a part of a grid with a count of points',
    ],
    [
      `${start}  momentum: {from: 0, to: 1, count: 3}`,
      's.yaml, line 4: parameters.momentum.to: give a number from 0 and below 1',
    ],
    [
      `${start}  momentum: {from: 0.9, to: 0.5, count: 3}`,
      's.yaml, line 4: parameters.momentum: a range goes from a number to a larger one',
    ],
    [
      `${start}  momentum: {form: 0, to: 0.5}`,
      's.yaml, line 4: parameters.momentum.form: a range has from, to, scale and count',
    ],
    [
      `${start}  momentum: {from: 0, to: 0.9, scale: sqrt}`,
      's.yaml, line 4: parameters.momentum.scale: give linear or log, not "sqrt"',
    ],
    [
      `${start}  crop: [1, 2]\n  scale: [0.5]`,
      's.yaml, line 2: parameters: trial 0 (lr 0.1, crop 1, scale 0.5): --crop pads small images',
    ],
    [
      'method: random\nparameters: {lr: [1]}',
      's.yaml, line 1: method: random needs the number of trials, such as trials: 20',
    ],
    [
      'method: random\ntrials: 3\nparameters: {lr: {from: 1, to: 2, count: 3}}',
      's.yaml, line 3: parameters.lr.count: only a grid has counts; random draws from the range',
    ],
    [
      'method: halving\ntrials: 3\nparameters: {lr: [1]}',
      's.yaml, line 1: method: halving needs the epochs of a whole trial, such as epochs: 27',
    ],
    [
      'method: halving\ntrials: 3\nparameters: {epochs: [1, 2]}',
      's.yaml, line 1: method: halving gives the epochs by itself',
    ],
    [`${start}slurm: {array: 0-3}`, 's.yaml, line 4: slurm.array: give long options of sbatch'],
    [`${start}slurm: {partition: "a\\nb"}`, 's.yaml, line 4: slurm.partition: give a text or a number'],
    [
      `${start}  batch: {from: 1, to: 9999, count: 9999}\n  crop: {from: 0, to: 40, count: 9}`,
      'the grid has 179982 points; at most 10000',
    ],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) as string }) as Error,
    )
  })

  it('tells all that is wrong at once, in the order of the lines', () => {
    expect(() => parse(`${start}seed: -1\nsettings: {epoch: 3}\njobs: many`)).toThrow(
      /^s\.yaml, line 4: seed: .*\ns\.yaml, line 6: jobs: [^\n]*$/,
    )
  })
})
