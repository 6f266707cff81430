// The worker: all that computes. The page only shows.
import { chooseBackend, type Chosen } from '@resfn/runtime'
import { getBackend } from '@tensorflow/tfjs-core'
import * as Comlink from 'comlink'
import { either as E } from 'fp-ts'
import { loadData, pixelsOf } from './data.ts'
import type { Engine, Happening, Running } from './protocol.ts'
import { openSession, type Session } from './session.ts'

let session: Session | undefined

const start = async (choice: string | readonly string[]): Promise<Running> => {
  const chosen: E.Either<Error, Chosen> = await chooseBackend(choice)()
  if (E.isLeft(chosen)) throw chosen.left
  const { backend, details, warnings } = chosen.right
  return { backend, details, warnings }
}

const current = (): Session => {
  if (session === undefined) throw new Error('nothing has been started yet')
  return session
}

const engine: Engine = {
  classes: async () => (await loadData()).test.classes,
  use: (choice) => (session === undefined ? start(choice) : session.move(() => start(choice))),
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
          const lost = getBackend()
          report({
            type: 'running',
            running: await start(['webgpu', 'webgl', 'wasm', 'cpu'].filter((name) => name !== lost)),
          })
        },
      },
      checkpoints,
    )
  },
  train: () => current().train(),
  pause: async () => session?.pause(),
  scaleRate: async (factor) => current().scaleRate(factor),
  judge: (track) => current().judge(track),
  look: (track, image) => current().look(track, image),
  images: async (indices) => {
    const { test } = await loadData()
    return indices.map((index) => pixelsOf(test, index))
  },
  save: async (track) => {
    const bytes = await current().save(track)
    return Comlink.transfer(bytes, [bytes.buffer])
  },
}

Comlink.expose(engine)
