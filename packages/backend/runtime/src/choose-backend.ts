import { platform } from '#platform'
import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import { either as E, type taskEither as TE } from 'fp-ts'
import type { Adapters, StartOptions } from './adapter.ts'
import { adapters as knownAdapters } from './adapters.ts'
import { attempt, isWrongOption, type WrongOption } from './attempt.ts'
import { environment as here, nodeVersion, type Environment } from './environment.ts'
import { type Attempt, BackendError } from './error.ts'
import { findFastest, type Found } from './fastest.ts'
import type { Memory } from './memory.ts'
import { stepTime } from './step-time.ts'

/** `'auto'`, the name of a backend, or names in the order to try them. */
export type Choice = 'auto' | (string & {}) | readonly string[]

/** Settings of the choice; those that a backend takes ride along. */
export type ChoiceOptions = StartOptions & {
  /** The backends to choose from; the known ones by default. */
  readonly adapters?: Adapters
  /** Where the code runs; found out by default. */
  readonly environment?: Environment
  /** Where measurements of backends are kept; the user's cache folder in Node, the page's storage in browsers. */
  readonly memory?: Memory
}

/** The backend that is now current. */
export type Chosen = {
  readonly backend: string
  /** What runs, in a few words: `2 threads, SIMD, 17 kernels of resfn`. */
  readonly details: string
  /** Why this one. */
  readonly reason: string
  /** What was tried before it, and why it is not used. */
  readonly tried: readonly Attempt[]
  readonly threads?: number
  /** WASM: whether products and sums are rounded once ('relaxed') or twice; the bits of a run depend on it. */
  readonly simd?: 'relaxed' | 'strict'
  /** The version of Node, where it runs there: the bits of a run depend on it too. */
  readonly node?: string
  /**
   * Milliseconds of a training step of a small residual block, by backend, where the automatic choice measured: now, or
   * at an earlier start on this machine.
   */
  readonly milliseconds?: { readonly [backend: string]: number }
  /** What is not as it was asked for, or slow, and what to do; mostly empty. */
  readonly warnings: readonly string[]
  /** Ends what the backend started besides itself, its threads say. The process ends without it too. */
  readonly dispose: () => void
}

// Choices that overlap are made one after the other, because tfjs has one current backend.
let last: Promise<unknown> = Promise.resolve()
const inTurn =
  <T>(task: () => Promise<T>): (() => Promise<T>) =>
  () => {
    const next = last.then(task)
    last = next.catch(() => undefined)
    return next
  }

const candidates = (choice: Choice, adapters: Adapters, environment: Environment): readonly string[] => {
  if (choice !== 'auto') return typeof choice === 'string' ? [choice] : choice
  return Object.keys(adapters).filter((name) => adapters[name]!.automatic.includes(environment))
}

const listed = (tried: readonly Attempt[]): string =>
  tried.map(({ backend, reason }) => `\n  ${backend}: ${reason}`).join('')

const reasonFor = (choice: Choice, { tried, milliseconds }: Found, environment: Environment): string => {
  if (choice === 'auto') {
    const how = milliseconds === undefined ? 'that works' : 'by measurement'
    return `the fastest ${how} ${environment === 'node' ? 'in Node' : 'in this browser'}`
  }
  return typeof choice === 'string' || tried.length === 0 ? 'as asked' : 'the first of those asked for that works'
}

/** The first of some backends that starts. */
const findFirst = async (
  names: readonly string[],
  adapters: Adapters,
  options: StartOptions,
): Promise<E.Either<WrongOption | readonly Attempt[], Found>> => {
  const tried: Attempt[] = []
  for (const backend of names) {
    const result = await attempt(adapters[backend]!, options, false)
    if (E.isRight(result)) return E.right({ backend, started: result.right, tried })
    if (isWrongOption(result.left)) return E.left({ ...result.left, message: `${backend}: ${result.left.message}` })
    tried.push({ backend, reason: result.left })
  }
  return E.left(tried)
}

/** What measuring may add to a start, in milliseconds; what cannot be measured in it goes by the order of the table. */
const budget = 300

/**
 * Makes a backend current that starts and adds two numbers right. Prints nothing.
 *
 * `'auto'` goes through the table in its order, leaving out what is not for this place: in Node wasm, then cpu; in the
 * browser webgl (if it is installed and has a GPU behind it), webgpu (likewise), wasm, cpu. Where
 * several work, a step of a small residual block is timed on each, and the fastest is taken and remembered for this
 * machine. Measuring ends 300 ms after the first backend works; from then on the order decides. By name, only that one
 * is tried. Choices that overlap are made in turn.
 *
 * @param choice `'auto'`, a name, or names in order
 * @param options `threads` for WASM; `adapters` to know more backends; `environment` and `memory` for tests
 * @returns a task of what was chosen and why, or of a `BackendError` that lists all that was tried; then the backend is
 * the one from before
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { chooseBackend } from '@resfn/runtime'
 * import { either as E, function as F } from 'fp-ts'
 *
 * const chosen = await chooseBackend(['none', 'cpu'])()
 * assert.equal(F.pipe(chosen, E.match(({ _tag }) => _tag, ({ backend }) => backend)), 'UnknownBackend')
 * assert.equal(F.pipe(await chooseBackend('cpu')(), E.match(String, ({ backend }) => backend)), 'cpu')
 * ```
 */
export const chooseBackend = (
  choice: Choice = 'auto',
  { adapters = knownAdapters, environment = here(), memory = platform.memory, ...options }: ChoiceOptions = {},
): TE.TaskEither<BackendError, Chosen> =>
  inTurn(async () => {
    const names = candidates(choice, adapters, environment)
    const unknown = names.find((name) => !Object.hasOwn(adapters, name))
    if (unknown !== undefined) {
      return E.left(
        new BackendError(
          'UnknownBackend',
          `there is no backend "${unknown}"; those known are ${Object.keys(adapters).join(', ')}, or auto to have one chosen`,
        ),
      )
    }
    const before = getBackend() as string | undefined
    const automatic = choice === 'auto'
    const found = automatic
      ? await findFastest({ names, adapters, options, memory, cores: platform.cores(), measure: stepTime, budget })
      : await findFirst(names, adapters, options)
    if (E.isLeft(found)) {
      if (before !== undefined) await setBackend(before)
      if (isWrongOption(found.left)) return E.left(new BackendError('WrongOption', found.left.message))
      const remedy = automatic
        ? 'install one of the packages named above'
        : 'ask for auto to have one chosen that works'
      const tried = found.left
      return E.left(new BackendError('NoBackend', `no backend works here; tried:${listed(tried)}\n${remedy}`, tried))
    }
    const { backend, started, tried, milliseconds } = found.right
    const { details, threads, simd, warnings = [], dispose = () => {} } = started
    const { lastResort } = adapters[backend]!
    const node = nodeVersion()
    return E.right({
      backend,
      details,
      reason: reasonFor(choice, found.right, environment),
      tried,
      ...(threads !== undefined && { threads }),
      ...(simd !== undefined && { simd }),
      ...(node !== undefined && { node }),
      ...(milliseconds !== undefined && { milliseconds }),
      warnings: [...(automatic && lastResort !== undefined ? [lastResort] : []), ...warnings],
      dispose,
    })
  })
