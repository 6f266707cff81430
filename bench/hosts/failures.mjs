// @ts-check
// `node failures.mjs`: a run of `resfn train` on four hosts that are network namespaces of this machine. One rank is
// killed, then one stops, then one host is cut off; each time the job must end by itself, and the same command must go
// on from the last checkpoint. At the end the weights must be those of a run that nothing happened to. It needs root.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeHosts } from './hosts.mjs'

/** The most seconds from a failure to the end of the job. */
const limit = 10
const command = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'dist', 'main.js')
const folder = mkdtempSync(join(tmpdir(), 'resfn-failures-'))

/** @param {string} out */
const words = (out) => [
  process.execPath,
  command,
  ...`train --net cifar-resnet8 --images 640 --batch 64 --epochs 3 --save-steps 3 --threads 1 --sync-batch-norm --resume-latest --out ${join(folder, out)}`.split(
    ' ',
  ),
]

/**
 * Runs the command on four hosts, does something to them after some steps, and says how the job ended.
 *
 * @param {string} out
 * @param {{ readonly at: number, readonly harm: (hosts: Awaited<ReturnType<typeof makeHosts>>) => void }} [failure]
 */
const train = async (out, failure) => {
  const hosts = await makeHosts({ count: 4, megabits: 1000, milliseconds: 1 })
  try {
    const job = hosts.mpirun(words(out))
    let text = ''
    let harmed = 0
    const log = join(folder, out, 'log.jsonl')
    const steps = () => {
      try {
        return readFileSync(log, 'utf8').split('"type":"step"').length - 1
      } catch {
        return 0
      }
    }
    const watch = setInterval(() => {
      if (failure === undefined || harmed > 0 || steps() < failure.at) return
      harmed = performance.now()
      failure.harm(hosts)
    }, 50)
    for (const stream of [job.stdout, job.stderr]) stream?.on('data', (part) => (text += part))
    // Not its pipes: what leads to a host that was cut off may hold them.
    const code = await new Promise((resolve) => job.once('exit', resolve))
    clearInterval(watch)
    return { code, seconds: (performance.now() - harmed) / 1000, text, steps: steps() }
  } finally {
    hosts.remove()
  }
}

/** The rank that suffers: not that which writes. */
const host = 2
/** @param {NodeJS.Signals} signal */
const toRank = (signal) => (/** @type {Awaited<ReturnType<typeof makeHosts>>} */ hosts) => {
  for (const pid of hosts.processes(host))
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('main.js')) process.kill(pid, signal)
}
const failures = {
  'a rank is killed': { at: 4, harm: toRank('SIGKILL') },
  'a rank stands still': { at: 10, harm: toRank('SIGSTOP') },
  'a host is cut off': {
    at: 17,
    harm: (/** @type {Awaited<ReturnType<typeof makeHosts>>} */ hosts) => hosts.cut(host),
  },
}

/** Of all tensors of a checkpoint; its header has the times too. @param {string} out */
const digest = (out) => {
  const bytes = readFileSync(join(folder, out, 'checkpoint.safetensors'))
  return createHash('sha256')
    .update(bytes.subarray(8 + Number(bytes.readBigUInt64LE(0))))
    .digest('hex')
}

try {
  let isRight = true
  for (const [name, failure] of Object.entries(failures)) {
    const { code, seconds, text, steps } = await train('broken', failure)
    isRight &&= code !== 0 && seconds < limit
    const said = text.split('\n').filter((line) => /was lost|node|daemon/.test(line))
    console.log(
      `${name}: the job ended with ${code} after ${seconds.toFixed(1)} s, at step ${steps}\n  ${said.join('\n  ')}`,
    )
  }
  const [end, unbroken] = [await train('broken'), await train('unbroken')]
  isRight &&= end.code === 0 && unbroken.code === 0
  const same = digest('broken') === digest('unbroken')
  console.log(
    `the run goes on to its end with ${end.code}, an unbroken one with ${unbroken.code}; checkpoints equal: ${same}`,
  )
  if (!isRight) console.log(end.text, unbroken.text)
  process.exitCode = isRight ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}
