// @ts-check
// A static server on the loopback address, with the headers that a test asks for.
import { createServer } from 'node:http'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/** Serves `folder`; gives back its URL and how to stop. */
export const serve = (folder, headers = {}) =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost')
      const path = join(folder, normalize(decodeURIComponent(pathname.replace(/\/$/, '/index.html'))))
      if (!path.startsWith(folder) || !existsSync(path) || !statSync(path).isFile()) {
        response.writeHead(404).end()
        return
      }
      response
        .writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream', ...headers })
        .end(readFileSync(path))
    })
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
        stop: () =>
          new Promise((done) => {
            server.closeAllConnections()
            server.close(done)
          }),
      }),
    )
  })

/** With these a page is cross-origin isolated: it may share memory between threads. */
export const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
