import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The files of a repository by name. */
export type HubFiles = { readonly [file: string]: Uint8Array | string }

/** Answers a request in place of the hub; false leaves it to the hub. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean

/** A hub on this machine. */
export type HubServer = {
  readonly endpoint: string
  /** what was asked so far: `GET /timm/net/resolve/…`, with the range where there was one */
  readonly requests: string[]
  /** the commit of a repository */
  readonly commitOf: (id: string) => string
  /** another content for a repository, which is a new commit */
  readonly publish: (id: string, files: HubFiles) => void
  /** what looks at every request first */
  readonly intercept: (handler: Intercept | undefined) => void
  readonly close: () => Promise<void>
}

type File = {
  readonly name: string
  readonly bytes: Buffer
  /** git's id, or that of the pointer for files in LFS, which a test may make up */
  readonly oid: string
  readonly sha256: string
  readonly isLarge: boolean
}

const sha1 = (bytes: Uint8Array | string): string => createHash('sha1').update(bytes).digest('hex')

const fileOf = ([name, content]: readonly [string, Uint8Array | string]): File => {
  const bytes = Buffer.from(content)
  return {
    name,
    bytes,
    oid: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    isLarge: /\.(safetensors|bin)$/.test(name),
  }
}

const pathInfo = ({ name, bytes, oid, sha256, isLarge }: File): unknown => ({
  type: 'file',
  path: name,
  size: bytes.length,
  oid,
  ...(isLarge && { lfs: { oid: sha256, size: bytes.length, pointerSize: 134 } }),
})

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

const sendFile = (request: IncomingMessage, response: ServerResponse, { bytes, oid, sha256, isLarge }: File): void => {
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
  response.writeHead(from > 0 ? 206 : 200, {
    etag: `"${isLarge ? sha256 : oid}"`,
    'content-length': bytes.length - from,
    ...(from > 0 && range),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes.subarray(from))
}

const refuse = (response: ServerResponse, status: number, code: string): void =>
  void response.writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' }).end('{"error":"no"}')

/**
 * A hub that serves repositories as the Hugging Face hub does: the API that both clients use, and files, of which those
 * of weights lead to another address.
 */
export const startHub = async (repositories: { readonly [id: string]: HubFiles }): Promise<HubServer> => {
  const commits = new Map<string, ReadonlyMap<string, File>>()
  const heads = new Map<string, string>()
  const publish = (id: string, files: HubFiles): void => {
    const all = Object.entries(files).map(fileOf)
    const commit = sha1(id + all.map(({ name, sha256 }) => name + sha256).join())
    commits.set(`${id}@${commit}`, new Map(all.map((file) => [file.name, file])))
    heads.set(id, commit)
  }
  Object.entries(repositories).forEach(([id, files]) => publish(id, files))
  const requests: string[] = []
  let handler: Intercept | undefined

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', 'http://hub')
    const [, stored] = /^\/cdn\/(.*)$/.exec(pathname) ?? []
    const file = [...commits.values()].flatMap((files) => [...files.values()]).find(({ sha256 }) => sha256 === stored)
    if (file !== undefined) return sendFile(request, response, file)
    const [, id = '', kind = '', revision = '', name = ''] =
      /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+)\/(revision|paths-info|resolve)\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? []
    const head = heads.get(id)
    if (head === undefined) return refuse(response, 401, 'RepoNotFound')
    const commit = ['main', 'HEAD', 'v1'].includes(revision) ? head : revision
    const files = commits.get(`${id}@${commit}`)
    if (files === undefined) return refuse(response, 404, 'RevisionNotFound')
    const json = (value: unknown): void =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (kind === 'revision')
      return json({
        _id: '0',
        id,
        sha: commit,
        private: false,
        downloads: 0,
        likes: 0,
        gated: false,
        lastModified: '2026-01-01T00:00:00.000Z',
        siblings: [...files.keys()].map((rfilename) => ({ rfilename })),
      })
    if (kind === 'paths-info') {
      const { paths } = JSON.parse(await readBody(request)) as { readonly paths: readonly string[] }
      return json(paths.flatMap((path) => files.get(path) ?? []).map(pathInfo))
    }
    const wanted = files.get(name)
    if (wanted === undefined) return refuse(response, 404, 'EntryNotFound')
    response.setHeader('x-repo-commit', commit)
    if (!wanted.isLarge) return sendFile(request, response, wanted)
    response
      .writeHead(302, {
        // Another name of this machine: Python asks the hub itself again, and fetches from others.
        location: `http://localhost:${request.socket.localPort}/cdn/${wanted.sha256}`,
        'x-linked-etag': `"${wanted.sha256}"`,
        'x-linked-size': wanted.bytes.length,
      })
      .end()
  }

  const server = createServer((request, response) => {
    const { range } = request.headers
    requests.push(`${request.method} ${request.url?.split('?')[0]}${range === undefined ? '' : ` ${range}`}`)
    if (handler?.(request, response) !== true) void answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    commitOf: (id) => heads.get(id) ?? '',
    publish,
    intercept: (next) => void (handler = next),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
