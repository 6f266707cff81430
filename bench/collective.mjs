// @ts-check
// `node bench/collective.mjs [openmpi|mpich] [RANKS [COUNT]]`: the all-reduce of @resfn/collective/mpi beside C on the
// same MPI, in turns. Without a launcher in the environment it starts itself as ranks. README.md says more.
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findLauncher, mpi } from '@resfn/collective/mpi'

const rounds = 6
const turns = 3
/** The gradients of ResNet-18. */
const resnet18 = 11_200_000

const median = (/** @type {number[]} */ values) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
const least = (/** @type {number[]} */ values) => Math.min(...values)

/** A rank: prints the times of each round in milliseconds, into memory that is kept and into a new array. */
const rank = async (/** @type {number} */ count) => {
  const started = await mpi()()
  if (started._tag === 'Left') throw new Error(started.left.message)
  const collective = started.right
  const values = Float32Array.from({ length: count }, (_, i) => (i % 1000) + collective.rank)
  const into = new Float32Array(count).fill(0)
  for (let round = 0; round < rounds; round++) {
    await collective.barrier()
    const begin = performance.now()
    await collective.allReduce(values)()
    const fresh = performance.now() - begin
    await collective.barrier()
    const again = performance.now()
    await collective.allReduce(values, { into })()
    const kept = performance.now() - again
    if (collective.rank === 0) console.log(JSON.stringify({ kept, fresh }))
  }
  await collective.close()
}

const run = (/** @type {string} */ command, /** @type {string[]} */ args) => {
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' }
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Error(error?.message ?? stderr)
  return stdout
}

const compare = (/** @type {string} */ engine, /** @type {string} */ ranks, /** @type {string} */ count) => {
  const program = join(mkdtempSync(join(tmpdir(), 'resfn-collective-')), 'collective')
  run(`mpicc.${engine}`, ['-O3', fileURLToPath(new URL('collective.c', import.meta.url)), '-o', program])
  const options = [...(engine === 'openmpi' ? ['--oversubscribe'] : []), '-np', ranks]
  const times = (/** @type {string[]} */ command) =>
    run(`mpirun.${engine}`, [...options, ...command])
      .split('\n')
      .filter((line) => line.startsWith('{'))
      // The first round pays for the memory.
      .slice(1)
      .flatMap((line) => Object.entries(JSON.parse(line)))
  /** @type {Record<string, number[]>} */
  const all = {}
  for (let turn = 0; turn < turns; turn++)
    for (const command of [
      [program, count, `${rounds}`],
      [process.execPath, fileURLToPath(import.meta.url), engine, ranks, count],
    ])
      for (const [name, time] of times(command)) (all[name] ??= []).push(time)
  const ring = all['ring'] ?? []
  const names = {
    allreduce: 'MPI_Allreduce in C',
    ring: 'ring in C',
    kept: 'allReduce into memory that is kept',
    fresh: 'allReduce into a new array',
  }
  console.log(`${engine}, ${ranks} ranks, ${count} floats\n`)
  console.log('| | median, ms | least, ms | least of the ring |\n| --- | ---: | ---: | ---: |')
  for (const [name, title] of Object.entries(names)) {
    const values = all[name] ?? []
    const cells = [median(values).toFixed(1), least(values).toFixed(1), `${(least(values) / least(ring)).toFixed(2)}x`]
    console.log(`| ${[title, ...cells].join(' | ')} |`)
  }
}

const [engine = 'openmpi', ranks = '2', count = `${resnet18}`] = process.argv.slice(2)
if (findLauncher(process.env) === undefined) compare(engine, ranks, count)
else await rank(Number(count))
