import { join, relative } from 'node:path'
import type { SweepAxis } from '@resfn/report'
import { isRange, type Point, ranked } from '@resfn/sweep'
import type { Context } from '../context/context.ts'
import { runFolder } from '../run/run-folder.ts'
import { csvRow } from '../text/csv.ts'
import { duration } from '../text/format.ts'
import { table } from '../text/layout.ts'
import { type OpenSweep, trialsOf } from './run-sweep.ts'
import { goalOf, roundsOf, type Sweep } from './sweep.ts'
import { recordOf, type Trial, type TrialRecord } from './trial.ts'

/** A trial as the results show it. */
export type ResultRow = {
  readonly trial: number
  readonly settings: Point
  readonly run: string
  readonly epochs: number
  readonly testAccuracy: number | null
  readonly testLoss: number | null
  readonly seconds: number
  /** `finished`, `stopped` by halving, or why it failed. */
  readonly outcome: string
}

const failures: { readonly [tag: string]: string } = { NotFiniteError: 'diverged', OutOfMemory: 'out of memory' }

const rowOf = (sweep: Sweep, { trial, point, folder }: Trial, { reached, failure }: TrialRecord): ResultRow => {
  const last = reached.at(-1)
  return {
    trial,
    settings: point,
    run: folder,
    epochs: last?.epochs ?? 0,
    testAccuracy: failure === undefined ? (last?.accuracy ?? null) : null,
    testLoss: failure === undefined ? (last?.loss ?? null) : null,
    seconds: last?.seconds ?? 0,
    outcome:
      failure !== undefined
        ? (failures[failure.tag] ?? failure.message)
        : reached.length === roundsOf(sweep).length
          ? 'finished'
          : 'stopped',
  }
}

const valueOf = ({ objective }: Pick<Sweep, 'objective'>, { testAccuracy, testLoss }: ResultRow): number =>
  (objective === 'test loss' ? testLoss : testAccuracy) ?? Number.NaN

/** From the best to the worst; numbers after different epochs are not compared, those after more come first. */
const inOrder = (sweep: Sweep, rows: readonly ResultRow[]): readonly ResultRow[] => {
  const scored = rows.map((row) => ({ ...row, value: valueOf(sweep, row) }))
  const best = ranked(scored, goalOf(sweep))
  const rounds = [...new Set(best.filter(({ value }) => !Number.isNaN(value)).map(({ epochs }) => epochs))]
  return [
    ...rounds
      .toSorted((a, b) => b - a)
      .flatMap((epochs) => best.filter((row) => row.epochs === epochs && !Number.isNaN(row.value))),
    ...best.filter(({ value }) => Number.isNaN(value)),
  ].map(({ value: _value, ...row }) => row)
}

/** What the trials of a sweep came to, from the best to the worst; those that have come to nothing yet are left out. */
export const resultsOf = async (context: Context, open: OpenSweep): Promise<readonly ResultRow[]> => {
  const rows = await Promise.all(
    trialsOf(open).map(async (trial) => {
      const record = await recordOf(context, trial)
      return record.reached.length === 0 && record.failure === undefined ? [] : [rowOf(open.sweep, trial, record)]
    }),
  )
  return inOrder(open.sweep, rows.flat())
}

const shown = (value: number | null): string => value?.toFixed(4) ?? 'NaN'

const namesOf = ({ space }: Sweep): readonly string[] => Object.keys(space)

/** The results as a table of a terminal. */
export const resultTable = (context: Context, { sweep }: OpenSweep, rows: readonly ResultRow[]): string => {
  const names = namesOf(sweep)
  const isNumber = (name: string): boolean => rows.every(({ settings }) => typeof settings[name] === 'number')
  return table({
    rows: [
      ['trial', ...names, 'epochs', 'accuracy', 'loss', 'time', 'outcome'],
      ...rows.map(({ trial, settings, epochs, testAccuracy, testLoss, seconds, outcome }) => [
        String(trial),
        ...names.map((name) => String(settings[name])),
        String(epochs),
        shown(testAccuracy),
        shown(testLoss),
        duration(seconds),
        outcome,
      ]),
    ],
    align: [
      'right',
      ...names.map((name) => (isNumber(name) ? ('right' as const) : ('left' as const))),
      'right',
      'right',
      'right',
      'right',
      'left',
    ],
    columns: context.columns(),
  })
}

