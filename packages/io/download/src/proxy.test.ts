import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
/** Whether `fetch` takes a proxy from the environment, in a process that runs TypeScript. */
const knowsProxies = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)

const content = Buffer.from('the content of the file')

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const listening = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.runIf(knowsProxies)(
  'goes through the tunnel of a proxy, and asks there for the rest of a file',
  async () => {
    const ranges: (string | undefined)[] = []
    const file = createServer(({ headers: { range } }, response) => {
      ranges.push(range)
      if (range !== undefined) {
        const [from, last] = [Number(/\d+/.exec(range)?.[0]), content.length - 1]
        response.writeHead(206, { 'content-range': `bytes ${from}-${last}/${content.length}` })
        return void response.end(content.subarray(from))
      }
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 9))
      // Not before the bytes are through.
      setTimeout(() => response.destroy(), 300)
    })
    const origin = await listening(file)
    const tunnels: (string | undefined)[] = []
    const proxy = createServer((_, response) => response.writeHead(405).end())
    proxy.on('connect', ({ url }, client, head) => {
      tunnels.push(url)
      const server = connect(Number(origin.split(':')[1]), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        server.write(head)
        server.pipe(client).pipe(server)
      })
      for (const end of [server, client]) end.on('error', () => [server, client].forEach((each) => each.destroy()))
    })
    const through = `http://${await listening(proxy)}`

    const folder = await mkdtemp(join(tmpdir(), 'resfn-proxy-'))
    try {
      const wanted = {
        // Nobody but the proxy knows this host.
        url: 'http://files.invalid:8080/file.bin',
        path: join(folder, 'file.bin'),
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        pause: 1,
      }
      const script = `import { download } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
const found = await download(${JSON.stringify(wanted)})()
if (found._tag === 'Left') throw new Error(found.left.message)`
      const { no_proxy: _no, NO_PROXY: _NO, NODE_OPTIONS: _options, ...env } = process.env
      const child = spawn(
        process.execPath,
        ['--conditions=@resfn/source', '--experimental-strip-types', '--input-type=module', '--eval', script],
        {
          cwd: import.meta.dirname,
          env: { ...env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: through, http_proxy: through },
        },
      )
      let said = ''
      child.stderr.on('data', (text: Buffer) => (said += text.toString()))
      const [code] = (await once(child, 'close')) as [number | null]
      expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' })
      expect(await readFile(wanted.path)).toEqual(content)
      expect(ranges.at(-1)).toBe('bytes=9-')
      expect(new Set(tunnels)).toEqual(new Set(['files.invalid:8080']))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
  60_000,
)
