import { add, scalar } from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import type { Adapter, Started, StartOptions } from './adapter.ts'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Node says "Cannot find package …", Vite "Could not resolve …", a browser without bundler "Failed to resolve …". */
const reasonOf = (error: unknown, { packages }: Adapter): string => {
  const [message = ''] = messageOf(error).split('\n')
  const missing = /cannot find (package|module)|(could not|failed to) resolve/i.test(message)
  return missing ? `not installed: npm install ${packages}` : message
}

/** 1 + 2^-20 is 1 on a device that computes in half precision: training there would fail without a word. */
const computes = async (): Promise<string | undefined> => {
  const [one, little] = [scalar(1), scalar(2 ** -20)]
  const sum = add(one, little)
  try {
    const [value] = await sum.data()
    if (value === 1 + 2 ** -20) return undefined
    return `it computes 1 + 2^-20 = ${value}, so it lacks the precision of float32`
  } finally {
    for (const tensor of [one, little, sum]) tensor.dispose()
  }
}

/** An option with a value that its backend does not take: it ends the choice. */
export type WrongOption = { readonly _tag: 'WrongOption'; readonly message: string }

/** Whether a reason is a wrong option. */
export const isWrongOption = (error: unknown): error is WrongOption =>
  (error as Partial<WrongOption>)?._tag === 'WrongOption'

/** Starts a backend and tells it from one that only claims to work. */
export const attempt = async (
  adapter: Adapter,
  options: StartOptions,
  automatic: boolean,
): Promise<E.Either<string | WrongOption, Started>> => {
  try {
    const started = await adapter.start(options)
    const imprecise = await computes()
    const fault = (options.purpose === 'inference' ? undefined : imprecise) ?? (automatic ? started.unfit : undefined)
    if (fault !== undefined) {
      started.dispose?.()
      return E.left(fault)
    }
    if (imprecise === undefined) return E.right(started)
    return E.right({
      ...started,
      warnings: [...(started.warnings ?? []), `${imprecise}: predictions differ, and training would fail`],
    })
  } catch (error) {
    return E.left(isWrongOption(error) ? error : reasonOf(error, adapter))
  }
}
