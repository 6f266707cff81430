import type { Json } from '@resfn/checkpoint'
import type { Lesson, Scale } from './lesson.ts'
import type { LessonData, Store } from './tools.ts'
import { InterruptedError } from './train-net.ts'

/** A lesson that was measured: plain data. */
export type Measured = {
  readonly lesson: string
  readonly scale: Scale
  readonly recipe: Json
  readonly data: string
  /** The machine, the backend and the versions that measured it. */
  readonly engine: string
  /** The day of its end, `2026-11-26`. */
  readonly date: string
  /** Seconds of measuring, all cells together. */
  readonly seconds: number
  /** What each cell measured. */
  readonly cells: { readonly [id: string]: Json }
}

/** What a lesson is run with. */
export type LessonRun = {
  readonly scale: Scale
  readonly data: LessonData
  readonly store: Store
  readonly engine: string
  readonly signal: AbortSignal
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told before each cell and while it is measured. */
  readonly onProgress: (progress: {
    readonly cell: string
    readonly done: number
    readonly of: number
    readonly text: string
  }) => void
}

const file = 'measured.json'

const textOf = (measured: Measured): string => `${JSON.stringify(measured, null, 1)}\n`

const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(6)))

/**
 * What was just measured as it is read later: whole numbers as they are, six digits of the others, and null for those
 * that JSON does not have.
 */
const asJson = (value: Json): Json =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'number' ? rounded(part) : part))) as Json

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The folder holds something else than the lesson that is to go on there. */
export class OtherMeasurementError extends Error {
  readonly _tag = 'OtherMeasurement'
  constructor(what: string) {
    super(`${file} ${what}; give another folder, or remove the file`)
    this.name = 'OtherMeasurementError'
  }
}

const parsed = (bytes: Uint8Array): Measured => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as Measured
  } catch {
    throw new OtherMeasurementError('is damaged')
  }
}

/** What was measured before of the same lesson, in the same setting. */
const before = async (
  store: Store,
  now: Pick<Measured, 'lesson' | 'scale' | 'recipe' | 'data'>,
): Promise<Measured | undefined> => {
  const bytes = await store.read(file)
  if (bytes === undefined) return undefined
  const { lesson, scale, recipe, data } = parsed(bytes)
  if (!sameJson({ lesson, scale, recipe, data }, now))
    throw new OtherMeasurementError(`holds ${String(lesson)} (${String(scale)}) with another recipe or other images`)
  return parsed(bytes)
}

/**
 * Measures the cells of a lesson, one after the other, and keeps each in `measured.json` of the store: a run that was
 * stopped goes on with the next cell, and a finished one measures nothing again.
 *
 * @param lesson one of `lessons`
 * @returns what was measured; `lesson.conclude` says what it comes to
 * @throws InterruptedError when the signal aborts; what was measured is kept
 * @throws OtherMeasurementError if the store has another measurement
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { lessons } from '@resfn/lessons'
 *
 * assert.equal(lessons[0]?.name, 'degradation')
 * assert.ok(lessons[0].cells('quick').length >= 4)
 * ```
 */
export const runLesson = async (
  lesson: Lesson,
  { scale, data, store, engine, signal, now, onProgress }: LessonRun,
): Promise<Measured> => {
  const recipe = JSON.parse(JSON.stringify(lesson.recipes[scale])) as Json
  const head = { lesson: lesson.name, scale, recipe, data: data.title }
  const found = await before(store, head)
  const cells = lesson.cells(scale)
  let measured: Measured = {
    ...head,
    engine: found?.engine ?? engine,
    date: found?.date ?? '',
    seconds: found?.seconds ?? 0,
    cells: found?.cells ?? {},
  }
  for (const [index, { id, measure }] of cells.entries()) {
    if (Object.hasOwn(measured.cells, id)) continue
    if (signal.aborted) throw new InterruptedError()
    const say = (text: string): void => onProgress({ cell: id, done: index, of: cells.length, text })
    say('')
    const started = now()
    const value = asJson(await measure({ data, store, signal, say }))
    const ended = now()
    measured = {
      ...measured,
      engine: measured.engine.split('; ').includes(engine) ? measured.engine : `${measured.engine}; ${engine}`,
      date: new Date(ended).toISOString().slice(0, 10),
      seconds: Math.round(measured.seconds + (ended - started) / 1000),
      cells: { ...measured.cells, [id]: value },
    }
    await store.write(file, textOf(measured))
  }
  return measured
}
