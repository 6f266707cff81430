#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, type } from 'node:os'
import { join } from 'node:path'
import envPaths from 'env-paths'
import { createLogUpdate } from 'log-update'
import type { Context } from './context.ts'
import { exitCodes } from './error.ts'
import { filesOf } from './files.ts'
import { run } from './run.ts'

const require = createRequire(import.meta.url)

const versionOf = (path: string): string => (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version

const live = (): Context['live'] => {
  const { stderr } = process
  if (stderr.isTTY !== true || process.env['CI'] !== undefined) return undefined
  const update = createLogUpdate(stderr)
  return { show: update, clear: () => update.clear() }
}

/** The first signal asks for a clean end; the second one ends the process as always. */
const interrupts: Context['interrupts'] = () => {
  const abort = new AbortController()
  const names = ['SIGINT', 'SIGTERM'] as const
  const release = (): void => names.forEach((name) => process.off(name, onSignal))
  const onSignal = (name: NodeJS.Signals): void => {
    release()
    abort.abort(name)
  }
  for (const name of names) process.on(name, onSignal)
  return { signal: abort.signal, release }
}

const cores = availableParallelism()
const shown = live()
const context: Context = {
  process: { stdout: process.stdout, stderr: process.stderr, env: process.env },
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  files: filesOf(),
  cache: join(envPaths('resfn', { suffix: '' }).cache, 'fashion-mnist'),
  ...(shown !== undefined && { live: shown }),
  columns: () => process.stderr.columns ?? 80,
  interrupts,
  machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${cores === 1 ? '1 core' : `${cores} cores`}, ${type()} ${release()}`,
  versions: {
    resfn: versionOf(join(import.meta.dirname, '..', 'package.json')),
    node: process.versions.node,
    tfjs: versionOf(require.resolve('@tensorflow/tfjs-core/package.json')),
  },
  cores,
}

// A reader that has seen enough (`resfn nets | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.success)
  throw error
})

await run(process.argv.slice(2), context)
process.exitCode = Number(context.process.exitCode)
