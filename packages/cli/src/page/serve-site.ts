import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sirv from 'sirv'
import { CliError } from '../error.ts'

/** A site that is served. */
export type Served = {
  readonly url: string
  /** Ends the server and what is under way. */
  readonly stop: () => Promise<void>
}

/** What no other machine reaches. */
const host = '127.0.0.1'

/** The port where none is asked for, so that a browser finds again what it kept for this address. */
export const usualPort = 8017

/** How many ports are tried where none is asked for. */
const tries = 20

const headers = {
  // With these two a page is cross-origin isolated: its threads may share memory.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  // A page that was built anew has to be seen.
  'cache-control': 'no-cache',
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

const refused = (port: number, error: unknown): CliError => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new CliError(
      'PortInUse',
      `port ${port} is in use by another program; give another one with --port, or leave --port out for one that is free`,
      { cause: error },
    )
  if (code === 'EACCES')
    return new CliError('PortForbidden', `port ${port} is not allowed here; give one from 1024 on: --port 8017`, {
      cause: error,
    })
  return new CliError('CannotServe', `cannot serve at ${host}:${port}: ${message}`, { cause: error })
}

/** Listens at the port, or where none is asked for at the first of some that is free. */
const listenSomewhere = async (server: Server, port: number | undefined): Promise<void> => {
  const ports = port === undefined ? Array.from({ length: tries }, (_, i) => usualPort + i) : [port]
  for (const [i, wanted] of ports.entries()) {
    try {
      return await listen(server, wanted)
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken || i === ports.length - 1) throw refused(wanted, error)
    }
  }
}

/** How a site is served. */
export type ServeOptions = {
  readonly port?: number
  /** Files that lie elsewhere, by the path at which the page finds them: `/net.safetensors`. */
  readonly also?: { readonly [path: string]: string }
}

/**
 * Serves the files of a folder on the loopback address, with the headers of cross-origin isolation.
 *
 * @throws `CliError` `MissingPage`, `PortInUse`, `PortForbidden` or `CannotServe`
 */
export const serveSite = async (folder: string, { port, also = {} }: ServeOptions = {}): Promise<Served> => {
  const index = join(folder, 'index.html')
  if (!existsSync(index))
    throw new CliError(
      'MissingPage',
      `the page is not built: ${index} does not exist; install @resfn/playground again, or in a clone of the repository: npm run build`,
    )
  const files = sirv(folder, {
    etag: true,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    },
  })
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', `http://${host}`)
    const elsewhere = Object.hasOwn(also, pathname) ? also[pathname] : undefined
    if (elsewhere === undefined) {
      files(request, response)
      return
    }
    response.writeHead(200, { ...headers, 'content-type': 'application/octet-stream' })
    // A file that goes while it is read ends the answer, which the page tells.
    createReadStream(elsewhere)
      .on('error', () => response.destroy())
      .pipe(response)
  })
  await listenSomewhere(server, port)
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