const csvOf = ({ sweep, folder }: OpenSweep, rows: readonly ResultRow[]): string => {
  const names = namesOf(sweep)
  return [
    csvRow('trial', ...names, 'epochs', 'test accuracy', 'test loss', 'seconds', 'outcome', 'run'),
    ...rows.map((row) =>
      csvRow(
        row.trial,
        ...names.map((name) => String(row.settings[name])),
        row.epochs,
        row.testAccuracy ?? 'NaN',
        row.testLoss ?? 'NaN',
        row.seconds,
        row.outcome,
        relative(folder, row.run),
      ),
    ),
  ].join('')
}

const axesOf = ({ space }: Sweep): readonly SweepAxis[] =>
  Object.entries(space).map(([name, parameter]) => ({
    name,
    scale: isRange(parameter) ? (parameter.scale ?? 'linear') : parameter.values,
  }))

const pageOf = async (
  context: Context,
  open: OpenSweep,
  rows: readonly ResultRow[],
  title: string,
): Promise<string> => {
  const { sweep, folder } = open
  const { files } = context
  // Loaded here: only a sweep that is over needs it.
  const { sweepReport } = await import('@resfn/report')
  const pages = await Promise.all(
    rows.map(async ({ run }) => {
      const { report } = runFolder(run)
      return (await files.kind(report)) === 'file' ? relative(folder, report).replaceAll('\\', '/') : undefined
    }),
  )
  const best = rows[0]
  const rounds = roundsOf(sweep)
  return sweepReport({
    title,
    subtitle: `${sweep.method === 'halving' ? 'successive halving' : sweep.method === 'random' ? 'random search' : 'grid'} · ${rows.length} trials · ${new Date(context.now()).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    headline: [
      ...(best === undefined
        ? []
        : [
            {
              name: `best ${sweep.objective}`,
              value: shown(sweep.objective === 'test loss' ? best.testLoss : best.testAccuracy),
            },
          ]),
      ...(best === undefined
        ? []
        : Object.entries(best.settings).map(([name, value]) => ({ name, value: String(value) }))),
      { name: 'time of all trials', value: duration(rows.reduce((total, { seconds }) => total + seconds, 0)) },
    ],
    axes: axesOf(sweep),
    objective: sweep.objective,
    trials: rows.map(({ settings, testAccuracy, testLoss, ...row }, i) => ({
      ...row,
      point: settings,
      accuracy: testAccuracy ?? Number.NaN,
      loss: testLoss ?? Number.NaN,
      ...(pages[i] !== undefined && { page: pages[i] }),
    })),
    settings: Object.entries(sweep.settings).map(([name, value]) => ({ name, value: String(value) })),
    facts: [
      { name: 'method', value: sweep.method },
      { name: 'seed', value: String(sweep.seed) },
      ...(rounds.length === 1
        ? []
        : [
            {
              name: 'rounds',
              value: rounds.map(({ trials, epochs }) => `${trials} trials until epoch ${epochs}`).join(', '),
            },
          ]),
      { name: 'machine', value: context.machine },
      {
        name: 'versions',
        value: Object.entries(context.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      },
    ],
  })
}

/** The files that results are written to. */
export type ResultFiles = { readonly json: string; readonly csv: string; readonly page: string }

/** Writes the results of a sweep: as JSON, as CSV, and as a page. */
export const writeResults = async (
  context: Context,
  open: OpenSweep,
  rows: readonly ResultRow[],
  title: string,
): Promise<ResultFiles> => {
  const at = (name: string): string => join(open.folder, name)
  const paths: ResultFiles = { json: at('results.json'), csv: at('results.csv'), page: at('results.html') }
  const { jobs: _jobs, slurm: _slurm, ...sweep } = open.sweep
  await context.files.write(paths.json, `${JSON.stringify({ sweep, trials: rows }, null, 2)}\n`)
  await context.files.write(paths.csv, csvOf(open, rows))
  await context.files.write(paths.page, await pageOf(context, open, rows, title))
  return paths
}
