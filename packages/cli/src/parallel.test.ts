import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { decode } from '@resfn/safetensors'
import { installedEngines, mpirun } from '@resfn/test-utils/mpi'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  checkpoint,
  cwd,
  ended,
  environment,
  events,
  hasLogged,
  main,
  prepare,
  resfn,
  start,
} from './fixtures/process.ts'

const train =
  'train --preset lenet-bn --data images --batch 7 --epochs 6 --lr 0.0005 --save-steps 100 --sync-batch-norm'.split(' ')

/** The weights of a run, by name. */
const weightsOf = (run: string): ReadonlyMap<string, Float32Array> => {
  const file = decode(new Uint8Array(readFileSync(checkpoint(run))))
  if (file._tag === 'Left') throw new Error(file.left.message)
  return new Map(
    [...file.right.tensors].flatMap(([name, { dtype, data }]) =>
      dtype === 'F32' ? [[name, new Float32Array(data.slice().buffer)] as const] : [],
    ),
  )
}

const difference = (a: string, b: string): number => {
  const [of, from] = [weightsOf(a), weightsOf(b)]
  expect([...of.keys()]).toEqual([...from.keys()])
  return Math.max(
    ...[...of].flatMap(([name, values]) => Array.from(values, (x, i) => Math.abs(x - from.get(name)![i]!))),
  )
}

const openMpi = installedEngines().includes('openmpi')

const started = (ranks: number, args: readonly string[]): ChildProcess =>
  mpirun('openmpi', ranks, [main, ...args], { cwd, env: environment })

/** The process that mpirun started as this rank. */
const pidOfRank = ({ pid }: ChildProcess, rank: number): number => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
  const found = children.find((child) =>
    readFileSync(`/proc/${child}/environ`, 'utf8').split('\0').includes(`OMPI_COMM_WORLD_RANK=${rank}`),
  )
  if (found === undefined) throw new Error(`no child of mpirun is rank ${rank}`)
  return found
}

describe('a run on several ranks', () => {
  beforeAll(() => {
    prepare()
    expect(resfn([...train, '--threads', '1', '--out', 'alone'])).toMatchObject({ status: 0 })
  }, 300_000)

  it('on threads, learns and logs what one process does, and says how many ranks there were', () => {
    const { stdout, stderr, status } = resfn([...train, '--out', 'threads', '--parallel', 'threads:2', '--json'])
    expect({ status, errors: stderr.match(/rank \d:.*/g) }).toEqual({ status: 0, errors: null })
    expect(stderr).toContain('ranks 2 by threads, batch normalisation by all\n')
    expect(JSON.parse(stdout)).toMatchObject({ ranks: 2, threads: 1 })
    expect(difference('threads', 'alone')).toBeLessThan(1e-5)
    expect(events('threads').map(({ type, step }) => [type, step])).toEqual(
      events('alone').map(({ type, step }) => [type, step]),
    )
    expect(JSON.parse(readFileSync(`${cwd}/threads/args.json`, 'utf8'))).toMatchObject({
      ranks: { size: 2, engine: 'threads' },
      settings: { syncBatchNorm: true, wire: 'float32' },
    })
    expect(existsSync(`${cwd}/threads/run.lock`)).toBe(false)
  })

  it('stops all of them at SIGTERM, with 143, and goes on with another number of them by itself', async () => {
    const args = [...train, '--out', 'stopped', '--resume-latest']
    const child = start([...args, '--parallel', 'threads:2'])
    await hasLogged('stopped', 4, child)
    child.kill('SIGTERM')
    const { code, stderr } = await ended(child)
    expect({ code, told: /stopped and saved; go on with/.test(stderr) }).toEqual({ code: 143, told: true })
    const rest = resfn([...args, '--parallel', 'threads:3'])
    expect(rest.stderr).toMatch(/resumed at epoch \d/)
    expect(rest.status).toBe(0)
    expect(difference('stopped', 'alone')).toBeLessThan(1e-5)
    // A finished run stays as it is.
    expect(resfn([...args, '--parallel', 'none'])).toMatchObject({ status: 0 })
    expect(difference('stopped', 'alone')).toBeLessThan(1e-5)
  })

  it('says what is wrong once, and not once a rank', () => {
    const told = (args: readonly string[]) => {
      const { status, stderr } = resfn(['train', ...args])
      return { status, stderr: stderr.trim() }
    }
    expect(told(['--data', 'nowhere', '--parallel', 'threads:2'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^resfn: there is no folder .*nowhere[^\n]*$/) as string,
    })
    expect(told(['--parallel', 'threads:0'])).toEqual({
      status: 2,
      stderr: expect.stringContaining(
        'threads:0 is none of auto, none, mpi and threads:N, such as threads:4',
      ) as string,
    })
    expect(told(['--parallel', 'mpi'])).toEqual({
      status: 2,
      stderr:
        'resfn: --parallel mpi needs ranks that a launcher started: mpirun -np 4 resfn train …, or srun; --parallel threads:4 needs none',
    })
    expect(told(['--resume', 'alone', '--sync-batch-norm'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('so --sync-batch-norm cannot be given') as string,
    })
  })

  describe.runIf(openMpi)('started by mpirun of Open MPI', () => {
    it('learns what one process does', async () => {
      const { code, stderr } = await ended(started(2, [...train, '--threads', '1', '--out', 'mpi']))
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
      expect(stderr.match(/^net lenet-bn/gm)).toHaveLength(1)
      expect(difference('mpi', 'alone')).toBeLessThan(1e-5)
    })

    it.each(['SIGKILL', 'SIGSTOP'] as const)(
      'ends all after a %s of one, says which, where and when, and goes on from the last checkpoint',
      async (signal) => {
        const args = [...train, '--threads', '1', '--out', signal, '--resume-latest']
        const child = started(2, args)
        await hasLogged(signal, 30, child)
        const begin = performance.now()
        process.kill(pidOfRank(child, 1), signal)
        const { code, stderr } = await ended(child)
        expect(performance.now() - begin).toBeLessThan(30_000)
        expect(code).not.toBe(0)
        expect(stderr).toMatch(new RegExp(`rank 1 on ${hostname()} was lost (after step \\d+|before its first step): `))
        expect(resfn([...args, '--parallel', 'none'])).toMatchObject({ status: 0 })
        expect(difference(signal, 'alone')).toBeLessThan(1e-5)
      },
    )

    it('ends all where one fails, and says which', async () => {
      const { code, stderr } = await ended(started(2, ['train', '--data', 'nowhere', '--out', 'failed']))
      expect(code).not.toBe(0)
      expect(stderr).toContain('there is no folder')
      expect(existsSync(`${cwd}/failed`)).toBe(false)
    })
  })
})
