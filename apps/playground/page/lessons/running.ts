// The program of a lesson while it runs. Each run has a worker of its own, so that it can be stopped at any time.
import { signal } from '@preact/signals'

/** What the worker says. */
export type Said =
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly text: string; readonly line: number | undefined }

/** A program, and what became of it. */
export type Program = {
  readonly lesson: string
  readonly lines: readonly string[]
  readonly state: 'running' | 'finished' | 'stopped' | 'failed'
  readonly problem?: { readonly text: string; readonly line: number | undefined }
}

/** The last program that was run. */
export const program = signal<Program | undefined>(undefined)

let worker: Worker | undefined

const update = (change: (now: Program) => Partial<Program>): void => {
  if (program.value !== undefined) program.value = { ...program.value, ...change(program.value) }
}

const hear = (said: Said): void => {
  if (said.type === 'line') update(({ lines }) => ({ lines: [...lines, said.text] }))
  else if (said.type === 'finished') update(() => ({ state: 'finished' }))
  else update(() => ({ state: 'failed', problem: said }))
}

/** Runs a program, in place of the one before. */
export const run = (lesson: string, source: string): void => {
  worker?.terminate()
  program.value = { lesson, lines: [], state: 'running' }
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'lesson' })
  worker.addEventListener('message', ({ data }: MessageEvent<Said>) => hear(data))
  worker.addEventListener('error', ({ message }) =>
    hear({ type: 'failed', text: message || 'the worker could not be started', line: undefined }),
  )
  worker.postMessage(source)
}

/** Stops the program that runs. */
export const stop = (): void => {
  worker?.terminate()
  worker = undefined
  update(() => ({ state: 'stopped' }))
}
