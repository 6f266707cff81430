import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNet } from '@resfn/archs'
import { encodeWeights } from '@resfn/checkpoint'
import { init } from '@resfn/layer'
import { playgroundSite } from '@resfn/playground'
import { key } from '@resfn/random'
import { useBackend } from '@resfn/runtime'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Context } from './context/context.ts'
import { exitCodes } from './error.ts'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { build, ended, start } from './fixtures/process.ts'
import { type Served, serveSite, usualPort } from './page/serve-site.ts'

/** A port that another program holds while `work` runs. */
const whileTaken = async <A>(port: number, work: (port: number) => Promise<A>): Promise<A> => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  try {
    return await work((other.address() as AddressInfo).port)
  } finally {
    await new Promise((resolve) => other.close(resolve))
  }
}

const served = async <A>(folder: string, work: (served: Served) => Promise<A>, port = 0): Promise<A> => {
  const site = await serveSite(folder, { port })
  try {
    return await work(site)
  } finally {
    await site.stop()
  }
}

const site = (): string => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'assets', 'worker.js'), 'postMessage(1)')
  return folder
}

describe('a site', () => {
  it('is served with the headers that let its threads share memory', async () => {
    await served(site(), async ({ url }) => {
      for (const [path, type] of [
        ['', 'text/html;charset=utf-8'],
        ['assets/worker.js', 'text/javascript'],
      ]) {
        const response = await fetch(url + path)
        expect(response.status).toBe(200)
        expect(Object.fromEntries(response.headers)).toMatchObject({
          'content-type': type,
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-embedder-policy': 'require-corp',
          'cache-control': 'no-cache',
        })
      }
      expect((await fetch(`${url}assets/missing.js`)).status).toBe(404)
      expect((await fetch(`${url}%2e%2e/%2e%2e/etc/passwd`)).status).toBe(404)
    })
  })

  it('names the port that is in use', async () => {
    await whileTaken(0, async (port) => {
      await expect(serveSite(site(), { port })).rejects.toMatchObject({
        _tag: 'PortInUse',
        message: `port ${port} is in use by another program; give another one with --port, or leave --port out for one that is free`,
      })
    })
  })

  it('takes the next port where none is asked for', async () => {
    const folder = site()
    const port = ({ url }: Served): number => Number(new URL(url).port)
    const first = await serveSite(folder)
    const second = await serveSite(folder)
    await Promise.all([first.stop(), second.stop()])
    expect(port(first)).toBeGreaterThanOrEqual(usualPort)
    expect(port(second)).toBeGreaterThan(port(first))
  })

  it('that is not built is an error with its path', async () => {
    const folder = temporaryFolder()
    await expect(serveSite(folder)).rejects.toMatchObject({
      _tag: 'MissingPage',
      message: expect.stringContaining(
        `the page is not built: ${join(folder, 'index.html')} does not exist; `,
      ) as string,
    })
  })
})

