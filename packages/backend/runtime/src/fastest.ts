import { either as E } from 'fp-ts'
import type { Adapters, Started, StartOptions } from './adapter.ts'
import { attempt, isWrongOption, type WrongOption } from './attempt.ts'
import type { Attempt } from './error.ts'
import { checkedMeasurement, machineKey, type Measured, type Memory } from './memory.ts'

/** The backend that is current now, and how it was found. */
export type Found = {
  readonly backend: string
  readonly started: Started
  readonly tried: readonly Attempt[]
  /** Milliseconds of a step, where backends were measured against each other, now or before. */
  readonly milliseconds?: { readonly [backend: string]: number }
}

export type Search = {
  readonly names: readonly string[]
  readonly adapters: Adapters
  readonly options: StartOptions
  readonly memory: Memory
  readonly cores: number
  /** Milliseconds of a step on the current backend. */
  readonly measure: () => Promise<number>
  /** Milliseconds that measuring may take, from the first backend that works on. */
  readonly budget: number
}

const milliseconds = (value: number): string => `${value.toPrecision(2)} ms`

/**
 * The first of some backends that works; where several may, the fastest by a measured step of a residual block, or by
 * an earlier measurement on this machine. Past the budget nothing more is started, and the order decides.
 */
export const findFastest = async ({
  names,
  adapters,
  options,
  memory,
  cores,
  measure,
  budget,
}: Search): Promise<E.Either<WrongOption | readonly Attempt[], Found>> => {
  const contenders = names.filter((name) => adapters[name]!.lastResort === undefined)
  const key = machineKey(contenders, cores)
  const known =
    contenders.length > 1 ? checkedMeasurement(await memory.read(key).catch(() => undefined), contenders) : undefined
  const tried: Attempt[] = []
  const start = async (name: string): Promise<WrongOption | Started | undefined> => {
    const result = await attempt(adapters[name]!, options, true)
    if (E.isRight(result)) return result.right
    if (isWrongOption(result.left)) return { _tag: 'WrongOption', message: `${name}: ${result.left.message}` }
    tried.push({ backend: name, reason: result.left })
    return undefined
  }

  if (known !== undefined) {
    const started = await start(known.fastest)
    if (isWrongOption(started)) return E.left(started)
    if (started?.details === known.details)
      return E.right({ backend: known.fastest, started, tried, milliseconds: known.milliseconds })
    // Another device than the one that was measured.
    started?.dispose?.()
    tried.length = 0
  }

  const working: { readonly backend: string; readonly started: Started; readonly time: number }[] = []
  let since = Infinity
  for (const [i, name] of names.entries()) {
    if (working.length > 0 && (adapters[name]!.lastResort !== undefined || performance.now() - since > budget)) break
    const started = await start(name)
    if (isWrongOption(started)) return E.left(started)
    if (started === undefined) continue
    if (working.length === 0) since = performance.now()
    const alone = working.length === 0 && !contenders.some((other) => names.indexOf(other) > i)
    try {
      working.push({ backend: name, started, time: alone ? 0 : await measure() })
    } catch (error) {
      started.dispose?.()
      tried.push({
        backend: name,
        reason: `it cannot train: ${error instanceof Error ? error.message : String(error)}`,
      })
    }
  }
  const [first] = [...working].sort((a, b) => a.time - b.time)
  if (first === undefined) return E.left(tried)
  if (working.length === 1) return E.right({ backend: first.backend, started: first.started, tried })

  for (const { backend, started, time } of working)
    if (backend !== first.backend) {
      started.dispose?.()
      tried.push({
        backend,
        reason: `slower here: ${milliseconds(time)} for a step of a block, ${first.backend} takes ${milliseconds(first.time)}`,
      })
    }
  const times = Object.fromEntries(working.map(({ backend, time }) => [backend, time]))
  // It may have given up its threads, or another one is current.
  const again = await start(first.backend)
  if (isWrongOption(again)) return E.left(again)
  if (again === undefined) return E.left(tried)
  const measured: Measured = { fastest: first.backend, details: again.details, milliseconds: times }
  await memory.write(key, measured).catch(() => undefined)
  return E.right({ backend: first.backend, started: again, tried, milliseconds: times })
}
