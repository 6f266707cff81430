import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Child, Ended, ProcessName } from './context.ts'

/** The state of a process and its start in ticks since the machine was started, as Linux tells them. */
const linuxStart = (pid: number): string | undefined => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may hold spaces and parentheses itself.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : fields[18]
}

/**
 * What stays the same for a process while it runs and differs for a later one with its number, where the system tells;
 * nothing if it ended.
 */
export const startOf = (pid: number): string | undefined => {
  try {
    if (process.platform === 'linux') return linuxStart(pid)
    // Signal 0 only asks whether the process is there.
    process.kill(pid, 0)
    return 'running'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'running' : undefined
  }
}

/** This process. */
export const self = (): ProcessName => ({
  pid: process.pid,
  host: hostname(),
  started: startOf(process.pid) ?? 'running',
})

/** The words that start this command: Node, its options, the script. */
export const command: readonly string[] = [
  process.execPath,
  ...process.execArgv,
  join(import.meta.dirname, '..', 'main.js'),
]

/** Tells a process that the one that started it wants it to end with it. */
const ledVariable = 'RESFN_LED'

/**
 * Starts this command with other arguments. The process has a group of its own, so that Ctrl-C reaches it through this
 * one alone, and a channel whose end tells it that this one died.
 */
export const start = (args: readonly string[]): Child => {
  const [node = '', ...words] = command
  const child = spawn(node, [...words, ...args], {
    detached: process.platform !== 'win32',
    env: { ...process.env, [ledVariable]: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => (printed[name] += text))
  return {
    ended: new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code, signal, ...printed }))
    }),
    stop: (signal) => child.kill(signal as NodeJS.Signals),
  }
}

/**
 * Calls back once where the process that started this one, and that it is to end with, is gone; gives what stops that.
 */
export const leaderGone = (onGone: () => void): (() => void) => {
  if (process.env[ledVariable] !== '1') return () => {}
  if (process.connected === true) process.once('disconnect', onGone)
  else onGone()
  return () => process.off('disconnect', onGone)
}