describe('resfn page', () => {
  beforeAll(() => {
    if (!existsSync(new URL('index.html', playgroundSite))) throw new Error('the page is not built: run `pnpm build`')
    return useBackend('cpu', { report: () => undefined })
  })

  /** Runs the command until it has printed the address, asks for a page there, and interrupts it. */
  const page = async (args: readonly string[], changes: Partial<Context> = {}) => {
    const abort = new AbortController()
    let [released, title, address] = [false, '', '']
    let printed = ''
    const look = async (): Promise<void> => {
      address = /http:\S+\//.exec(printed)![0]
      title = /<title>(.*)<\/title>/.exec(await (await fetch(address)).text())?.[1] ?? ''
      abort.abort('SIGINT')
    }
    const { code, stderr } = await resfn(['page', '--port', '0', ...args], {
      interrupts: () => ({ signal: abort.signal, release: () => (released = true) }),
      process: {
        stdout: { write: (text) => ((printed += text), void look()) },
        stderr: { write: () => {} },
        env: {},
      },
      ...changes,
    })
    await expect(fetch(address)).rejects.toThrow()
    return { code, stderr, printed, title, released, address }
  }

  it('serves the page until Ctrl-C', async () => {
    expect(await page([])).toMatchObject({
      code: exitCodes.interrupted,
      printed: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\n$/) as string,
      title: 'resfn playground',
      released: true,
    })
  })

  it('prints one document with --json', async () => {
    const { printed, address } = await page(['--json'])
    expect(JSON.parse(printed)).toEqual({ url: address, folder: fileURLToPath(playgroundSite), checkpoint: null })
  })

  it('serves a checkpoint beside the page, and says what it cannot open', async () => {
    const cwd = temporaryFolder()
    const net = createNet('cifar-resnet8', { classes: 2, channels: 1 })
    const input = [28, 28, 1]
    const description = { net: { name: 'cifar-resnet8', input, classes: ['a', 'b'] } }
    const encoded = await encodeWeights(init(net, key(0), input), description)()
    if (E.isLeft(encoded)) throw new Error(encoded.left.message)
    writeFileSync(join(cwd, 'net.safetensors'), encoded.right)
    const abort = new AbortController()
    let bytes = 0
    let address = ''
    const look = async (text: string): Promise<void> => {
      address = text.trim()
      bytes = (await (await fetch(new URL('checkpoint.safetensors', address))).arrayBuffer()).byteLength
      abort.abort('SIGINT')
    }
    await resfn(['page', 'net.safetensors', '--port', '0'], {
      cwd,
      interrupts: () => ({ signal: abort.signal, release: () => {} }),
      process: { stdout: { write: (text) => void look(text) }, stderr: { write: () => {} }, env: {} },
    })
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/use\?open=checkpoint\.safetensors$/)
    expect(bytes).toBe(encoded.right.length)
    expect(await resfn(['page', 'none.safetensors'], { cwd })).toMatchObject({
      code: exitCodes.failure,
      stderr: expect.stringContaining('none.safetensors') as string,
    })
    expect((await resfn(['page', 'fashion-mnist-resnet20'], { cwd })).stderr).toContain(
      'fashion-mnist-resnet20 is not a run or a checkpoint; make one of it: resfn import fashion-mnist-resnet20',
    )
  })

  it('opens the browser only where it is asked to', async () => {
    const opened: string[] = []
    const open = async (url: string): Promise<void> => void opened.push(url)
    await page([], { open })
    expect(opened).toEqual([])
    const { address } = await page(['--open'], { open })
    expect(opened).toEqual([address])
  })

  it('goes on where the browser does not open', async () => {
    const open = async (): Promise<void> => Promise.reject(new Error('no display'))
    expect(await page(['--open'], { open })).toMatchObject({ code: exitCodes.interrupted, title: 'resfn playground' })
  })

  it.each(['70000', '-1', 'http', '80.5'])('refuses the port %s', async (port) => {
    expect(await resfn(['page', `--port=${port}`])).toMatchObject({
      code: exitCodes.usage,
      stderr: `resfn: --port "${port}": give a port from 0 to 65535\n`,
    })
  })

  it('says that the port is in use', async () => {
    await whileTaken(0, async (port) => {
      expect(await resfn(['page', '--port', `${port}`])).toMatchObject({
        code: exitCodes.failure,
        stderr: expect.stringContaining(`resfn: port ${port} is in use by another program`) as string,
      })
    })
  })

  it.skipIf(process.platform === 'win32')(
    'ends by Ctrl-C with 130 as a process',
    async () => {
      build()
      const child = start(['page', '--port', '0'])
      const end = ended(child)
      const url = await new Promise<string>((resolve) =>
        child.stdout?.once('data', (text: Buffer) => resolve(text.toString().trim())),
      )
      expect((await fetch(url)).status).toBe(200)
      child.kill('SIGINT')
      expect((await end).code).toBe(130)
    },
    60_000,
  )
})
