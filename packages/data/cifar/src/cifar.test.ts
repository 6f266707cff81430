import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { type Cifar, cifarClasses, cifarFiles, type CifarName, decodeCifar, loadCifarFolder } from './index.ts'

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
  for (const [i, file] of [...cifarFiles[name].binary.train, ...cifarFiles[name].binary.test].entries())
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

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const loaded = async (folder: string): Promise<Cifar> => {
  const found = await loadCifarFolder(folder)()
  if (E.isLeft(found)) throw new Error(found.left.message)
  return found.right
}

describe('the files of Python', () => {
  it.each([
    ['cifar10', 'cifar-10-batches-py', 'cifar-10-batches-bin'],
    ['cifar100', 'cifar-100-python', 'cifar-100-binary'],
  ])('of %s hold what the binary files hold', async (name, python, binary) => {
    const [pickled, records] = [await loaded(join(fixtures, python)), await loaded(join(fixtures, binary))]
    expect(pickled.name).toBe(name)
    for (const part of ['train', 'test'] as const) {
      expect(pickled[part].images).toEqual(records[part].images)
      expect(pickled[part].labels).toEqual(records[part].labels)
    }
  })

  it('are found in the folder above, and name the classes', () =>
    withFolder(async (folder) => {
      await cp(join(fixtures, 'cifar-100-python'), join(folder, 'cifar-100-python'), { recursive: true })
      expect((await loaded(folder)).test.classes[99]).toBe('fine 99')
      await rm(join(folder, 'cifar-100-python', 'meta'))
      expect((await loaded(folder)).train.classes[99]).toBe('worm')
    }))

  it('are refused by name where they are damaged, of another data set, or hostile', () =>
    withFolder(async (folder) => {
      await cp(join(fixtures, 'cifar-10-batches-py'), folder, { recursive: true })
      const path = join(folder, 'data_batch_2')
      const whole = await readFile(path)
      const pickles = fileURLToPath(new URL('../../../formats/pickle/src/fixtures', import.meta.url))
      const cases: readonly (readonly [Uint8Array, string, string])[] = [
        [whole.subarray(0, 3000), 'InvalidPickle', 'ends in the middle'],
        [await readFile(join(pickles, 'refused-evil.pkl')), 'ForbiddenGlobal', 'posix.system'],
        [await readFile(join(fixtures, 'cifar-100-python', 'train')), 'WrongFields', 'its labels are not a list'],
        [await readFile(join(fixtures, 'cifar-10-batches-py', 'batches.meta')), 'WrongFields', 'labels'],
        [await readFile(join(pickles, 'arrays-python-2.pkl')), 'NotAnArray', 'is not an array'],
      ]
      for (const [bytes, tag, what] of cases) {
        await writeFile(path, bytes)
        expect(await loadCifarFolder(folder)()).toMatchObject({
          left: { _tag: tag, where: path, message: expect.stringContaining(what) as string },
        })
      }
    }))
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
        expect(found.right.train.labels.length).toBe(2 * cifarFiles[name].binary.train.length)
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
