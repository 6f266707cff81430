import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags, optional } from './flags.ts'

/** A round, from 0, and the number of a task in it. */
export type Task = { readonly round: number; readonly index: number }

export type SweepFlags = CommonFlags & { readonly out?: string; readonly slurm: boolean; readonly task?: Task }

const parseTask = (text: string): Task => {
  const [, round, index] = /^(\d{1,4}):(\d{1,6})$/.exec(text) ?? []
  if (round === undefined || index === undefined || Number(round) === 0)
    throw new Error('give a round from 1 and the number of a task in it from 0: 1:3')
  return { round: Number(round) - 1, index: Number(index) }
}

export const sweepCommand: Command<Context> = buildCommand<SweepFlags, [string], Context>({
  docs: {
    brief: 'Search settings: train many runs, and compare them',
    fullDescription: [
      'Trains a run for each trial of a file, and writes a table of all: on the terminal, as results.json and results.csv, and as a page with parallel coordinates. Each',
      'trial is the folder of a run. The file is YAML; its settings are the flags of resfn train:',
      '',
      '  method: random               grid, random, or halving (successive halving)',
      '  trials: 12                   of random and halving; a grid has its points',
      '  settings: {preset: quick, epochs: 4}  what all trials share',
      '  parameters:                  what varies',
      '    lr: {from: 0.01, to: 1, scale: log}  a range; a grid also needs its count',
      '    batch: [32, 64]            or values',
      '  objective: test accuracy     or test loss',
      '  seed: 0                      draws the settings',
      '  jobs: 2                      trials that train at once',
      '  eta: 3                       of halving: a third goes on, for three times the epochs',
      '  slurm: {partition: cpu}      options of sbatch',
      '',
      'The same command goes on with a sweep that was stopped or killed: trials that are over are kept, others are resumed.',
      '',
      'Examples:',
      '  resfn sweep rates.yaml  here, into runs/rates',
      '  resfn sweep rates.yaml --slurm  as arrays of Slurm, a task a trial',
    ].join('\n'),
  },
  parameters: {
    flags: {
      out: optional(String, 'dir', 'Folder of the sweep (default: runs/<name of the file>)'),
      slurm: { kind: 'boolean', brief: 'Submit the trials to Slurm, an array a round', default: false },
      task: optional(parseTask, 'round:n', 'Train one trial of a round only, as a task of Slurm does'),
      ...commonFlags,
    },
    positional: { kind: 'tuple', parameters: [{ brief: 'The file of the sweep', parse: String, placeholder: 'file' }] },
  },
  func: perform(async () => (await import('../actions/sweep.ts')).sweepSettings),
})
