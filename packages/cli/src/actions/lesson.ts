import { join, resolve } from 'node:path'
import {
  coursePages,
  type Finding,
  InterruptedError,
  type Lesson,
  type LessonData,
  lessonPages,
  lessons,
  type Measured,
  OtherMeasurementError,
  runLesson,
  type Scale,
  type Store,
} from '@resfn/lessons'
import type { LessonFlags } from '../commands/lesson.ts'
import { type Context, say } from '../context/context.ts'
import { isFiles } from '../data/data-part.ts'
import { loadData } from '../data/load-data.ts'
import { CliError, interruptedBy, usageError } from '../error.ts'
import type { Action, Output } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { engineOf } from '../run/engine.ts'
import { withRunLocked } from '../run/run-lock.ts'
import { definitions } from '../text/layout.ts'
import { unknownName } from '../text/nearest.ts'

const everyLesson = 'all'

/** The names of the lessons, in the order of the course. */
const names = lessons.map(({ name }) => name)

const chosen = (name: string): readonly Lesson[] => {
  const found = lessons.filter((lesson) => name === everyLesson || lesson.name === name)
  if (found.length === 0)
    throw usageError(unknownName('lesson', name, [...names, everyLesson], 'resfn lesson lists them'))
  return found
}

const scaleOf = ({ quick, full }: LessonFlags): Scale => {
  if (quick && full) throw usageError('give --quick or --full, not both')
  return quick ? 'quick' : full ? 'full' : 'default'
}

/** A folder as a lesson keeps files in it. */
const storeIn = ({ files }: Context, folder: string): Store => ({
  read: async (name) =>
    (await files.kind(join(folder, name))) === 'file' ? files.read(join(folder, name)) : undefined,
  write: (name, content) => files.write(join(folder, name), content),
  remove: (name) => files.remove(join(folder, name)),
})

const imagesOf = async (context: Context, asked: string): Promise<LessonData> => {
  const { source, train, test } = await loadData(context, asked)
  if (isFiles(train) || isFiles(test))
    throw usageError(
      'lessons take Fashion-MNIST or CIFAR, not photos; leave --data away for the images that come with resfn',
    )
  const counts = `${train.labels.length.toLocaleString('en')} training and ${test.labels.length.toLocaleString('en')} test images`
  return { title: `${source.title}, ${counts}`, train, test, moments: source.moments }
}

/** What a lesson came to. */
type Finished = { readonly lesson: Lesson; readonly measured: Measured; readonly folder: string }

/** Measures a lesson in its folder and writes its pages. */
const finish = async (
  context: Context,
  lesson: Lesson,
  {
    folder,
    scale,
    data,
    engine,
    signal,
    markdown,
  }: {
    readonly folder: string
    readonly scale: Scale
    readonly data: LessonData
    readonly engine: string
    readonly signal: AbortSignal
    readonly markdown: boolean
  },
): Promise<Finished> => {
  const { files, live, now } = context
  await files.makeFolder(folder)
  return withRunLocked(context, { folder, lock: join(folder, 'lesson.lock') }, async (release) => {
    const measured = await runLesson(lesson, {
      scale,
      data,
      store: storeIn(context, folder),
      engine,
      signal,
      now,
      onProgress: ({ cell, done, of, text }) => {
        const line = `${lesson.name}: ${done + 1} of ${of}, ${cell}${text === '' ? '' : `, ${text}`}`
        if (live !== undefined) live.show(line)
        else if (text === '') say(context, line)
      },
    })
    live?.clear()
    const pages = await lessonPages(lesson, measured)
    const wanted = (name: string): boolean => name.endsWith('.html') !== markdown
    for (const { name, text } of pages) if (wanted(name)) await files.write(join(folder, name), text)
    await release()
    return { lesson, measured, folder }
  })
}

const findingsOf = ({ lesson, measured }: Finished): readonly Finding[] =>
  lesson.conclude(measured.scale, measured.cells).findings

const shown = (context: Context, finished: Finished, page: string): string =>
  [
    finished.lesson.title.en,
    ...findingsOf(finished).flatMap(({ claim, holds, measured }) =>
      definitions([[holds ? 'held' : 'REFUTED HERE', `${claim.en} ${measured.en}`]], context.columns()),
    ),
    `  ${page}`,
  ].join('\n')

const course = (context: Context): Output => ({
  text: [
    ...definitions(
      lessons.map(({ name, title }) => [name, title.en]),
      context.columns(),
    ),
    '',
    'resfn lesson NAME measures one of them and writes its page; resfn lesson all --quick shows all.',
  ].join('\n'),
  json: { lessons: lessons.map(({ name, title }) => ({ name, title })) },
})

/** Measures a lesson, or all of them; without a name, lists them. */
export const runLessons: Action<LessonFlags, [string?]> = async (context, flags, name) => {
  if (name === undefined) return course(context)
  const wanted = chosen(name)
  const scale = scaleOf(flags)
  const { markdown } = flags
  const ending = scale === 'default' ? '' : `-${scale}`
  const root = flags.out ?? join('runs', 'lessons', ...(name === everyLesson ? [] : [`${name}${ending}`]))
  const folderOf = (lesson: Lesson): string =>
    resolve(context.cwd, root, ...(name === everyLesson ? [`${lesson.name}${ending}`] : []))
  const data = await imagesOf(context, flags.data)
  const backend = await startBackend(context, flags)
  const engine = `${context.machine}, ${engineOf(context, backend)}`
  const { signal, release } = context.interrupts()
  const page = markdown ? 'README.md' : 'index.html'
  const finished: Finished[] = []
  try {
    for (const lesson of wanted)
      finished.push(await finish(context, lesson, { folder: folderOf(lesson), scale, data, engine, signal, markdown }))
    if (name === everyLesson)
      for (const { name: file, text } of await coursePages({ ending }))
        if (file.endsWith('.html') !== markdown) await context.files.write(resolve(context.cwd, root, file), text)
  } catch (error) {
    if (error instanceof OtherMeasurementError) {
      const folder = folderOf(wanted[finished.length]!)
      throw new CliError(error._tag, `${folder}: ${error.message}`)
    }
    if (error instanceof InterruptedError) throw interruptedBy(signal, error.message)
    throw error
  } finally {
    context.live?.clear()
    release()
  }
  return {
    text: [
      ...finished.map((each) => shown(context, each, join(each.folder, page))),
      ...(name === everyLesson ? [join(resolve(context.cwd, root), page)] : []),
    ].join('\n\n'),
    json: {
      lessons: finished.map((each) => ({
        name: each.lesson.name,
        page: join(each.folder, page),
        measured: each.measured,
        findings: findingsOf(each),
      })),
    },
  }
}
