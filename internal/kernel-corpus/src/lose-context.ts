import '@tensorflow/tfjs-backend-cpu'
import { train } from '@resfn/loop'
import { key } from '@resfn/random'
import { startRun } from '@resfn/step'
import { input, net, optimiser, type TinyRun, training, valuesOf } from '@resfn/test-utils/tiny'
import { useWebgl } from '@resfn/webgl'
import { backend, exp, ones, setBackend } from '@tensorflow/tfjs-core'

/** What came of a run whose context of WebGL was taken away in the middle. */
export type LossReport = {
  /** What the loop said: the step of its last copy, and the error. */
  readonly lost: { readonly step: number; readonly tag: unknown; readonly message: string }
  /** What the loop, a kernel of tfjs and `useWebgl` said after it. */
  readonly thrown: string
  readonly kernel: string
  readonly promised: string
  /** The largest difference of the parameters from those of a run without loss. */
  readonly difference: number
}

const start = (): TinyRun => startRun(net, { optimiser, key: key(1), input })

const finish = async (run: TinyRun): Promise<TinyRun> => {
  for await (const event of train(training(), run)) if (event.type === 'done') return event.run
  throw new Error('the run did not end')
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const differenceOf = (a: TinyRun, b: TinyRun): number => {
  const [found, wanted] = [a, b].map(({ params, state }) => valuesOf([params, state]))
  return Math.max(
    ...Object.entries(wanted!).flatMap(([path, values]) =>
      [...values].map((value, i) => Math.abs(value - found![path]![i]!)),
    ),
  )
}

/** Trains on WebGL, takes the context away after some steps, and goes on with plain JavaScript. */
export const loseContext = async (): Promise<LossReport> => {
  await setBackend('cpu')
  const expected = await finish(start())
  const { lost: whenLost } = await useWebgl()
  const { gl } = (backend() as unknown as { readonly gpgpu: { readonly gl: WebGL2RenderingContext } }).gpgpu
  let lost: LossReport['lost'] | undefined
  let kernel = ''
  let again: TinyRun | undefined
  let thrown = ''
  try {
    for await (const event of train(training({ checkpointSteps: 2 }), start())) {
      if (event.type === 'step' && event.step === 5) gl.getExtension('WEBGL_lose_context')!.loseContext()
      if (event.type !== 'lost') continue
      const { step, error } = event
      lost = { step, tag: (error as { readonly _tag?: unknown })._tag, message: error.message }
      try {
        exp(ones([64, 64]))
      } catch (error) {
        kernel = messageOf(error)
      }
      await setBackend('cpu')
      again = event.restore()
    }
  } catch (error) {
    thrown = messageOf(error)
  }
  if (lost === undefined || again === undefined) throw new Error(`the loop said nothing of the loss, but: ${thrown}`)
  const end = await finish(again)
  return { lost, thrown, kernel, promised: (await whenLost).message, difference: differenceOf(end, expected) }
}
