// The one worker of the page.
import { signal } from '@preact/signals'
import * as Comlink from 'comlink'
import type { Engine, Running } from './protocol.ts'

/** The backend that is asked for. */
export const choice = signal('auto')
/** The backend that runs; nothing until something is computed. */
export const running = signal<Running | undefined>(undefined)
/** Why the worker does not run, where it does not. */
export const workerProblem = signal<string | undefined>(undefined)

let remote: Comlink.Remote<Engine> | undefined

/** The worker, started when it is first needed. */
export const connect = (): Comlink.Remote<Engine> => {
  if (remote === undefined) {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'engine' })
    worker.addEventListener(
      'error',
      ({ message }) => (workerProblem.value = message || 'the worker could not be started'),
    )
    remote = Comlink.wrap<Engine>(worker)
  }
  return remote
}

/** The worker with a backend: the one that runs, or the one that is asked for. */
export const computing = async (): Promise<Comlink.Remote<Engine>> => {
  const engine = connect()
  running.value ??= await engine.use(choice.value)
  return engine
}
