import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { bytesOf, imagesFile, labelsFile, smallFiles, withFolder } from './fixtures/files.ts'
import { type FashionMnistFile, fashionMnistFiles, loadFashionMnist, loadFashionMnistFolder } from './index.ts'

const fill = async (folder: string, change: Partial<Record<FashionMnistFile, Uint8Array>> = {}): Promise<void> => {
  for (const [file, bytes] of Object.entries({ ...smallFiles, ...change }) as [FashionMnistFile, Uint8Array][])
    await writeFile(join(folder, fashionMnistFiles[file]), bytes)
}

describe('a folder', () => {
  it('loads raw and compressed files to the same sets', () =>
    withFolder(async (folder) => {
      await fill(folder)
      const raw = await loadFashionMnist({ folder })()
      if (E.isLeft(raw)) throw new Error(raw.left.message)
      expect(raw.right.train.labels.length).toBe(30)
      expect([...raw.right.test.labels]).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
      expect(raw.right.train.images).toEqual(smallFiles.trainImages.subarray(16))
      for (const [file, bytes] of Object.entries(smallFiles) as [FashionMnistFile, Uint8Array][]) {
        await rm(join(folder, fashionMnistFiles[file]))
        await writeFile(join(folder, `${fashionMnistFiles[file]}.gz`), gzipSync(bytes))
      }
      expect(await loadFashionMnistFolder(folder)()).toEqual(raw)
    }))

  it('loads labels that are wider than bytes', () =>
    withFolder(async (folder) => {
      await fill(folder, {
        testLabels: bytesOf({ type: 'int32', shape: [10], data: new Int32Array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) }),
      })
      const loaded = await loadFashionMnistFolder(folder)()
      expect(E.isRight(loaded) && loaded.right.test.labels).toEqual(new Int32Array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]))
    }))

  it.each([
    [
      'labels that are not whole numbers',
      { testLabels: bytesOf({ type: 'float32', shape: [10], data: new Float32Array(10) }) },
      'InvalidFile',
      't10k-labels-idx1-ubyte holds float32 [10], not whole numbers [count]',
    ],
    [
      'a wrong magic number',
      { trainImages: Uint8Array.from(smallFiles.trainImages, (byte, i) => (i === 0 ? 1 : byte)) },
      'InvalidFile',
      'train-images-idx3-ubyte: IDX, byte 0: the magic number is 01 00 08 03',
    ],
    [
      'a truncated file',
      { testImages: smallFiles.testImages.subarray(0, 5000) },
      'InvalidFile',
      't10k-images-idx3-ubyte: IDX, byte 5000',
    ],
    [
      'a truncated gzip file',
      { trainLabels: gzipSync(smallFiles.trainLabels).subarray(0, 30) },
      'InvalidFile',
      'train-labels-idx1-ubyte: IDX, byte 0: the gzip data is damaged or cut short',
    ],
    [
      'a small file that says that it holds a gigabyte',
      { trainLabels: gzipSync(new Uint8Array([0, 0, 8, 1, 0x3f, 0xff, 0xff, 0, ...new Uint8Array(1000)])) },
      'InvalidFile',
      'at most 67108864 are allowed',
    ],
    [
      'labels under the name of images',
      { trainImages: smallFiles.trainLabels },
      'InvalidFile',
      'train-images-idx3-ubyte holds uint8 [30], not bytes [count, 28, 28]',
    ],
    [
      'images of another size',
      { trainImages: new Uint8Array([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 32]) },
      'InvalidFile',
      'holds uint8 [0, 32, 32], not bytes',
    ],
    [
      'a label out of range',
      { testLabels: labelsFile(0, 1, 10, 3, 4, 5, 6, 7, 8, 9) },
      'InvalidSet',
      'label 2 is 10, the classes are 0 to 9',
    ],
    [
      'images and labels of different counts',
      { testImages: imagesFile(9, 3) },
      'InvalidSet',
      't10k-images-idx3-ubyte and t10k-labels-idx1-ubyte: there are 9 images and 10 labels',
    ],
  ])('with %s is named', (_, change, tag, part) =>
    withFolder(async (folder) => {
      await fill(folder, change)
      const result = await loadFashionMnistFolder(folder)()
      expect(result).toMatchObject({ left: { _tag: tag } })
      expect(E.isLeft(result) && result.left.message).toContain(part)
    }),
  )

  it('that is not there, or is a file, is named with the files that belong into it', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'a-file')
      await writeFile(file, '')
      for (const path of [join(folder, 'nowhere'), file]) {
        const result = await loadFashionMnistFolder(path)()
        expect(result).toMatchObject({ left: { _tag: 'MissingFolder', where: path } })
        for (const name of Object.values(fashionMnistFiles))
          expect(E.isLeft(result) && result.left.message).toContain(name)
      }
    }))

  it('that lacks a file is named with the names that were looked for', () =>
    withFolder(async (folder) => {
      await fill(folder)
      await rm(join(folder, fashionMnistFiles.testLabels))
      const result = await loadFashionMnistFolder(folder)()
      expect(result).toMatchObject({ left: { _tag: 'MissingFile', where: folder } })
      const message = E.isLeft(result) ? result.left.message : ''
      expect(message).toContain(
        `${folder} lacks t10k-labels-idx1-ubyte; it holds t10k-images-idx3-ubyte, train-images-idx3-ubyte, train-labels-idx1-ubyte; give the folder that holds`,
      )
      expect(message).toContain('or with a dot, as in train-images.idx3-ubyte), each as it is or with .gz')
    }))

  it('that holds something else is named with what it holds', () =>
    withFolder(async (folder) => {
      const messageOf = async (): Promise<string> => {
        const result = await loadFashionMnistFolder(folder)()
        return E.isLeft(result) ? result.left.message : ''
      }
      expect(await messageOf()).toContain('t10k-labels-idx1-ubyte; it is empty; give the folder')
      await mkdir(join(folder, 'archive'))
      for (let i = 10; i < 25; i++) await writeFile(join(folder, `picture-${i}.png`), '')
      expect(await messageOf()).toContain('it holds archive/, picture-10.png, ')
      expect(await messageOf()).toContain(' and 4 more; give')
    }))

  it.each([
    ['with dots, as 7-Zip and Kaggle name the files', '', (name: string) => name.replace('-idx', '.idx')],
    ['of torchvision, by the folder above it', join('FashionMNIST', 'raw'), (name: string) => name],
    ['of torchvision, by the folder FashionMNIST', 'raw', (name: string) => name],
  ])('%s is found, compressed or not', (_, below, renamed) =>
    withFolder(async (folder) => {
      await mkdir(join(folder, below), { recursive: true })
      for (const [file, bytes] of Object.entries(smallFiles) as [FashionMnistFile, Uint8Array][])
        await writeFile(
          join(folder, below, `${renamed(fashionMnistFiles[file])}${file === 'trainImages' ? '.gz' : ''}`),
          file === 'trainImages' ? gzipSync(bytes) : bytes,
        )
      const loaded = await loadFashionMnistFolder(folder)()
      expect(E.isRight(loaded) && loaded.right.train.images).toEqual(smallFiles.trainImages.subarray(16))
    }),
  )

  it('with something that cannot be read as a file is named', () =>
    withFolder(async (folder) => {
      await fill(folder)
      await mkdir(join(folder, `${fashionMnistFiles.testLabels}.gz`))
      expect(await loadFashionMnistFolder(folder)()).toMatchObject({
        left: { _tag: 'Unreadable', where: join(folder, `${fashionMnistFiles.testLabels}.gz`) },
      })
    }))
})
