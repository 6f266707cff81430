import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useBackend } from '@resfn/runtime'
import { type HubServer, publishedFiles, startHub } from '@resfn/test-utils'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build, cwd, environment, main, pause } from './fixtures/process.ts'

// `script` of util-linux runs a command in a terminal of its own; the test types into it.
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true

const id = 'timm/cifar-resnet8-b.test'
const cache = join(cwd, 'hub')
let hub: HubServer
let weights: Buffer

/** What lies under the names of contents. */
const blobs = (): readonly string[] =>
  (readdirSync(cache, { recursive: true }) as string[]).filter((name) => /blobs.[\da-f]{64}/.test(name))

/** The command in a terminal; Ctrl-C is typed when `isTime`. */
const inTerminal = async (isTime: () => boolean): Promise<{ readonly code: number | null; readonly text: string }> => {
  const { CI: _, ...env } = environment
  const command = `stty rows 24 cols 80; exec "${process.execPath}" "${main}" predict photo.png --net ${id} --threads 1`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { ...env, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache },
  })
  let text = ''
  child.stdout.on('data', (part: Buffer) => (text += part.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  while (child.exitCode === null && !isTime()) await pause(10)
  child.stdin.write('\u0003')
  return { code: await ended, text }
}

describe.runIf(hasTerminal)('a download in a terminal', () => {
  beforeAll(async () => {
    build()
    await useBackend('cpu')
    const files = await publishedFiles('cifar-resnet8-b')
    weights = Buffer.from(files['model.safetensors'] as Uint8Array)
    hub = await startHub({ [id]: files })
    const photo = sharp({ create: { width: 40, height: 40, channels: 3, background: '#a51' } })
    writeFileSync(join(cwd, 'photo.png'), await photo.png().toBuffer())
  }, 300_000)
  afterAll(() => hub.close())

  it('ends at Ctrl-C, leaves what has come under another name, and goes on there', async () => {
    hub.intercept((request, response) => {
      if (!request.url?.startsWith('/cdn/')) return false
      response.writeHead(200, { 'content-length': weights.length }).write(weights.subarray(0, 150_000))
      return true
    })
    const hasCome = (name: string): boolean => statSync(join(cache, name)).size === 150_000
    const stopped = await inTerminal(() => existsSync(cache) && blobs().some(hasCome))
    expect(stopped.code).toBe(130)
    expect(stopped.text).toContain('model.safetensors')
    expect(blobs()).toEqual([expect.stringMatching(/\.part$/)])
    hub.intercept(undefined)
    hub.requests.length = 0
    const { code, text } = await inTerminal(() => false)
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('%') as string })
    expect(hub.requests.filter((request) => request.startsWith('GET /cdn/'))).toEqual([
      expect.stringMatching(/ bytes=150000-$/),
    ])
    expect(blobs()).toEqual([expect.stringMatching(/[\da-f]{64}$/)])
  }, 120_000)
})
