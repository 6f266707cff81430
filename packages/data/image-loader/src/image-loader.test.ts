import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Batch, type ImageSource, streamedBatches } from '@resfn/batches'
import { decodeImage } from '@resfn/decode-image'
import { preprocess, type Preprocessing } from '@resfn/preprocessing'
import { key } from '@resfn/random'
import { either as E } from 'fp-ts'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  fileSource,
  type LabelledFiles,
  type Readers,
  setSource,
  startReaders,
  type View,
  viewPixels,
} from './index.ts'

const preprocessing: Preprocessing = {
  size: [16, 20],
  channels: 3,
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.3, 0.4],
  interpolation: 'bicubic',
  cropFraction: 0.875,
  cropMode: 'center',
}
const training: View = {
  preprocessing,
  augmentation: { crop: {}, mirror: true, randAugment: 'rand-m9-mstd0.5' },
  erasing: { probability: 0.5 },
}

let root = ''
let files: LabelledFiles
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'resfn-loader-'))
  const paths = await Promise.all(
    Array.from({ length: 9 }, async (_, i) => {
      const [width, height] = [30 + i, 40 - i]
      const data = Uint8Array.from({ length: width * height * 3 }, (_byte, at) => (at * (i + 3)) % 251)
      const path = join(root, `${i}.${['jpg', 'png', 'webp'][i % 3]!}`)
      await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path)
      return path
    }),
  )
  files = { paths, labels: Uint8Array.from(paths, (_, i) => i % 2), classes: ['a', 'b'] }
})
afterAll(() => rm(root, { recursive: true }))

const right = <A>(found: E.Either<unknown, A>): A => {
  if (E.isLeft(found)) throw new Error(JSON.stringify(found.left))
  return found.right
}
const all = async (batches: AsyncIterable<Batch>): Promise<readonly Batch[]> => {
  const found: Batch[] = []
  for await (const batch of batches) found.push(batch)
  return found
}

describe('fileSource', () => {
  it('gives in evaluation what preprocessing makes of the file', async () => {
    const source = fileSource(startReaders(0), files, training)
    for (const [index, path] of files.paths.entries()) {
      const pixels = right(await decodeImage(new Uint8Array(await readFile(path)))())
      expect(right(await source.read(index)())).toEqual(preprocess(pixels, preprocessing))
    }
  })

  it('gives in training the same for the same key', async () => {
    const source = fileSource(startReaders(0), files, training)
    const views = [key(1), key(1), key(2)].map(async (own) => String(right(await source.read(3, own)())))
    const [first, again, other] = await Promise.all(views)
    expect(first).toBe(again)
    expect(first).not.toBe(other)
    expect(first!.split(',').length).toBe(16 * 20 * 3)
  })

  it('says why a file cannot be read', async () => {
    await mkdir(join(root, 'folder.jpg'), { recursive: true })
    const bytes = await readFile(files.paths[0]!)
    await writeFile(join(root, 'cut.jpg'), bytes.subarray(0, bytes.length / 2))
    await writeFile(join(root, 'text.png'), 'not a picture')
    const reasons = async (name: string): Promise<string> => {
      const found = await fileSource(startReaders(0), { ...files, paths: [join(root, name)] }, training).read(0)()
      return E.isLeft(found) ? `${found.left._tag}: ${found.left.message}` : 'it was read'
    }
    expect(await reasons('folder.jpg')).toBe('Unreadable: it is not a file')
    expect(await reasons('nothing.jpg')).toBe('Unreadable: there is no such file')
    expect(await reasons('cut.jpg')).toContain('DamagedImage: is damaged or cut short')
    expect(await reasons('text.png')).toContain('NotAnImage')
  })

  it('throws where the view is wrong, because no picture can be read then', async () => {
    const wrong = { ...training, augmentation: { randAugment: 'rand-x1' } }
    await expect(fileSource(startReaders(0), files, wrong).read(0, key(0))()).rejects.toThrow('x1 in "rand-x1"')
  })
})

describe('setSource', () => {
  it('gives images in memory as files are given', async () => {
    const set = {
      images: new Uint8Array(24).map((_, i) => i * 9),
      labels: new Uint8Array([0, 1]),
      shape: [2, 2, 3],
      classes: ['a', 'b'],
    } as const
    const pixels = { data: set.images.subarray(12), height: 2, width: 2, channels: 3 } as const
    const source: ImageSource = setSource(set, training)
    expect(right(await source.read(1)())).toEqual(preprocess(pixels, preprocessing))
    expect(right(await source.read(1, key(4))())).toEqual(viewPixels(pixels, training, key(4)))
    expect(() => setSource({ ...set, shape: [2, 3, 2] }, training)).toThrow('1 or 3 channels, not 2')
  })
})

describe('startReaders', () => {
  // Threads run what is built: the sources cannot be loaded by a worker.
  const folder = join(import.meta.dirname, '..')
  const built = async (): Promise<typeof startReaders> => {
    const entry = join(folder, 'dist', 'index.js')
    if (!existsSync(join(folder, 'dist', 'worker.js')))
      execFileSync(process.execPath, [
        join(folder, '..', '..', '..', 'node_modules', 'typescript', 'bin', 'tsc'),
        '-b',
        folder,
      ])
    return ((await import(/* @vite-ignore */ entry)) as { readonly startReaders: typeof startReaders }).startReaders
  }
  const batchesBy = (readers: Readers): Promise<readonly Batch[]> =>
    all(streamedBatches(fileSource(readers, files, training), { size: 4, key: key(0), epochs: 2 }))

  it('gives the same batches with any number of threads', async () => {
    const start = await built()
    const here = await batchesBy(startReaders(0))
    for (const threads of [1, 3]) {
      const readers = start(threads)
      expect(readers.threads).toBe(threads)
      const found = await batchesBy(readers)
      // Threads write into the batch itself.
      for (const { images } of found) expect(images.buffer).toBeInstanceOf(SharedArrayBuffer)
      const plain = found.map(({ images, ...batch }) => ({ ...batch, images: Float32Array.from(images) }))
      expect(plain).toEqual(here)
      await readers.close()
    }
  })

  it('gives a new array where the memory for it is not shared', async () => {
    const readers = (await built())(1)
    const into = new Float32Array(16 * 20 * 3)
    const found = right(await fileSource(readers, files, training).read(0, key(3), into)())
    expect(found).not.toBe(into)
    expect(found).toEqual(right(await fileSource(startReaders(0), files, training).read(0, key(3), into)()))
    await readers.close()
  })

  it('gives errors of threads as they are given here, and goes on', async () => {
    const readers = (await built())(1)
    const source = fileSource(readers, { ...files, paths: [join(root, 'nothing.jpg'), files.paths[0]!] }, training)
    expect(await source.read(0)()).toEqual(E.left({ _tag: 'Unreadable', message: 'there is no such file' }))
    expect(E.isRight(await source.read(1)())).toBe(true)
    const wrong = fileSource(readers, files, { ...training, augmentation: { randAugment: 'rand-x1' } })
    await expect(wrong.read(0, key(0))()).rejects.toThrow('x1 in "rand-x1"')
    await readers.close()
    await expect(source.read(1)()).rejects.toThrow('its worker thread ended')
  })

  it('names a number of threads that is none', () => {
    expect(() => startReaders(-1)).toThrow('a whole number from 0, not -1')
  })
})
