import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ProcessName } from './context.ts'

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
