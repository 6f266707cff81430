import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
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
const first = names[0] ?? ''
const fileNamed = (url: string | undefined): Buffer => {
  const found = (Object.entries(fashionMnistFiles) as [FashionMnistFile, string][]).find(([, name]) =>
    url?.endsWith(`/${name}.gz`),
  )
  if (found === undefined) throw new Error(`asked for ${url}`)
  return files[found[0]]
}

type Answer = (request: IncomingMessage, response: ServerResponse, file: Buffer) => void

/** A server as it should be: whole files, and ranges. */
const proper: Answer = (request, response, file) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (from === 0) return void response.writeHead(200, { 'content-length': file.length }).end(file)
  response
    .writeHead(206, {
      'content-length': file.length - from,
      'content-range': `bytes ${from}-${file.length - 1}/${file.length}`,
    })
    .end(file.subarray(from))
}

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

type Scene = { readonly options: LoadOptions & { readonly cache: string }; readonly requests: string[] }

/** Serves the first file by `answers` in turn (the last one again and again), the other files properly. */
const scene = async (cache: string, ...answers: readonly Answer[]): Promise<Scene> => {
  const requests: string[] = []
  let turn = 0
  const server = createServer((request, response) => {
    const isFirst = request.url?.endsWith(first) ?? false
    if (isFirst) requests.push(request.headers.range ?? 'all')
    const answer = isFirst ? answers[Math.min(turn++, answers.length - 1)] : proper
    answer?.(request, response, fileNamed(request.url))
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror`
  return { requests, options: { cache, baseUrl, checksums: checksumsOf(files), stall: 10_000, attempts: 3, pause: 1 } }
}

const messageOf = (result: E.Either<{ readonly message: string }, unknown>): string =>
  E.isLeft(result) ? result.left.message : 'it loaded'
/** Sends the file up to a byte, waits until it is in the part beside the cache's files, and hangs up. */
const sendUpTo = async (
  cache: string,
  response: ServerResponse,
  file: Buffer,
  from: number,
  to: number,
): Promise<void> => {
  response.write(file.subarray(from, to))
  const arrived = async (): Promise<boolean> => {
    const parts = (await readdir(cache)).filter((name) => name.endsWith('.part'))
    return (await Promise.all(parts.map((name) => stat(join(cache, name))))).some(({ size }) => size === to)
  }
  while (!(await arrived())) await wait(5)
  response.destroy()
}
const cut =
  (cache: string, at: number): Answer =>
  (_, response, file) =>
    void sendUpTo(cache, response.writeHead(200, { 'content-length': file.length }), file, 0, at)
const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end('no')
/** What the cache holds under final names must be right, whatever happened. */
const expectOnlyWholeFiles = async (cache: string): Promise<void> => {
  for (const name of await readdir(cache))
    if (names.includes(name)) expect(await readFile(join(cache, name)), name).toEqual(fileNamed(`/${name}`))
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

describe('a download', () => {
  it('fills the cache, reports its progress, and is not repeated', () =>
    withFolder(async (folder) => {
      const cache = join(folder, 'new', 'cache')
      const { options, requests } = await scene(cache, proper)
      const seen: Progress[] = []
      const loaded = await loadFashionMnist({ ...options, onProgress: (progress) => void seen.push(progress) })()
      expect(E.isRight(loaded) && loaded.right.train.images).toEqual(smallFiles.trainImages.subarray(16))
      expect((await readdir(cache)).sort()).toEqual([...names].sort())
      expect(seen.filter(({ received, total }) => received === total).map(({ file }) => file)).toEqual(
        Object.keys(fashionMnistFiles),
      )
      expect(await loadFashionMnist(options)()).toEqual(loaded)
      expect(requests).toEqual(['all'])
    }))

  it('that breaks off goes on where it was, as often as it takes', () =>
    withFolder(async (cache) => {
      const whole = files.trainImages.length
      const cutMore =
        (at: number): Answer =>
        (request, response, file) => {
          const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0])
          void sendUpTo(
            cache,
            response.writeHead(206, { 'content-range': `bytes ${from}-${whole - 1}/${whole}` }),
            file,
            from,
            at,
          )
        }
      const steps = [4000, 8000, 12000, 16000]
      const { options, requests } = await scene(cache, cut(cache, 2000), ...steps.map(cutMore), proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests).toEqual(['all', ...[2000, ...steps].map((from) => `bytes=${from}-`)])
      await expectOnlyWholeFiles(cache)
    }))

  it('starts anew where the server ignores the range', () =>
    withFolder(async (cache) => {
      const { options, requests } = await scene(cache, cut(cache, 3000), (_, response, file) => void response.end(file))
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests).toEqual(['all', 'bytes=3000-'])
    }))

  it('that stands still is broken off and tried again', () =>
    withFolder(async (cache) => {
      const stalled: Answer = (_, response, file) =>
        void response.writeHead(200, { 'content-length': file.length }).write(file.subarray(0, 1000))
      const { options, requests } = await scene(cache, stalled, () => undefined, proper)
      expect(E.isRight(await loadFashionMnist({ ...options, stall: 800 })())).toBe(true)
      expect(requests.slice(0, 3)).toEqual(['all', 'bytes=1000-', 'bytes=1000-'])
    }))

  it('that never comes to life is given up with the reason, and what has come is kept', () =>
    withFolder(async (cache) => {
      const stalled: Answer = (request, response, file) => {
        if (request.headers.range === undefined) response.writeHead(200).write(file.subarray(0, 1000))
      }
      const { options, requests } = await scene(cache, stalled)
      const result = await loadFashionMnist({ ...options, stall: 800 })()
      expect(result).toMatchObject({ left: { _tag: 'Unreachable' } })
      expect(messageOf(result)).toContain(`${first}: no byte for 800 ms, 3 times in a row`)
      expect(requests).toEqual(['all', 'bytes=1000-', 'bytes=1000-', 'bytes=1000-'])
      expect(await readdir(cache)).toEqual([`${first}.part`])
      expect((await readFile(join(cache, `${first}.part`))).length).toBe(1000)
    }))

  it('takes up what an earlier one left', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, `${first}.part`), files.trainImages.subarray(0, 5000))
      const { options, requests } = await scene(cache, proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests).toEqual(['bytes=5000-'])
      expect((await readdir(cache)).sort()).toEqual([...names].sort())
    }))

  it('takes up what a process that is gone left, and nothing of one that runs', () =>
    withFolder(async (cache) => {
      const gone = spawn(process.execPath, ['--version'])
      await once(gone, 'exit')
      const running = `${first}.${process.pid}-00000000.part`
      await writeFile(join(cache, running), 'being written')
      await writeFile(join(cache, `${first}.${gone.pid}-0a1b2c3d.part`), files.trainImages.subarray(0, 6000))
      const { options, requests } = await scene(cache, proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests).toEqual(['bytes=6000-'])
      expect((await readdir(cache)).sort()).toEqual([...names, running].sort())
    }))

  it('of which the beginning is wrong starts anew', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, `${first}.part`), Buffer.alloc(5000, 7))
      const { options, requests } = await scene(cache, proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests).toEqual(['bytes=5000-', 'all'])
    }))

  it('of which more is there than there should be starts anew', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, `${first}.part`), Buffer.alloc(files.trainImages.length + 1))
      const { options, requests } = await scene(cache, proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests).toEqual(['all'])
    }))

  it('replaces a file in the cache that was damaged', () =>
    withFolder(async (cache) => {
      await mkdir(cache, { recursive: true })
      await writeFile(join(cache, first), Buffer.alloc(files.trainImages.length))
      const { options } = await scene(cache, proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      await expectOnlyWholeFiles(cache)
    }))

  const corrupt: Answer = (_, response, file) => void response.end(Buffer.from(file).fill(0, 5000, 5010))
  const longer: Answer = (_, response, file) => void response.end(Buffer.concat([file, file]))
  const wrongRange: Answer = (request, response, file) =>
    request.headers.range === undefined
      ? void response.end(file.subarray(0, 100))
      : void response
          .writeHead(206, { 'content-range': `bytes 50-${file.length - 1}/${file.length}` })
          .end(file.subarray(50))
  it.each<[string, Answer, string, string, number]>([
    ['other bytes than the official ones', corrupt, 'WrongContent', 'what came is not the file of', 2],
    ['more bytes than the file has', longer, 'WrongContent', 'what came is not the file of', 2],
    [
      'a file cut short each time',
      (_, response, file) => void response.end(file.subarray(0, 900)),
      'Unreachable',
      'the connection ended after 900 of',
      4,
    ],
    ['another range than it was asked for', wrongRange, 'Unreachable', 'another range', 4],
    ['404', status(404), 'Refused', 'the server answered 404 Not Found', 1],
    ['403', status(403), 'Refused', 'the server answered 403 Forbidden', 1],
    ['503 each time', status(503), 'Unreachable', 'the server answered 503 Service Unavailable, 3 times in a row', 3],
    ['nothing at all', (_, response) => void response.destroy(), 'Unreachable', '3 times in a row', 3],
  ])('from a server that sends %s ends with a named error and no bad file', (_, answer, tag, part, connections) =>
    withFolder(async (cache) => {
      const { options, requests } = await scene(cache, answer)
      const result = await loadFashionMnist(options)()
      expect(result).toMatchObject({ left: { _tag: tag, where: expect.stringContaining(first) as string } })
      expect(messageOf(result)).toContain(part)
      expect(messageOf(result)).toContain('give another base URL, or a folder with the files')
      expect(requests.length).toBe(connections)
      expect(await readdir(cache)).not.toContain(first)
    }),
  )

  it('tries again after a passing error of the server', () =>
    withFolder(async (cache) => {
      const { options, requests } = await scene(cache, status(503), status(429), proper)
      expect(E.isRight(await loadFashionMnist(options)())).toBe(true)
      expect(requests.length).toBe(3)
    }))

  it('names the address when nobody listens there', () =>
    withFolder(async (cache) => {
      const { options } = await scene(cache, proper)
      const server = servers.pop()
      server?.closeAllConnections()
      await new Promise((resolve) => server?.close(resolve))
      const result = await loadFashionMnist(options)()
      expect(result).toMatchObject({ left: { _tag: 'Unreachable' } })
      expect(messageOf(result)).toContain('ECONNREFUSED')
    }))

  it('names a cache that cannot be written', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'a-file')
      await writeFile(file, '')
      const { options } = await scene(join(file, 'cache'), proper)
      expect(await loadFashionMnist(options)()).toMatchObject({
        left: { _tag: 'Unwritable', message: expect.stringContaining('give another cache folder') as string },
      })
    }))

  it('may run twice at once', () =>
    withFolder(async (cache) => {
      const { options } = await scene(cache, proper)
      const [one, other] = await Promise.all([loadFashionMnist(options)(), loadFashionMnist(options)()])
      expect(E.isRight(one)).toBe(true)
      expect(other).toEqual(one)
      expect((await readdir(cache)).sort()).toEqual([...names].sort())
    }))
})
