import { relative, resolve } from 'node:path'
import { buildCommand, buildRouteMap, type Command, type RouteMap } from '@stricli/core'
import { fashionMnistFiles, loadFashionMnist, type Progress } from '@resfn/fashion-mnist'
import { function as F, taskEither as TE } from 'fp-ts'
import { contactSheet } from '../contact-sheet.ts'
import { type Context, say } from '../context.ts'
import { describeData, knownDigests, loadData } from '../data-source.ts'
import { type CliError, toCliError } from '../error.ts'
import { count } from '../format.ts'
import { wholeFrom } from '../numbers.ts'
import { commonFlags, type CommonFlags, type Output, print } from '../output.ts'

type FetchFlags = CommonFlags & { readonly mirror?: string }
type DataFlags = CommonFlags & { readonly data: string }
type ShowFlags = DataFlags & { readonly out: string; readonly columns: number; readonly part: 'train' | 'test' }

const dataFlag = {
  kind: 'parsed',
  parse: String,
  brief: 'A folder, subset, or auto',
  default: 'auto',
  placeholder: 'dir|subset',
} as const

/** Prints the start and the end of each file, and on a terminal how far it is. */
const reporter = (context: Context): ((progress: Progress) => void) => {
  let last = ''
  return ({ file, received, total }) => {
    const line = `${fashionMnistFiles[file]}.gz  ${count(received)} of ${count(total)} bytes`
    if (received === total) {
      context.live?.clear()
      say(context, line)
    } else if (context.live !== undefined) context.live.show(line)
    else if (last !== file) say(context, `${fashionMnistFiles[file]}.gz  …`)
    last = file
  }
}

/** Gets all 70,000 images into the cache. */
export const fetchData = (context: Context, { mirror }: FetchFlags): TE.TaskEither<CliError, Output> =>
  F.pipe(
    loadFashionMnist({
      cache: context.cache,
      onProgress: reporter(context),
      ...(mirror !== undefined && { baseUrl: mirror }),
    }),
    TE.bimap(toCliError, ({ train, test }): Output => ({
      json: { folder: context.cache, train: train.labels.length, test: test.labels.length },
      text: `${count(train.labels.length)} training and ${count(test.labels.length)} test images in ${context.cache}`,
    })),
  )

/** Reads the images that a run would take, and compares them, however they are compressed, with those that were published. */
export const verifyData = (context: Context, { data: asked }: DataFlags): TE.TaskEither<CliError, Output> =>
  F.pipe(
    loadData(context, asked),
    TE.map((data): Output => {
      const { source, train, test, digest } = data
      const known = knownDigests[digest]
      return {
        json: { source, train: train.labels.length, test: test.labels.length, sha256: digest, known: known ?? null },
        text: `${describeData(data)}\n${known === undefined ? 'they are whole and can be used, but are not those that were published' : `they are ${known}, byte for byte`}`,
      }
    }),
  )

/** Writes a picture with the first images of each class. */
export const showData = (
  context: Context,
  { data: asked, out, columns, part }: ShowFlags,
): TE.TaskEither<CliError, Output> =>
  F.pipe(
    loadData(context, asked),
    TE.tapIO((data) => () => say(context, `data ${describeData(data)}`)),
    TE.flatMap((data) => contactSheet(data[part], columns)),
    TE.flatMap((png) => {
      const path = resolve(context.cwd, out)
      return F.pipe(
        context.files.write(path, png),
        TE.map((): Output => ({ json: { file: path, part, columns }, text: relative(context.cwd, path) })),
      )
    }),
  )

const fetchCommand: Command<Context> = buildCommand<FetchFlags, [], Context>({
  docs: { brief: 'Get all 70,000 images into the cache; resumes where it was broken off' },
  parameters: {
    flags: {
      mirror: {
        kind: 'parsed',
        parse: String,
        brief: 'URL of a folder with the same files',
        optional: true,
        placeholder: 'url',
      },
      ...commonFlags,
    },
  },
  func(flags) {
    return print(this, flags, fetchData(this, flags))
  },
})

const verifyCommand: Command<Context> = buildCommand<DataFlags, [], Context>({
  docs: { brief: 'Check the images that a run would take' },
  parameters: { flags: { data: dataFlag, ...commonFlags } },
  func(flags) {
    return print(this, flags, verifyData(this, flags))
  },
})

const showCommand: Command<Context> = buildCommand<ShowFlags, [], Context>({
  docs: { brief: 'Write a picture with images of each class' },
  parameters: {
    flags: {
      data: dataFlag,
      out: { kind: 'parsed', parse: String, brief: 'The PNG file', default: 'fashion-mnist.png', placeholder: 'file' },
      columns: { kind: 'parsed', parse: wholeFrom(1), brief: 'Images of each class', default: '12', placeholder: 'n' },
      part: { kind: 'enum', values: ['train', 'test'], brief: 'Which images', default: 'train' },
      ...commonFlags,
    },
  },
  func(flags) {
    return print(this, flags, showData(this, flags))
  },
})

export const dataRoutes: RouteMap<Context> = buildRouteMap({
  routes: { fetch: fetchCommand, verify: verifyCommand, show: showCommand },
  docs: { brief: 'Get, check and look at the images' },
})
