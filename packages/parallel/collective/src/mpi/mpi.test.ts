import { type Engine, installedEngines } from '@resfn/test-utils/mpi'
import { beforeAll, describe, expect, it } from 'vitest'
import { build, launch, lines, resultsOfRanks, runNode } from '../fixtures/launch.ts'
import { findLauncher, mpi } from './index.ts'

beforeAll(build)

describe('findLauncher', () => {
  it('tells what started a rank, and which libraries fit it', () => {
    const openMpi = findLauncher({ OMPI_COMM_WORLD_RANK: '2', OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '2' })
    expect(openMpi).toMatchObject({ name: "Open MPI's mpirun", rank: 2, size: 4 })
    expect(openMpi!.libraries[0]).toBe('libmpi.so.40')
    const mpich = findLauncher({ PMI_RANK: '0', PMI_SIZE: '8' })
    expect(mpich).toMatchObject({ rank: 0, size: 8 })
    expect(mpich!.libraries[0]).toBe('libmpich.so.12')
    expect(findLauncher({ PMIX_RANK: '1', SLURM_PROCID: '1' })).toMatchObject({
      name: 'srun',
      rank: 1,
      size: undefined,
    })
  })

  it('does not take a batch script for a rank', () => {
    expect(findLauncher({ SLURM_PROCID: '0', SLURM_NTASKS: '4' })).toBeUndefined()
    expect(findLauncher({ PMI_RANK: '' })).toBeUndefined()
  })
})

describe('mpi', () => {
  it('says how to start a process that is no rank', async () => {
    expect(await mpi()()).toMatchObject({
      left: {
        _tag: 'CannotStart',
        message: 'this process was not started as a rank of MPI: start it by mpirun -np 4 node script.js, or srun',
      },
    })
  })
})

const engines = installedEngines()

type Results = { readonly rank: number; readonly results: { readonly [name: string]: string } }

describe.each(engines)('mpi on %s', (engine: Engine) => {
  it.each(engine === 'openmpi' ? [1, 2, 4] : [2])('gives what threads give, to the bit, on %i ranks', async (size) => {
    const task = size === 2 && engine === 'openmpi' ? 'corpus-large' : 'corpus'
    const threads = await runNode(['threads.mjs', `${size}`, task]).ended
    const expected = (lines(threads) as readonly Results[]).toSorted((a, b) => a.rank - b.rank)
    const again = {
      _tag: 'CannotStart',
      message: 'MPI starts once in a process, and has been started before',
    }
    expect(await resultsOfRanks(engine, size, [task])).toEqual(expected.map((results) => ({ ...results, again })))
    expect(Object.values(expected[0]!.results)).toEqual(expect.arrayContaining(['RanksDiffer', 'Closed']))
  })

  it('says where the library is missing, and how to install it', async () => {
    const ended = await launch(engine, 1, ['ranks.mjs', 'corpus', '/nowhere/libmpi.so']).ended
    expect(ended.code).not.toBe(0)
    expect(lines(ended)).toMatchObject([{ _tag: 'CannotStart' }])
    expect(ended.stdout).toMatch(/Debian and Ubuntu: apt install openmpi-bin; Fedora: dnf install openmpi/)
    expect(ended.stdout).toContain('/nowhere/libmpi.so: Failed to load shared library')
  })

  it('ends with the code of a rank that exits, though a call of it is under way', async () => {
    const ended = await launch(engine, 2, ['ranks.mjs', 'exit']).ended
    expect(ended.code).toBe(7)
    expect(ended.seconds).toBeLessThan(50)
  })
})

it.runIf(engines.length === 2)('says that the library is not that of the launcher', async () => {
  const ended = await launch('mpich', 2, ['ranks.mjs', 'corpus', 'libmpi.so.40']).ended
  expect(lines(ended)).toHaveLength(2)
  expect(lines(ended)[0]).toMatchObject({
    _tag: 'CannotStart',
    message: expect.stringMatching(/^MPICH's mpirun started 2 ranks, and Open MPI v[\d.]+.* knows of 1/) as string,
  })
})
