import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { cifarClasses, cifarFiles, type CifarName, decodeCifar, loadCifarFolder } from './index.ts'

/** Records whose pixels are their place, channel and image. */
const records = (name: CifarName, labels: readonly number[]): Uint8Array => {
  const head = name === 'cifar10' ? 1 : 2
  const bytes = new Uint8Array(labels.length * (head + 3072))
  labels.forEach((label, n) => {
    const at = n * (head + 3072)
    bytes[at + head - 1] = label
    for (let i = 0; i < 3072; i++) bytes[at + head + i] = (i % 1024) / 8 + 40 * Math.floor(i / 1024) + n
  })
  return bytes
}
const fill = async (folder: string, name: CifarName): Promise<void> => {
  await mkdir(folder, { recursive: true })
  for (const [i, file] of [...cifarFiles[name].train, ...cifarFiles[name].test].entries())
    await writeFile(join(folder, file), records(name, [i % 10, 9 - i]))
}
const withFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'resfn-cifar-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('decodeCifar', () => {
  it.each(['cifar10', 'cifar100'] as const)('puts the channels of %s last, and takes the fine labels', (name) => {
    const set = decodeCifar(name, [
      { name: 'a.bin', bytes: records(name, [3]) },
      { name: 'b.bin', bytes: records(name, [7, 9]) },
    ])
    if (E.isLeft(set)) throw new Error(set.left.message)
    const { images, labels, shape, classes } = set.right
    expect([...labels]).toEqual([3, 7, 9])
    expect([shape, images.length, classes.length]).toEqual([[32, 32, 3], 3 * 3072, name === 'cifar10' ? 10 : 100])
    // Pixel 16 of the image 1 of the second file.
    expect([...images.subarray(2 * 3072 + 48, 2 * 3072 + 51)]).toEqual([3, 43, 83])
  })

  it('knows the classes by their names', () => {
    expect(cifarClasses.cifar10[3]).toBe('cat')
    expect([cifarClasses.cifar100[0], cifarClasses.cifar100[99]]).toEqual(['apple', 'worm'])
    expect(new Set(cifarClasses.cifar100).size).toBe(100)
  })

  it('names a file that is cut short, empty, or of other classes', () => {
    const errorOf = (bytes: Uint8Array): unknown => decodeCifar('cifar10', [{ name: 'x.bin', bytes }])
    expect(errorOf(records('cifar10', [1]).subarray(1))).toMatchObject({ left: { _tag: 'WrongSize', where: 'x.bin' } })
    expect(errorOf(new Uint8Array())).toMatchObject({ left: { _tag: 'WrongSize' } })
    expect(errorOf(records('cifar10', [1, 10]))).toMatchObject({
      left: { _tag: 'WrongLabel', message: expect.stringContaining('image 1 has the label 10') as string },
    })
  })
})

describe('loadCifarFolder', () => {
  it.each([
    ['cifar10', '.'],
    ['cifar10', 'cifar-10-batches-bin'],
    ['cifar100', '.'],
    ['cifar100', 'cifar-100-binary'],
  ] as const)('finds %s in %s', (name, below) =>
    withFolder(async (folder) => {
      await fill(join(folder, below), name)
      const found = await loadCifarFolder(folder)()
      expect(found).toMatchObject({ right: { name } })
      if (E.isRight(found)) {
        expect(found.right.train.labels.length).toBe(2 * cifarFiles[name].train.length)
        expect(found.right.test.labels.length).toBe(2)
      }
    }),
  )

  it('says what is missing, and where', () =>
    withFolder(async (folder) => {
      await fill(folder, 'cifar10')
      await rm(join(folder, 'data_batch_3.bin'))
      expect(await loadCifarFolder(folder)()).toMatchObject({
        left: {
          _tag: 'MissingFile',
          where: folder,
          message: expect.stringContaining('it lacks data_batch_3.bin') as string,
        },
      })
      expect(await loadCifarFolder(join(folder, 'nothing'))()).toMatchObject({ left: { _tag: 'MissingFolder' } })
      await rm(join(folder, 'data_batch_2.bin'))
      await mkdir(join(folder, 'data_batch_2.bin'))
      await writeFile(join(folder, 'data_batch_3.bin'), records('cifar10', [1]))
      expect(await loadCifarFolder(folder)()).toMatchObject({
        left: { _tag: 'Unreadable', where: join(folder, 'data_batch_2.bin') },
      })
    }))
})
