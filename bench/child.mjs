// @ts-check
// A worker as promises: `ready`, `run`, `end`. Its other output is kept only to explain an early death.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { learningRate, momentum, nets } from './nets.mjs'

const mark = '@bench '

/** @returns {[command: string, args: string[]]} */
const commandOf = (job) =>
  job.python === undefined
    ? [process.execPath, [...(job.flags ?? []), join(import.meta.dirname, 'worker.mjs'), JSON.stringify(job)]]
    : [
        process.env.RESFN_PYTHON ?? 'python',
        [
          join(import.meta.dirname, 'engines', 'pytorch.py'),
          JSON.stringify({ ...job, netData: nets[job.net], learningRate, momentum }),
        ],
      ]

/** An engine that has not done two steps by then is out. */
const patience = 240_000

/** Starts a worker; gives back what it said first, or `{ refused }`. */
export const startChild = async (job) => {
  if (job.python !== undefined && !process.env.RESFN_PYTHON)
    return { job, refused: 'no Python: set RESFN_PYTHON to one that has torch' }
  const [command, args] = commandOf(job)
  const child = spawn(command, args, { env: { ...process.env, ...job.env } })
  const messages = []
  const waiting = []
  let rest = ''
  let noise = ''
  const deliver = (message) => (waiting.length > 0 ? waiting.shift()(message) : messages.push(message))
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith(mark)) deliver(JSON.parse(line.slice(mark.length)))
      else noise = `${noise}${line}\n`.slice(-2000)
    }
  })
  child.stderr.on('data', (chunk) => {
    noise = (noise + chunk).slice(-2000)
  })
  child.on('error', ({ message }) => deliver({ refused: message }))
  child.on('close', (code, signal) =>
    deliver({
      refused: `the process ended (${signal ?? code})${noise.trim() === '' ? '' : `: ${noise.trim().split('\n').at(-1)}`}`,
    }),
  )
  // A child that died does not take the parent with it.
  child.stdin.on('error', () => {})
  const next = () =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve))
  const ask = (line) => {
    child.stdin.write(`${line}\n`)
    return next()
  }
  const timer = setTimeout(() => {
    deliver({ refused: `no two steps within ${patience / 1000} s` })
    child.kill('SIGKILL')
  }, patience)
  const first = await next()
  clearTimeout(timer)
  return { job, ...first, run: (leastMs, leastSteps) => ask(`run ${leastMs} ${leastSteps}`), end: () => ask('end') }
}
