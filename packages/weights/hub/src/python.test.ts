import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scanCacheDir } from '@huggingface/hub'
import { expectClose, type HubFiles, publishedFiles, readFixture, startHub } from '@resfn/test-utils'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { either as E } from 'fp-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadNet, type LoadOptions, publishedNet } from './index.ts'

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'resfn-python-'))
  folders.push(folder)
  return folder
}
beforeAll(() => tf.setBackend('cpu'))
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

type Entry = { readonly path: string; readonly link?: string; readonly hex?: string }

/** The cache that Python wrote when the fixture was made. */
const pythonCache = (): { readonly cache: string; readonly repository: string; readonly commit: string } => {
  const file = new URL('./fixtures/python-cache.json', import.meta.url)
  const { repository, commit, entries } = readFixture<{
    readonly repository: string
    readonly commit: string
    readonly entries: readonly Entry[]
  }>(file)
  const cache = newFolder()
  for (const { path, link, hex } of entries) {
    mkdirSync(dirname(join(cache, path)), { recursive: true })
    if (link === undefined) writeFileSync(join(cache, path), Uint8Array.from(Buffer.from(hex ?? '', 'hex')))
    else symlinkSync(link, join(cache, path))
  }
  return { cache, repository, commit }
}

describe('a cache that Python wrote', () => {
  it('is found by a name, a branch and a commit, without a network', async () => {
    const { cache, repository, commit } = pythonCache()
    for (const name of ['tiny', repository, `${repository}@main`, `${repository}@${commit}`]) {
      const net = await publishedNet(name, { cache, offline: true })()
      expect(E.isRight(net) && [net.right.revision, [...net.right.weights.keys()]]).toEqual([commit, ['fc.bias']])
    }
  })

  it('has the same layout as ours', async () => {
    const { cache, repository, commit } = pythonCache()
    const folder = join(cache, 'models--timm--tiny')
    const content = (file: string): Uint8Array => readFileSync(join(folder, 'snapshots', commit, file))
    const files: HubFiles = { 'config.json': content('config.json'), 'model.safetensors': content('model.safetensors') }
    const hub = await startHub({ [repository]: files })
    const ours = newFolder()
    expect(E.isRight(await publishedNet(repository, { cache: ours, endpoint: hub.endpoint, offline: false })())).toBe(
      true,
    )
    await hub.close()
    const described = async (of: string): Promise<unknown> =>
      (await scanCacheDir(of)).repos.map(({ id, revisions, filesCount, size }) => ({
        id,
        filesCount,
        size,
        refs: revisions.map(({ refs }) => refs),
        blobs: revisions.flatMap(({ files: all }) => all.map(({ blob }) => blob.path.slice(of.length))).toSorted(),
      }))
    expect(await described(ours)).toEqual(await described(cache))
  })
})

const python = process.env['RESFN_PYTHON']

describe.skipIf(python === undefined)('Python, with RESFN_PYTHON', () => {
  const script = fileURLToPath(new URL('../../../../scripts/fixtures/hub.py', import.meta.url))
  // Not spawnSync: this process is the server that Python asks.
  const say = <T>(args: readonly string[], env: Record<string, string> = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      const child = spawn(python ?? '', [script, ...args], { env: { ...process.env, OMP_NUM_THREADS: '1', ...env } })
      let [out, problem] = ['', '']
      child.stdout.on('data', (text: Buffer) => (out += text.toString()))
      child.stderr.on('data', (text: Buffer) => (problem += text.toString()))
      child.on('close', (code) =>
        code === 0
          ? resolve(JSON.parse(out.split('\n').findLast((line) => line.startsWith('{')) ?? '') as T)
          : reject(new Error(problem)),
      )
    })

  it('and we find what the other one fetched', async () => {
    const id = 'timm/lenet-bn.test'
    const files = await publishedFiles('lenet-bn')
    const hub = await startHub({ [id]: files })
    const digests = Object.values(files).map((content) => createHash('sha256').update(content).digest('hex'))
    const options = (cache: string, offline: boolean): LoadOptions => ({ cache, offline, endpoint: hub.endpoint })
    const theirs = newFolder()
    const fetched = { digests, repositories: [{ id, files: 2, refs: ['main'] }] }
    expect(await say(['fetch', id], { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: theirs })).toEqual(fetched)
    expect(E.isRight(await loadNet(id, options(theirs, true))())).toBe(true)
    const ours = newFolder()
    expect(E.isRight(await loadNet(id, options(ours, false))())).toBe(true)
    expect(await say(['fetch', id], { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: ours })).toEqual(fetched)
    await hub.close()
  }, 120_000)

  it('timm saves a net that gives the same logits here, from safetensors and from a pickle', async () => {
    const folder = newFolder()
    const { x, logits } = await say<{ readonly x: number[]; readonly logits: number[] }>(['save', folder])
    for (const file of ['model.safetensors', 'pytorch_model.bin']) {
      const loaded = await loadNet(folder)()
      if (E.isLeft(loaded)) throw new Error(loaded.left.message)
      const { net, params, state, classes } = loaded.right
      expect(classes[9]).toBe('name 9')
      const found = net.apply(params, tf.tensor(x, [1, 64, 64, 3]), state)
      expectClose(found, tf.tensor(logits, [1, 10]), 1e-4)
      rmSync(join(folder, file))
    }
  }, 120_000)
})
