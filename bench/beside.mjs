// @ts-check
// `node beside.mjs [NET]`: a step of training on one thread and on two, alone and beside another busy process. The
// processes take turns, as those of bench.mjs do. README.md has the results.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { startChild } from './child.mjs'
import { nets } from './nets.mjs'

/** Turns of each process, the least milliseconds of one, and of steps. */
const [rounds, leastMs, leastSteps] = [3, 2000, 3]

const [net = 'cifar-resnet20'] = process.argv.slice(2)
if (nets[net] === undefined || nets[net].task === 'predict') {
  console.error(`node beside.mjs [NET]: a net that bench.mjs trains, not ${net}`)
  process.exit(2)
}

/** Counts for ever. */
const busy = () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })

/** @param {number[]} ms */
const median = (ms) => ms.toSorted((a, b) => a - b)[ms.length >> 1] ?? NaN

const rows = [1, 2].flatMap((threads) =>
  [false, true].map((beside) => ({ threads, beside, ms: /** @type {number[]} */ ([]) })),
)
const children = new Map()
for (const threads of [1, 2]) {
  const job = { engine: 'resfn wasm', module: 'resfn', net, batch: nets[net].batch, threads }
  children.set(threads, await startChild(job))
}
for (let round = 0; round < rounds; round++)
  for (const { threads, beside, ms } of rows) {
    const other = beside ? busy() : undefined
    await setTimeout(300)
    const turn = await children.get(threads).run(leastMs, leastSteps)
    other?.kill()
    if (turn.refused !== undefined) throw new Error(turn.refused)
    ms.push(...turn.ms)
  }
for (const child of children.values()) await child.end()

const alone = median(rows[0]?.ms ?? [])
console.log(`${net}, Node ${process.versions.node}\n`)
console.log('| threads | beside | ms a step | steps | speed, of one thread alone |')
console.log('|---:|---|---:|---:|---:|')
for (const { threads, beside, ms } of rows) {
  const cells = [
    threads,
    beside ? 'one busy process' : 'nothing',
    median(ms).toFixed(0),
    ms.length,
    (alone / median(ms)).toFixed(2),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
process.exit(0)
