import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Context } from '../context/context.ts'
import { filesOf } from '../context/files.ts'
import { self, startOf } from '../context/processes.ts'
import { temporaryFolder, testContext } from '../fixtures/context.ts'
import { type RunFolder, runFolder } from './run-folder.ts'
import { withRunLocked } from './run-lock.ts'

const folder = (): RunFolder => runFolder(temporaryFolder())

/** A process of the machine `here`; processes with the numbers 1 to 9 run there. */
const as = (pid: number, host = 'here'): Context =>
  testContext({
    processes: {
      self: { pid, host, started: `s${pid}` },
      startOf: (other) => (other < 10 ? `s${other}` : undefined),
    },
  }).context

const locked = (context: Context, run: RunFolder): Promise<() => Promise<void>> =>
  withRunLocked(context, run, async (release) => release)

describe('the lock of a run', () => {
  it('keeps others out until it is released', async () => {
    const run = folder()
    const release = await locked(as(1), run)
    await expect(locked(as(2), run)).rejects.toMatchObject({
      _tag: 'RunInUse',
      message: `${run.folder} is in use by another resfn (process 1); wait until it ends, or stop it`,
    })
    await expect(locked(as(1), run)).rejects.toMatchObject({ _tag: 'RunInUse' })
    await release()
    await (
      await locked(as(2), run)
    )()
    expect(existsSync(run.lock)).toBe(false)
  })

  it('is released when the work fails', async () => {
    const run = folder()
    await expect(withRunLocked(as(1), run, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(existsSync(run.lock)).toBe(false)
  })

  it('is taken over from a process that was killed, also if another one has its number now', async () => {
    for (const stale of [
      { pid: 4711, host: 'here', started: 's4711' },
      { pid: 3, host: 'here', started: 'before' },
    ]) {
      const run = folder()
      writeFileSync(run.lock, JSON.stringify(stale))
      await locked(as(1), run)
      expect(readFileSync(run.lock, 'utf8')).toContain('"pid":1,')
    }
  })

  it.each(['', '{"pid":', 'null', '{"pid":"1"}'])(
    'is taken over from a process killed as it wrote %j',
    async (text) => {
      const run = folder()
      writeFileSync(run.lock, text)
      await locked(as(1), run)
      expect(readFileSync(run.lock, 'utf8')).toContain('"pid":1,')
    },
  )

  it('of another machine is never taken over; the message says what to remove', async () => {
    const run = folder()
    await locked(as(4711, 'there'), run)
    await expect(locked(as(1), run)).rejects.toMatchObject({
      message: `${run.folder} is in use by process 4711 on there; if it does not run any more, remove ${run.lock}`,
    })
  })

  it('goes to one of many that ask at once, also over a stale one', async () => {
    for (const stale of [undefined, JSON.stringify({ pid: 4711, host: 'here', started: 's4711' })]) {
      const run = folder()
      if (stale !== undefined) writeFileSync(run.lock, stale)
      const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map((pid) => locked(as(pid), run)))
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    }
  })

  it('that cannot be written is an error with the path', async () => {
    const run = runFolder('/dev/null/run')
    await expect(locked(as(1), run)).rejects.toMatchObject({ message: expect.stringContaining(run.lock) as string })
    await expect(filesOf().makeFolder('/proc/resfn')).rejects.toMatchObject({
      message: 'cannot make /proc/resfn: nothing can be made there; choose another folder',
    })
  })
})

it('a process is told from one that has ended', () => {
  expect(startOf(process.pid)).toBe(self().started)
  expect(startOf(2 ** 22 + 1)).toBeUndefined()
})
