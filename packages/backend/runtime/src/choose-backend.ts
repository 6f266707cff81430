import { add, getBackend, scalar, setBackend } from '@tensorflow/tfjs-core'
import { either as E, type taskEither as TE } from 'fp-ts'
import type { Adapter, Adapters, Started, StartOptions } from './adapter.ts'
import { adapters as knownAdapters } from './adapters.ts'
import { environment as here, nodeVersion, type Environment } from './environment.ts'
import { type Attempt, BackendError } from './error.ts'

/** `'auto'`, the name of a backend, or names in the order to try them. */
export type Choice = 'auto' | (string & {}) | readonly string[]

/** Settings of the choice; those that a backend takes ride along. */
export type ChoiceOptions = StartOptions & {
  /** The backends to choose from; the known ones by default. */
  readonly adapters?: Adapters
  /** Where the code runs; found out by default. */
  readonly environment?: Environment
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
  /** What is not as it was asked for, or slow, and what to do; mostly empty. */
  readonly warnings: readonly string[]
  /** Ends what the backend started besides itself, its threads say. The process ends without it too. */
  readonly dispose: () => void
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Node says "Cannot find package …", Vite "Could not resolve …", a browser without bundler "Failed to resolve …". */
const reasonOf = (error: unknown, { packages }: Adapter): string => {
  const [message = ''] = messageOf(error).split('\n')
  const missing = /cannot find (package|module)|(could not|failed to) resolve/i.test(message)
  return missing || message === 'the app has not registered it'
    ? `${missing ? 'not installed' : message}: npm install ${packages}`
    : message
}

/** 1 + 2^-20 is 1 on a device that computes in half precision: training there would fail without a word. */
const computes = async (): Promise<string | undefined> => {
  const [one, little] = [scalar(1), scalar(2 ** -20)]
  const sum = add(one, little)
  try {
    const [value] = await sum.data()
    return value === 1 + 2 ** -20 ? undefined : `it computes 1 + 2^-20 = ${value}, so it lacks the precision of float32`
  } finally {
    for (const tensor of [one, little, sum]) tensor.dispose()
  }
}

type WrongOption = { readonly _tag: 'WrongOption'; readonly message: string }
const isWrongOption = (error: unknown): error is WrongOption => (error as Partial<WrongOption>)?._tag === 'WrongOption'

// Choices that overlap are made one after the other, because tfjs has one current backend.
let last: Promise<unknown> = Promise.resolve()
const inTurn =
  <T>(task: () => Promise<T>): (() => Promise<T>) =>
  () => {
    const next = last.then(task)
    last = next.catch(() => undefined)
    return next
  }

/** Starts a backend and tells it from one that only claims to work. */
const attempt = async (
  adapter: Adapter,
  options: StartOptions,
  automatic: boolean,
): Promise<E.Either<string | WrongOption, Started>> => {
  try {
    const started = await adapter.start(options)
    const fault = (await computes()) ?? (automatic ? adapter.unfit?.() : undefined)
    if (fault === undefined) return E.right(started)
    started.dispose?.()
    return E.left(fault)
  } catch (error) {
    return E.left(isWrongOption(error) ? error : reasonOf(error, adapter))
  }
}

const candidates = (choice: Choice, adapters: Adapters, environment: Environment): readonly string[] => {
  if (choice !== 'auto') return typeof choice === 'string' ? [choice] : choice
  return Object.keys(adapters).filter((name) => adapters[name]!.automatic.includes(environment))
}

const listed = (tried: readonly Attempt[]): string =>
  tried.map(({ backend, reason }) => `\n  ${backend}: ${reason}`).join('')

const reasonFor = (choice: Choice, tried: readonly Attempt[], environment: Environment): string => {
  if (choice === 'auto') return `the fastest that works ${environment === 'node' ? 'in Node' : 'in this browser'}`
  return typeof choice === 'string' || tried.length === 0 ? 'as asked' : 'the first of those asked for that works'
}

/**
 * Makes a backend current: the first that starts and adds two numbers right. Prints nothing.
 *
 * `'auto'` goes through the table in its order, leaving out what is not for this place: in Node wasm, then cpu; in the
 * browser webgl (if it is installed and has a GPU behind it), webgpu (if the app registered it), wasm, cpu. By name,
 * only that one is tried. Choices that overlap are made in turn.
 *
 * @param choice `'auto'`, a name, or names in order
 * @param options `threads` for WASM; `adapters` to know more backends; `environment` for tests
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
  { adapters = knownAdapters, environment = here(), ...start }: ChoiceOptions = {},
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
    const tried: Attempt[] = []
    for (const name of names) {
      const result = await attempt(adapters[name]!, start, choice === 'auto')
      if (E.isLeft(result)) {
        if (isWrongOption(result.left)) {
          if (before !== undefined) await setBackend(before)
          return E.left(new BackendError('WrongOption', `${name}: ${result.left.message}`))
        }
        tried.push({ backend: name, reason: result.left })
        continue
      }
      const { details, threads, simd, warnings = [], dispose = () => {} } = result.right
      const { lastResort } = adapters[name]!
      const node = nodeVersion()
      return E.right({
        backend: name,
        details,
        reason: reasonFor(choice, tried, environment),
        tried,
        ...(threads !== undefined && { threads }),
        ...(simd !== undefined && { simd }),
        ...(node !== undefined && { node }),
        warnings: [...(choice === 'auto' && lastResort !== undefined ? [lastResort] : []), ...warnings],
        dispose,
      })
    }
    if (before !== undefined) await setBackend(before)
    const remedy =
      choice === 'auto' ? 'install one of the packages named above' : 'ask for auto to have one chosen that works'
    return E.left(new BackendError('NoBackend', `no backend works here; tried:${listed(tried)}\n${remedy}`, tried))
  })
