import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { type FashionMnist, fashionMnistFiles, loadFashionMnistFolder } from '@resfn/fashion-mnist'
import { loadFashionMnistSubset } from '@resfn/fashion-mnist-subset'
import { function as F, taskEither as TE } from 'fp-ts'
import type { Context } from './context.ts'
import { type CliError, toCliError } from './error.ts'

/** Where images come from, and why from there. */
export type Source = { readonly kind: 'folder' | 'cache' | 'subset'; readonly folder?: string; readonly reason: string }

/** Images with where they come from. `digest` tells other images from these. */
export type Data = FashionMnist & { readonly source: Source; readonly digest: string }

/** Whether a folder has all four files, each as it is or compressed. */
export const isComplete = async ({ files }: Context, folder: string): Promise<boolean> => {
  for (const name of Object.values(fashionMnistFiles)) {
    const kinds = [await files.kind(join(folder, name)), await files.kind(join(folder, `${name}.gz`))]
    if (!kinds.includes('file')) return false
  }
  return true
}

/** The first of: what is asked for, the folder in RESFN_DATA, the cache, the images that come with resfn. */
export const findSource = async (context: Context, asked: string): Promise<Source> => {
  const { cwd, env, cache } = context
  if (asked === 'subset') return { kind: 'subset', reason: 'as asked' }
  if (asked !== 'auto') return { kind: 'folder', folder: resolve(cwd, asked), reason: 'as asked' }
  const { RESFN_DATA: folder } = env
  if (folder !== undefined && folder !== '')
    return { kind: 'folder', folder: resolve(cwd, folder), reason: 'RESFN_DATA' }
  if (await isComplete(context, cache)) return { kind: 'cache', folder: cache, reason: 'fetched before' }
  return { kind: 'subset', reason: 'no others were found; resfn data fetch gets all 70,000' }
}

/** The digests of the images as they were published, and of those that come with resfn; however the files are compressed. */
export const knownDigests: { readonly [digest: string]: string } = {
  ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f: 'Fashion-MNIST as it was published',
  d5b91c929ef64cdf3fac6a13820932f698037ef77030a9584f3d6499a1ccee00: 'the part of Fashion-MNIST that comes with resfn',
}

const digestOf = ({ train, test }: FashionMnist): string => {
  const hash = createHash('sha256')
  for (const { images, labels } of [train, test]) hash.update(images).update(labels)
  return hash.digest('hex')
}

/** In words: `Fashion-MNIST: 10,000 + 2,000 images that come with resfn`. */
export const describeData = ({ source, train, test }: Data): string => {
  const counts = `${train.labels.length.toLocaleString('en')} training and ${test.labels.length.toLocaleString('en')} test images`
  return `Fashion-MNIST, ${counts} ${source.kind === 'subset' ? 'that come with resfn' : `from ${source.folder}`} (${source.reason})`
}

/** Reads the images. */
export const loadData = (context: Context, asked: string): TE.TaskEither<CliError, Data> =>
  F.pipe(
    TE.fromTask<Source, CliError>(() => findSource(context, asked)),
    TE.flatMap((source) =>
      F.pipe(
        source.folder === undefined
          ? F.pipe(loadFashionMnistSubset, TE.mapLeft(toCliError))
          : F.pipe(loadFashionMnistFolder(source.folder), TE.mapLeft(toCliError)),
        TE.map((data) => ({ ...data, source, digest: digestOf(data) })),
      ),
    ),
  )
