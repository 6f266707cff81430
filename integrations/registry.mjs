// @ts-check
// A package registry on the loopback address, for rehearsals of what is published: it keeps what `npm publish` sends it
// in memory and passes requests for other packages on to the registry that this machine uses. Verdaccio would do the
// same; its releases that install today need Node 22.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'

// Never kept by a client: another registry may have the same port one day.
const json = (response, status, value) =>
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(value))

const bodyOf = async (request) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * Starts a registry.
 *
 * @param {string} uplink the registry that has all other packages
 * @param {(name: string) => boolean} ours packages that are never asked of the uplink
 */
export const startRegistry = async (uplink, ours) => {
  const documents = new Map()
  const tarballs = new Map()

  const publish = async (request, response, name) => {
    const { _attachments: attachments, ...document } = JSON.parse(String(await bodyOf(request)))
    const known = documents.get(name)
    documents.set(name, { ...document, versions: { ...known?.versions, ...document.versions } })
    for (const [file, { data }] of Object.entries(attachments))
      tarballs.set(`/${name}/-/${file}`, Buffer.from(data, 'base64'))
    json(response, 201, { ok: true })
  }

  const passOn = async (request, response) => {
    const found = await fetch(new URL(request.url.slice(1), `${uplink.replace(/\/$/, '')}/`), {
      headers: { accept: request.headers.accept ?? '*/*' },
    })
    const type = found.headers.get('content-type') ?? 'application/octet-stream'
    response.writeHead(found.status, { 'content-type': type })
    if (found.body === null) response.end()
    else Readable.fromWeb(/** @type {any} */ (found.body)).pipe(response)
  }

  const answer = async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname)
    const name = path.slice(1).split('/-/')[0]
    if (request.method === 'PUT') return publish(request, response, name)
    if (tarballs.has(path)) return response.writeHead(200).end(tarballs.get(path))
    if (documents.has(name)) return json(response, 200, documents.get(name))
    if (ours(name)) return json(response, 404, { error: `${name} has not been published here` })
    return passOn(request, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => json(response, 502, { error: error.message }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}/`,
    /** The names of what has been published here. */
    published: () => [...documents.keys()].sort(),
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve(undefined)))
    },
  }
}
