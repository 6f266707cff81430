import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Engine, installedEngines } from '@resfn/test-utils/mpi'
import { beforeAll, describe, expect, it } from 'vitest'
import { build, launch } from '../fixtures/launch.ts'
import { single } from '../index.ts'
import { watchRanks } from './index.ts'

beforeAll(build)

it('has nothing to watch over where there is one rank', async () => {
  const watch = await watchRanks(single())()
  expect(watch._tag).toBe('Right')
  if (watch._tag === 'Left') return
  watch.right.step(3)
  await watch.right.stop()
})

/** Whether a process lives; one that is dead and not yet waited for does not. */
const lives = (pid: number): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** Sends a signal to a rank once all have done their steps, and waits for the end of the job. */
const signalled = async (engine: Engine, lost: number, signal: NodeJS.Signals) => {
  const size = 2
  const { child, ended } = launch(engine, size, ['ranks.mjs', `watch-${lost}`])
  const pids = await new Promise<readonly number[]>((resolve, reject) => {
    let printed = ''
    child.stdout!.on('data', (text: Buffer) => {
      printed += text.toString()
      const found = [...printed.matchAll(/"rank":(\d),"pid":(\d+)\}/g)].map(
        ([, rank, pid]) => [Number(rank), Number(pid)] as const,
      )
      if (found.length === size) resolve(found.toSorted(([a], [b]) => a - b).map(([, pid]) => pid))
    })
    child.on('close', () => reject(new Error(`the job ended early: ${printed}`)))
  })
  const begin = performance.now()
  process.kill(pids[lost]!, signal)
  const { code, stderr } = await ended
  return { code, stderr, seconds: (performance.now() - begin) / 1000, living: pids.filter(lives) }
}

describe.each(installedEngines())('watchRanks on %s', (engine: Engine) => {
  it('lets a job end whose ranks stop watching one after the other', async () => {
    const { code, stderr } = await launch(engine, 2, ['ranks.mjs', 'watch-stop']).ended
    expect(stderr).not.toContain('was lost')
    expect(code).toBe(0)
  })

  it.each([
    ['SIGKILL', 1],
    ['SIGSTOP', 1],
    ['SIGSTOP', 0],
  ] as const)('ends all after a %s of rank %i, with its host and last step', async (signal, lost) => {
    const { code, stderr, seconds, living } = await signalled(engine, lost, signal)
    expect(code).not.toBe(0)
    // Ten seconds on a machine that is not busy; bench/hosts has figures.
    expect(seconds).toBeLessThan(30)
    expect(living).toEqual([])
    // MPICH kills all others before they can say why; it names the signal itself.
    if (signal === 'SIGKILL' && engine === 'mpich') return
    const why = signal === 'SIGKILL' ? 'its process ended' : 'nothing was heard of it for 5 seconds'
    expect(stderr).toContain(
      `rank ${lost} on ${hostname()} was lost after step 3: ${why}; rank ${1 - lost} on ${hostname()} ends, and so do all others: start again from the last checkpoint`,
    )
  })
})
