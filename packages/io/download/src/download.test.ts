import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { either as E } from 'fp-ts'
import { afterEach, describe, expect, it } from 'vitest'
import { type Download, download } from './index.ts'

/** Bytes that do not repeat. */
const whole = Buffer.from(Uint8Array.from({ length: 23_000 }, (_, i) => (Math.imul(i, 0x45d9f3b) >>> 11) & 255))
const name = 'file.bin'
const sha256 = createHash('sha256').update(whole).digest('hex')

/** Calls `use` with an empty folder that is removed afterwards. */
const withFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = await mkdtemp(join(tmpdir(), 'resfn-download-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
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

type Scene = { readonly wanted: Download; readonly requests: string[] }

/** Serves a file by `answers` in turn, the last one again and again. */
const scene = async (folder: string, ...answers: readonly Answer[]): Promise<Scene> => {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]
    requests.push(request.headers.range ?? 'all')
    answer?.(request, response, whole)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror/${name}`
  const patience = { stall: 10_000, attempts: 3, pause: 1 }
  return { requests, wanted: { url, path: join(folder, name), bytes: whole.length, sha256, ...patience } }
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
/** What has the final name must be right, whatever happened. */
const expectWhole = async ({ path }: Download): Promise<void> => expect(await readFile(path)).toEqual(whole)

describe('a download', () => {
  it('makes the folder, reports its progress, and is not repeated', () =>
    withFolder(async (folder) => {
      const { wanted, requests } = await scene(join(folder, 'new', 'cache'), proper)
      const seen: number[] = []
      const loaded = await download({ ...wanted, onProgress: (received) => void seen.push(received) })()
      expect(loaded).toEqual(E.right(undefined))
      expect(await readdir(dirname(wanted.path))).toEqual([name])
      await expectWhole(wanted)
      expect(seen.at(-1)).toBe(whole.length)
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
      expect(await download(wanted)()).toEqual(loaded)
      expect(requests).toEqual(['all'])
    }))

  it('that breaks off goes on where it was, as often as it takes', () =>
    withFolder(async (cache) => {
      const cutMore =
        (at: number): Answer =>
        (request, response, file) => {
          const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0])
          void sendUpTo(
            cache,
            response.writeHead(206, { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
            file,
            from,
            at,
          )
        }
      const steps = [4000, 8000, 12000, 16000]
      const { wanted, requests } = await scene(cache, cut(cache, 2000), ...steps.map(cutMore), proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['all', ...[2000, ...steps].map((from) => `bytes=${from}-`)])
      await expectWhole(wanted)
    }))

  it('starts anew where the server ignores the range', () =>
    withFolder(async (cache) => {
      const { wanted, requests } = await scene(cache, cut(cache, 3000), (_, response, file) => void response.end(file))
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['all', 'bytes=3000-'])
    }))

  it('that stands still is broken off and tried again', () =>
    withFolder(async (cache) => {
      const stalled: Answer = (_, response, file) =>
        void response.writeHead(200, { 'content-length': file.length }).write(file.subarray(0, 1000))
      const { wanted, requests } = await scene(cache, stalled, () => undefined, proper)
      expect(E.isRight(await download({ ...wanted, stall: 800 })())).toBe(true)
      expect(requests.slice(0, 3)).toEqual(['all', 'bytes=1000-', 'bytes=1000-'])
    }))

  it('that never comes to life is given up with the reason, and what has come is kept', () =>
    withFolder(async (cache) => {
      const stalled: Answer = (request, response, file) => {
        if (request.headers.range === undefined) response.writeHead(200).write(file.subarray(0, 1000))
      }
      const { wanted, requests } = await scene(cache, stalled)
      const result = await download({ ...wanted, stall: 800 })()
      expect(result).toMatchObject({ left: { _tag: 'Unreachable' } })
      expect(messageOf(result)).toContain(`${name}: no byte for 800 ms, 3 times in a row`)
      expect(requests).toEqual(['all', 'bytes=1000-', 'bytes=1000-', 'bytes=1000-'])
      expect(await readdir(cache)).toEqual([`${name}.part`])
      expect((await readFile(join(cache, `${name}.part`))).length).toBe(1000)
    }))

  it('takes up what an earlier one left', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, `${name}.part`), whole.subarray(0, 5000))
      const { wanted, requests } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['bytes=5000-'])
      expect(await readdir(cache)).toEqual([name])
    }))

  it('takes up what a process that is gone left, and nothing of one that runs', () =>
    withFolder(async (cache) => {
      const gone = spawn(process.execPath, ['--version'])
      await once(gone, 'exit')
      const running = `${name}.${process.pid}-00000000.part`
      await writeFile(join(cache, running), 'being written')
      await writeFile(join(cache, `${name}.${gone.pid}-0a1b2c3d.part`), whole.subarray(0, 6000))
      const { wanted, requests } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['bytes=6000-'])
      expect((await readdir(cache)).sort()).toEqual([name, running])
    }))

  it('goes on with the largest of several that are left, and removes the others', () =>
    withFolder(async (cache) => {
      const gone = spawn(process.execPath, ['--version'])
      await once(gone, 'exit')
      const sizes = { '0000000a': 4000, '0000000b': 9000, '0000000c': 500 }
      for (const [id, size] of Object.entries(sizes))
        await writeFile(join(cache, `${name}.${gone.pid}-${id}.part`), whole.subarray(0, size))
      const { wanted, requests } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['bytes=9000-'])
      expect(await readdir(cache)).toEqual([name])
    }))

  it('removes what is left when the file is there', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, name), whole)
      await writeFile(join(cache, `${name}.part`), whole.subarray(0, 5000))
      await writeFile(join(cache, 'another.bin.part'), 'not ours')
      const { wanted, requests } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual([])
      expect((await readdir(cache)).sort()).toEqual(['another.bin.part', name])
    }))

  it('of which the beginning is wrong starts anew', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, `${name}.part`), Buffer.alloc(5000, 7))
      const { wanted, requests } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['bytes=5000-', 'all'])
    }))

  it('of which more is there than there should be starts anew', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, `${name}.part`), Buffer.alloc(whole.length + 1))
      const { wanted, requests } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests).toEqual(['all'])
    }))

  it('replaces a damaged file', () =>
    withFolder(async (cache) => {
      await writeFile(join(cache, name), Buffer.alloc(whole.length))
      const { wanted } = await scene(cache, proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      await expectWhole(wanted)
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
      const { wanted, requests } = await scene(cache, answer)
      const result = await download(wanted)()
      expect(result).toMatchObject({ left: { _tag: tag, where: expect.stringContaining(name) as string } })
      expect(E.isLeft(result) && result.left.status).toBe(tag === 'Refused' ? Number(/\d+/.exec(part)?.[0]) : undefined)
      expect(messageOf(result)).toContain(part)
      expect(messageOf(result)).toContain('give another URL, or get the file by other means')
      expect(requests.length).toBe(connections)
      expect(await readdir(cache)).not.toContain(name)
    }),
  )

  it('knows a file by its id in git too', () =>
    withFolder(async (cache) => {
      const gitBlob = createHash('sha1').update(`blob ${whole.length}\0`).update(whole).digest('hex')
      const { wanted } = await scene(cache, proper)
      const { url, path, bytes } = wanted
      expect(E.isRight(await download({ url, path, bytes, gitBlob })())).toBe(true)
      const other = await download({ url, path: `${path}2`, bytes, gitBlob: sha256.slice(0, 40) })()
      expect(messageOf(other)).toContain(`with git id ${sha256.slice(0, 40)}`)
    }))

  it('sends its headers, and tells no other origin who it is', () =>
    withFolder(async (cache) => {
      const told: (string | undefined)[] = []
      const tell =
        (answer: Answer): Answer =>
        (request, ...rest) => {
          told.push(request.headers.authorization)
          answer(request, ...rest)
        }
      const other = await scene(cache, tell(proper))
      const lead: Answer = (_, response) => void response.writeHead(302, { location: other.wanted.url }).end()
      const { wanted } = await scene(cache, tell(lead))
      const headers = { authorization: 'Bearer secret' }
      expect(E.isRight(await download({ ...wanted, headers })())).toBe(true)
      expect(told).toEqual(['Bearer secret', undefined])
    }))

  it('tries again after a passing error of the server', () =>
    withFolder(async (cache) => {
      const { wanted, requests } = await scene(cache, status(503), status(429), proper)
      expect(E.isRight(await download(wanted)())).toBe(true)
      expect(requests.length).toBe(3)
    }))

  it('names the address when nobody listens there', () =>
    withFolder(async (cache) => {
      const { wanted } = await scene(cache, proper)
      const server = servers.pop()
      server?.closeAllConnections()
      await new Promise((resolve) => server?.close(resolve))
      const result = await download(wanted)()
      expect(result).toMatchObject({ left: { _tag: 'Unreachable' } })
      expect(messageOf(result)).toContain('ECONNREFUSED')
    }))

  it('names a folder that cannot be made', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'a-file')
      await writeFile(file, '')
      const { wanted } = await scene(join(file, 'cache'), proper)
      expect(await download(wanted)()).toMatchObject({
        left: {
          _tag: 'Unwritable',
          code: 'ENOTDIR',
          message: expect.stringContaining('there is a file of this name; choose another place') as string,
        },
      })
    }))

  it('may run twice at once', () =>
    withFolder(async (cache) => {
      const { wanted } = await scene(cache, proper)
      const [one, other] = await Promise.all([download(wanted)(), download(wanted)()])
      expect(E.isRight(one)).toBe(true)
      expect(other).toEqual(one)
      expect(await readdir(cache)).toEqual([name])
    }))
})
