import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { below1, wholeFrom } from '../text/numbers.ts'
import { commonFlags, dataFlag, optional, withDefault } from './flags.ts'

export type FetchFlags = CommonFlags & { readonly mirror?: string }
export type DescribeFlags = CommonFlags & { readonly testShare: number; readonly seed: number }
export type VerifyFlags = CommonFlags & { readonly data: string }
export type ShowFlags = VerifyFlags & {
  readonly out: string
  readonly columns: number
  readonly split: 'train' | 'test'
}

const fetchCommand: Command<Context> = buildCommand<FetchFlags, [], Context>({
  docs: { brief: 'Download all 70,000 images into the cache; resumes a broken download' },
  parameters: { flags: { mirror: optional(String, 'url', 'URL of a folder with the same files'), ...commonFlags } },
  func: perform(async () => (await import('../actions/data.ts')).fetchData),
})

const describeCommand: Command<Context> = buildCommand<DescribeFlags, [string], Context>({
  docs: {
    brief: 'Say what a folder of images or a manifest of photos holds: classes, counts, parts',
    fullDescription: [
      'Says what a folder of class folders, a manifest (.csv, .jsonl) or a folder with the files of Fashion-MNIST or CIFAR (binary or Python) holds, and',
      'what a run would train and test on. No photo is read.',
      '',
      'Examples:',
      '  resfn data photos  the classes in photos/cat, photos/dog, …',
      '  resfn data cifar-10-batches-py  CIFAR-10 from its Python archive',
      '  resfn data photos.csv --test-share 0.1  a manifest, of which a tenth is drawn for testing',
    ].join('\n'),
  },
  parameters: {
    flags: {
      testShare: withDefault(
        below1,
        's',
        '0.2',
        'Share of each class that is drawn for testing, where nothing says it',
      ),
      seed: withDefault(wholeFrom(0), 'n', '0', 'Random seed of the run'),
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'Folder or manifest of photos', parse: String, placeholder: 'folder' }],
    },
  },
  func: perform(async () => (await import('../actions/describe-data.ts')).describeFolder),
})

const verifyCommand: Command<Context> = buildCommand<VerifyFlags, [string?], Context>({
  docs: {
    brief: 'Check the images that a run would take: read all, and decode every photo',
    fullDescription: [
      'Reads the images that a run would take. A data set is compared with the published one; each photo of a folder or a manifest is decoded, and',
      'those that cannot be read are listed with their paths. Then the exit code is 1.',
      '',
      'Examples:',
      '  resfn data verify  the images that resfn train takes by itself',
      '  resfn data verify photos  decode all photos in photos/cat, photos/dog, …',
      '  resfn data verify photos.csv --json  the broken ones as JSON',
    ].join('\n'),
  },
  parameters: {
    flags: { data: dataFlag, ...commonFlags },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'Folder of images or manifest of photos; instead of --data',
          parse: String,
          placeholder: 'folder',
          optional: true,
        },
      ],
    },
  },
  func: perform(async () => (await import('../actions/verify-data.ts')).verifyData),
})

const showCommand: Command<Context> = buildCommand<ShowFlags, [], Context>({
  docs: { brief: 'Write a picture with images of each class' },
  parameters: {
    flags: {
      data: dataFlag,
      out: withDefault(String, 'file', 'fashion-mnist.png', 'The PNG file'),
      columns: withDefault(wholeFrom(1), 'n', '12', 'Images of each class'),
      split: { kind: 'enum', values: ['train', 'test'], brief: 'Training or test images', default: 'train' },
      ...commonFlags,
    },
  },
  func: perform(async () => (await import('../actions/data.ts')).showData),
})

export const dataRoutes: RouteMap<Context> = buildRouteMap({
  routes: { describe: describeCommand, fetch: fetchCommand, verify: verifyCommand, show: showCommand },
  defaultCommand: 'describe',
  docs: { brief: 'Describe photos; get, check and look at images' },
})
