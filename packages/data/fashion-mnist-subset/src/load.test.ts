import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { type FashionMnist, fashionMnistClasses, fashionMnistMoments } from '@resfn/fashion-mnist/decode'
import { either as E } from 'fp-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fashionMnistSubsetFiles, loadFashionMnistSubset, loadFashionMnistSubsetFrom } from './index.ts'

type Labels = FashionMnist['train']['labels']
const sha256 = (bytes: Labels): string => createHash('sha256').update(bytes).digest('hex')
const countsOf = (labels: Labels): readonly number[] =>
  Array.from({ length: 10 }, (_, label) => labels.filter((one: number) => one === label).length)

describe('the files of the subset', () => {
  // Printed by scripts/make-fashion-mnist-subset.mjs from the official data set.
  it.each([
    ['trainImages', 'd33512cfdc636a0d8972818e6659995be209a88891df7fa2109d7895922c8985'],
    ['trainLabels', '620cb8e3b9348037c5ff9a07b02d773ab165330e072dfd19e0d21c59f8042dcf'],
    ['testImages', '15a92dd1e9b16ea361928086e77df4dfa890c255c00b5a8c8162c1040ce8eef1'],
    ['testLabels', '234596aeb6eb48133ec99a62541f90bc0728c9559a681f1e0638037462458f2c'],
  ] as const)('%s hold what the script made', (file, digest) => {
    expect(sha256(gunzipSync(readFileSync(fashionMnistSubsetFiles[file])))).toBe(digest)
  })

  it('come with the licence of the data', () => {
    expect(readFileSync(new URL('LICENSE', fashionMnistSubsetFiles.trainImages), 'utf8')).toContain(
      'Copyright (c) 2017 Zalando SE',
    )
  })
})

describe('loadFashionMnistSubset', () => {
  it('gives balanced sets of 10,000 and 2,000 images', async () => {
    const result = await loadFashionMnistSubset()
    if (E.isLeft(result)) throw new Error(result.left.message)
    const { train, test } = result.right
    expect(countsOf(train.labels)).toEqual(Array(10).fill(1000))
    expect(countsOf(test.labels)).toEqual(Array(10).fill(200))
    expect(train.images.length).toBe(10_000 * 784)
    expect([train.shape, test.shape]).toEqual([
      [28, 28, 1],
      [28, 28, 1],
    ])
    expect(train.classes).toEqual(fashionMnistClasses)
    // The first label of the data set is an ankle boot; so is that of the test set.
    expect([train.labels[0], test.labels[0]]).toEqual([9, 9])
  })

  it('has about the moments of the whole data set', async () => {
    const result = await loadFashionMnistSubset()
    if (E.isLeft(result)) throw new Error(result.left.message)
    const { images } = result.right.train
    const mean = images.reduce((sum, byte) => sum + byte, 0) / images.length
    const variance = images.reduce((sum, byte) => sum + (byte - mean) ** 2, 0) / images.length
    expect(Math.abs(mean / 255 - fashionMnistMoments.mean[0])).toBeLessThan(0.002)
    expect(Math.abs(Math.sqrt(variance) / 255 - fashionMnistMoments.std[0])).toBeLessThan(0.002)
  })

  it('names a file that is not there', async () => {
    const urls = { ...fashionMnistSubsetFiles, testLabels: new URL('nowhere.gz', fashionMnistSubsetFiles.testLabels) }
    const result = await loadFashionMnistSubsetFrom(urls)()
    expect(result).toMatchObject({ left: { _tag: 'Unreadable', url: urls.testLabels.href } })
    expect(E.isLeft(result) && result.left.message).toContain('nowhere.gz')
  })
})

describe('loadFashionMnistSubsetFrom over HTTP', () => {
  // As a browser meets it: plain bytes, or with Content-Encoding, which fetch undoes.
  const server = createServer((request, response) => {
    const [, kind, name] = request.url?.split('/') ?? []
    if (kind === 'missing') return void response.writeHead(404).end()
    response.writeHead(200, kind === 'encoded' ? { 'content-encoding': 'gzip' } : {})
    response.end(readFileSync(new URL(name ?? '', fashionMnistSubsetFiles.trainImages)))
  })
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  const urlsOf = (kind: string): typeof fashionMnistSubsetFiles => {
    const of = (url: URL): URL =>
      new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${kind}/${url.pathname.split('/').at(-1)}`)
    const { trainImages, trainLabels, testImages, testLabels } = fashionMnistSubsetFiles
    return {
      trainImages: of(trainImages),
      trainLabels: of(trainLabels),
      testImages: of(testImages),
      testLabels: of(testLabels),
    }
  }

  it('reads the same from a server, whether it says that the files are compressed or not', async () => {
    const digests = async (urls: typeof fashionMnistSubsetFiles): Promise<readonly string[]> => {
      const result = await loadFashionMnistSubsetFrom(urls)()
      if (E.isLeft(result)) throw new Error(result.left.message)
      const { train, test } = result.right
      return [train.images, train.labels, test.images, test.labels].map(sha256)
    }
    const expected = await digests(fashionMnistSubsetFiles)
    for (const kind of ['plain', 'encoded']) expect(await digests(urlsOf(kind))).toEqual(expected)
  })

  it('names the answer of a server that does not have them', async () => {
    expect(await loadFashionMnistSubsetFrom(urlsOf('missing'))()).toMatchObject({
      left: { message: expect.stringContaining('404') as string },
    })
  })
})
