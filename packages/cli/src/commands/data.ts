import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { wholeFrom } from '../text/numbers.ts'
import { commonFlags, dataFlag, optional, withDefault } from './flags.ts'

export type FetchFlags = CommonFlags & { readonly mirror?: string }
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

const verifyCommand: Command<Context> = buildCommand<VerifyFlags, [], Context>({
  docs: { brief: 'Check the images that a run would take' },
  parameters: { flags: { data: dataFlag, ...commonFlags } },
  func: perform(async () => (await import('../actions/data.ts')).verifyData),
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
  routes: { fetch: fetchCommand, verify: verifyCommand, show: showCommand },
  docs: { brief: 'Get, check and look at the images' },
})
