// The worker: all that computes. The page only shows.
import { summary } from '@resfn/layer'
import { chooseBackend, type Chosen } from '@resfn/runtime'
import * as Comlink from 'comlink'
import { either as E } from 'fp-ts'
import { answer } from './answer.ts'
import { loadData, pixelsOf } from './data.ts'
import { closeModel, type Model, saveModel } from './model.ts'
import { openModel } from './open-model.ts'
import { writers } from './writers.ts'
import type { Engine, Happening, ModelFacts, ModelSource, Running, StoredSource } from './protocol.ts'
import { openSession, type Session } from './session.ts'
import { teach } from './teach.ts'

let session: Session | undefined
let model: Model | undefined

const start = async (choice: string | readonly string[]): Promise<Running> => {
  const chosen: E.Either<Error, Chosen> = await chooseBackend(choice)()
  if (E.isLeft(chosen)) throw chosen.left
  const { backend, details, warnings } = chosen.right
  return { backend, details, warnings }
}

/** Another backend; the open net moves to it, as the runs do. */
const moveTo = async (choice: string): Promise<Running> => {
  const open = model
  const bytes = open === undefined ? undefined : await saveModel(open)
  const running = session === undefined ? await start(choice) : await session.move(() => start(choice))
  if (open !== undefined && bytes !== undefined) {
    model = await openModel({ kind: 'file', bytes, net: open.name })
    closeModel(open)
  }
  return running
}

const opened = (): Model => {
  if (model === undefined) throw new Error('no net is open yet')
  return model
}

const factsOf = ({ name, net, input, classes }: Model): ModelFacts => ({
  name,
  input,
  classes,
  params: summary(net, input).params,
})

const sourceOf = async (source: ModelSource): Promise<StoredSource> =>
  source.kind === 'track' ? { kind: 'file', bytes: await current().save(source.track), net: '' } : source

const current = (): Session => {
  if (session === undefined) throw new Error('nothing has been started yet')
  return session
}

const engine: Engine = {
  classes: async () => (await loadData()).test.classes,
  use: moveTo,
  begin: async (task, happened, checkpoints) => {
    await session?.end()
    session = undefined
    const report = (what: Happening): void => happened(what)
    session = openSession(
      task,
      {
        data: await loadData(),
        report,
        replaceBackend: async () => {
          // What took one backend of the GPU away may take the other one too.
          report({ type: 'running', running: await start(['wasm', 'cpu']) })
        },
      },
      checkpoints,
    )
  },
  train: () => current().train(),
  pause: async () => session?.pause(),
  scaleRate: async (factor) => current().scaleRate(factor),
  look: (track, image) => current().look(track, image),
  images: async (indices) => {
    const { test } = await loadData()
    return indices.map((index) => pixelsOf(test, index))
  },
  save: async (track) => {
    const bytes = await current().save(track)
    return Comlink.transfer(bytes, [bytes.buffer])
  },
  open: async (source) => {
    const next = await openModel(await sourceOf(source))
    if (model !== undefined) closeModel(model)
    model = next
    return factsOf(next)
  },
  answer: (picture) => answer(opened(), { ...picture, channels: 4 }),
  teach: async (lesson, seen) => {
    model ??= await openModel({ kind: 'embedded' })
    const base = model
    const { model: taughtModel, taught } = await teach(base, lesson, (what) => seen(what))
    model = taughtModel
    closeModel(base)
    return taught
  },
  saveOpen: async (format) => {
    const bytes = await writers[format](opened())
    return Comlink.transfer(bytes, [bytes.buffer])
  },
}

Comlink.expose(engine)
