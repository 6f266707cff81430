import { readdir, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { either as E } from 'fp-ts'
import { afterEach, describe, expect, it } from 'vitest'
import { checksumsOf, compressed, smallFiles, withFolder } from './fixtures/files.ts'
import {
  type FashionMnistFile,
  fashionMnistChecksums,
  fashionMnistFiles,
  loadFashionMnist,
  type LoadOptions,
  type Progress,
} from './index.ts'

const files = compressed(smallFiles)
const names = Object.values(fashionMnistFiles).map((name) => `${name}.gz`)

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

type Scene = { readonly options: LoadOptions; readonly requests: string[] }

/** A mirror of the small files that answers 404 for one of them. */
const scene = async (cache: string, missing?: FashionMnistFile): Promise<Scene> => {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const found = (Object.entries(fashionMnistFiles) as [FashionMnistFile, string][]).find(
      ([, name]) => request.url === `/mirror/${name}.gz`,
    )
    if (found === undefined || found[0] === missing) response.writeHead(404).end()
    else response.end(files[found[0]])
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror`
  return { requests, options: { cache, baseUrl, checksums: checksumsOf(files), attempts: 3, pause: 1 } }
}

describe('the checksums', () => {
  it('are those of the official files, by size and digest', () => {
    expect(Object.keys(fashionMnistChecksums)).toEqual(Object.keys(fashionMnistFiles))
    for (const { bytes, sha256 } of Object.values(fashionMnistChecksums)) {
      expect(bytes).toBeGreaterThan(5000)
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    }
  })
})

describe('loadFashionMnist', () => {
  it('fills the cache, reports its progress, and fetches nothing again', () =>
    withFolder(async (folder) => {
      const cache = join(folder, 'new', 'cache')
      const { options, requests } = await scene(cache)
      const seen: Progress[] = []
      const loaded = await loadFashionMnist({ ...options, onProgress: (progress) => void seen.push(progress) })()
      expect(E.isRight(loaded) && loaded.right.train.images).toEqual(smallFiles.trainImages.subarray(16))
      expect((await readdir(cache)).sort()).toEqual([...names].sort())
      expect(seen.filter(({ received, total }) => received === total).map(({ file }) => file)).toEqual(
        Object.keys(fashionMnistFiles),
      )
      expect(await loadFashionMnist(options)()).toEqual(loaded)
      expect(requests).toEqual(names.map((name) => `/mirror/${name}`))
    }))

  it('fetches only what is missing or damaged', () =>
    withFolder(async (cache) => {
      const { options, requests } = await scene(cache)
      const loaded = await loadFashionMnist(options)()
      await rm(join(cache, names[1]!))
      await writeFile(join(cache, names[2]!), 'damaged')
      requests.length = 0
      expect(await loadFashionMnist(options)()).toEqual(loaded)
      expect(requests).toEqual([names[1], names[2]].map((name) => `/mirror/${name}`))
    }))

  it('names the file that the server does not have, and keeps the others', () =>
    withFolder(async (cache) => {
      const { options } = await scene(cache, 'testImages')
      expect(await loadFashionMnist(options)()).toMatchObject({
        left: { _tag: 'Refused', message: expect.stringContaining('the server answered 404 Not Found') as string },
      })
      expect((await readdir(cache)).sort()).toEqual([names[0], names[1]].sort())
    }))

  it('names a cache that cannot be written', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'a-file')
      await writeFile(file, '')
      const { options } = await scene(join(file, 'cache'))
      expect(await loadFashionMnist(options)()).toMatchObject({ left: { _tag: 'Unwritable', where: file } })
    }))
})
