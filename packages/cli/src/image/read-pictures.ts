import type { DecodeOptions } from '@resfn/decode-image'
import type { Pixels } from '@resfn/preprocessing'
import type { Context } from '../context/context.ts'
import { type CliError, toCliError } from '../error.ts'
import { readPicture } from './read-picture.ts'

/** A picture that was read and prepared, or why it was not. */
export type ReadPicture<A> =
  | { readonly path: string; readonly value: A }
  | { readonly path: string; readonly error: CliError }

/** How pictures are read. */
export type PictureReading<A> = DecodeOptions & {
  /** Pictures in a batch. */
  readonly batch: number
  /** What is made of a picture, as soon as it is decoded: a small thing, since a decoded photograph takes megabytes. */
  readonly prepare: (pixels: Pixels, path: string) => A
}

/**
 * Reads pictures in batches, in order; the next batch is decoded while the caller works on one. As many are decoded at
 * once as there are cores, so that memory has a bound.
 */
export async function* readPictures<A>(
  context: Context,
  paths: readonly string[],
  { batch, prepare, ...options }: PictureReading<A>,
): AsyncGenerator<readonly ReadPicture<A>[]> {
  const one = async (path: string): Promise<ReadPicture<A>> => {
    try {
      return { path, value: prepare(await readPicture(context, path, options), path) }
    } catch (error) {
      return { path, error: toCliError(error) }
    }
  }
  const read = async (some: readonly string[]): Promise<readonly ReadPicture<A>[]> => {
    const found: ReadPicture<A>[] = []
    let next = 0
    const work = async (): Promise<void> => {
      for (let i = next++; i < some.length; i = next++) found[i] = await one(some[i]!)
    }
    await Promise.all(Array.from({ length: Math.max(1, context.cores) }, work))
    return found
  }
  let ready = read(paths.slice(0, batch))
  for (let at = batch; at < paths.length + batch; at += batch) {
    const found = await ready
    ready = read(paths.slice(at, at + batch))
    yield found
  }
}
