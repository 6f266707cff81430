import { fold, key } from '@resfn/random'
import {
  type Goal,
  gridPoints,
  halvingRounds,
  type Point,
  randomPoint,
  type Round,
  type Space,
  type Value,
} from '@resfn/sweep'

/** A search of settings, as its file says it. */
export type Sweep = {
  readonly method: 'grid' | 'random' | 'halving'
  readonly objective: 'test accuracy' | 'test loss'
  readonly seed: number
  /** Of random search and halving; a grid has its points. */
  readonly trials?: number
  /** Of halving: of so many trials one goes on. */
  readonly eta?: number
  /** What all trials share, by the names of the flags of `resfn train`. */
  readonly settings: { readonly [name: string]: Value }
  /** What varies. */
  readonly space: Space
  /** Trials that train at the same time. */
  readonly jobs?: number
  /** Options of sbatch. */
  readonly slurm: { readonly [option: string]: string }
}

/** What each trial varies, by its number. */
export const pointsOf = ({ method, trials = 0, seed, space }: Sweep): readonly Point[] =>
  method === 'grid'
    ? gridPoints(space)
    : Array.from({ length: trials }, (_, trial) => randomPoint(space, { key: fold(key(seed), 'sweep'), trial }))

/** All settings of a trial. */
export const settingsOf = ({ settings }: Sweep, point: Point): { readonly [name: string]: Value } => ({
  ...settings,
  ...point,
})

/**
 * The rounds of a sweep; a grid and random search have one of endlessly many epochs, in which trials train to their
 * end.
 */
export const roundsOf = (sweep: Sweep): readonly Round[] => {
  const trials = pointsOf(sweep).length
  return sweep.method === 'halving'
    ? halvingRounds({ trials, epochs: Number(sweep.settings['epochs']), eta: sweep.eta ?? 3 })
    : [{ trials, epochs: Infinity }]
}

/** Whether the objective is to be large or small. */
export const goalOf = ({ objective }: Pick<Sweep, 'objective'>): Goal => (objective === 'test loss' ? 'least' : 'most')

/** A point in words: `lr 0.1, batch 64`. */
export const shownPoint = (point: Point): string =>
  Object.entries(point)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
