// @ts-check
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engines } from './engines.mjs'
import { faults } from './measure.mjs'
import { examples, nets } from './nets.mjs'
import { table } from './table.mjs'

const row = {
  engine: 'resfn wasm',
  net: 'cifar-resnet8',
  batch: 64,
  threads: 2,
  examplesPerSecond: 1000,
  medianMs: 64,
  lowMs: 60,
  highMs: 70,
  steps: 9,
  params: 5,
  firstLoss: 2.5,
  lastLoss: 1,
  peakRssMb: 200,
  heapMb: 70,
  heapGrownMb: 0,
  tensors: 60,
  tensorsGrown: 0,
}
const peer = {
  ...row,
  engine: 'PyTorch NCHW',
  examplesPerSecond: 1739.2,
  tensors: undefined,
  tensorsGrown: undefined,
  heapMb: undefined,
  heapGrownMb: undefined,
}

describe('what must hold of the rows', () => {
  it('holds of rows without fault, and of engines that refused', () => {
    expect(
      faults([row, peer, { engine: 'tf.layers wasm', net: 'cifar-resnet8', threads: 1, refused: 'no kernel' }]),
    ).toEqual([])
  })

  it.each([
    ['a loss that rises', { lastLoss: 3 }, /the loss went from 2.5 to 3/],
    ['a loss that is no number', { lastLoss: Number.NaN }, /the loss went from 2.5 to NaN/],
    ['another net', { params: 6 }, /6 parameters, others have 6, 5/],
    ['tensors left behind', { tensorsGrown: 3 }, /3 tensors more than after step 2/],
    ['a heap that grows', { heapGrownMb: 16 }, /the heap grew by 16 MB/],
    ['too much memory', { peakRssMb: 2048 }, /peak memory 2048 MB is not below 2 GB/],
  ])('is broken by %s', (_, change, message) => {
    expect(faults([{ ...row, ...change }, peer])[0]).toMatch(message)
  })

  it('is asked of the memory of resfn only', () => {
    expect(faults([row, { ...peer, tensors: 9, tensorsGrown: 9, heapGrownMb: 9, peakRssMb: 9999 }])).toEqual([])
  })
})

describe('the table', () => {
  it('compares with resfn on most threads and tells who refused and why', () => {
    const lines = table([
      { ...row, threads: 1, examplesPerSecond: 500 },
      row,
      peer,
      { engine: 'tf.layers wasm', threads: 1, refused: 'no kernel' },
    ]).split('\n')
    expect(lines.filter((line) => line.startsWith('| resfn')).map((line) => /([\d.]+)x/.exec(line)?.[1])).toEqual([
      '0.50',
      '1.00',
    ])
    expect(lines.find((line) => line.startsWith('| PyTorch'))).toMatch(/ 1740 .* 1\.74x /)
    expect(lines.at(-1)).toBe('- tf.layers wasm (1): no kernel')
    expect(new Set(lines.filter((line) => line.startsWith('|')).map(({ length }) => length)).size).toBe(1)
  })
})

describe('a net that predicts', () => {
  const { firstLoss: _, lastLoss: __, ...predicting } = { ...row, net: 'resnet50/1', batch: 1 }

  it('has no loss to judge or to show', () => {
    expect(faults([predicting])).toEqual([])
    expect(table([predicting])).toMatch(/\|\s+\|$/)
  })

  it('is run at both batches by every engine that knows it', () => {
    const knowing = (net) => engines.filter(({ nets: its }) => its[net] !== undefined).map(({ name }) => name)
    expect(knowing('resnet50/8')).toEqual(knowing('resnet50/1'))
    expect(knowing('resnet50/1')).toEqual(
      expect.arrayContaining([
        'resfn wasm',
        'resfn wasm for inference',
        'onnxruntime-node',
        'onnxruntime-web',
        'PyTorch NCHW',
        'PyTorch channels_last',
      ]),
    )
  })
})

describe('the benchmark', () => {
  it('names nets that exist, in every engine', () => {
    expect(engines.flatMap(({ nets: its }) => Object.keys(its)).filter((name) => !Object.hasOwn(nets, name))).toEqual(
      [],
    )
  })

  it('trains on the same finite numbers every time', () => {
    const [once, again] = [examples(nets['cifar-resnet8'], 20), examples(nets['cifar-resnet8'], 20)]
    expect(once).toEqual(again)
    expect(once.images).toHaveLength(20 * 28 * 28)
    expect(once.images.every((value) => Number.isFinite(value) && Math.abs(value) < 3)).toBe(true)
    expect(new Set(once.labels).size).toBe(10)
  })

  it.each([['--speed'], ['--rounds=0'], ['--net=resnet5']])('explains itself when it is asked for %s', (option) => {
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'bench.mjs'), option], {
      encoding: 'utf8',
    })
    expect(status).toBe(2)
    expect(stderr).toContain('--engine')
  })
})
