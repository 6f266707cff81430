import type { Fact, ReportData } from './data.ts'

/** A setting that a sweep varies, as an axis. */
export type SweepAxis = {
  readonly name: string
  /** Numbers on a line, evenly or by their logarithms, or values in the order in which they are listed. */
  readonly scale: 'linear' | 'log' | readonly (string | number | boolean)[]
}

/** One run of a sweep. */
export type SweepTrial = {
  readonly trial: number
  /** A value for each axis. */
  readonly point: { readonly [name: string]: string | number | boolean }
  /** Epochs that were done. */
  readonly epochs: number
  /** Of the test images after the last of them; NaN where there is none. */
  readonly accuracy: number
  readonly loss: number
  readonly seconds: number
  /** What became of it: `finished`, `stopped`, or why it failed. */
  readonly outcome: string
  /** The address of its own page, beside this one. */
  readonly page?: string
}

/** All that the page of a sweep shows. */
export type SweepData = Pick<ReportData, 'title' | 'subtitle' | 'warnings' | 'headline'> & {
  readonly axes: readonly SweepAxis[]
  /** What was made large or small. */
  readonly objective: 'test accuracy' | 'test loss'
  /** From the best to the worst. */
  readonly trials: readonly SweepTrial[]
  readonly settings: readonly Fact[]
  readonly facts: readonly Fact[]
}
