// @ts-check
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { satisfies } from './bootstrap.mjs'
import { findChromium, findSoftwareVulkan } from './chromium.mjs'
import { catalog } from './pack.mjs'

let folder
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resfn-bootstrap-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the bootstrap', () => {
  it.each([
    ['20.19.0', true],
    ['20.20.2', true],
    ['20.18.3', false],
    ['18.20.0', false],
    ['24.1.0', true],
  ])('takes Node %s for >=20.19: %s', (version, taken) => {
    expect(satisfies(version, '>=20.19')).toBe(taken)
  })

  it('says which Node it needs, and installs nothing, on an older one', () => {
    mkdirSync(join(folder, 'scripts'))
    cpSync(join(import.meta.dirname, 'bootstrap.mjs'), join(folder, 'scripts', 'bootstrap.mjs'))
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ engines: { node: '>=99.0' }, packageManager: 'pnpm@0.0.0' }),
    )
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'scripts', 'bootstrap.mjs'), 'test'], {
      encoding: 'utf8',
    })
    expect(stderr).toContain(`Node ${process.versions.node} is too old: resfn needs Node 99.0 or newer.`)
    expect(status).toBe(1)
    expect(existsSync(join(folder, 'node_modules'))).toBe(false)
  })
})

describe('the search for Chromium', () => {
  it('takes the path in CHROMIUM before the one on the PATH', () => {
    for (const name of ['mine', 'chromium']) writeFileSync(join(folder, name), '')
    expect(findChromium({ CHROMIUM: join(folder, 'mine'), PATH: folder })).toBe(join(folder, 'mine'))
    expect(findChromium({ PATH: folder })).toBe(join(folder, 'chromium'))
  })

  it('passes over a path that does not exist', () => {
    writeFileSync(join(folder, 'google-chrome'), '')
    expect(findChromium({ CHROMIUM: join(folder, 'gone'), PATH: folder })).toBe(join(folder, 'google-chrome'))
  })

  it('finds the software driver of Vulkan beside the program, or in its folder of libraries', () => {
    const [bin, lib] = [join(folder, 'bin'), join(folder, 'lib', 'chromium')]
    for (const made of [bin, lib]) mkdirSync(made, { recursive: true })
    writeFileSync(join(bin, 'chromium'), '')
    expect(findSoftwareVulkan({ PATH: bin })).toBeUndefined()
    writeFileSync(join(lib, 'vk_swiftshader_icd.json'), '')
    expect(findSoftwareVulkan({ PATH: bin })).toBe(join(lib, 'vk_swiftshader_icd.json'))
    writeFileSync(join(bin, 'vk_swiftshader_icd.json'), '')
    expect(findSoftwareVulkan({ CHROMIUM: join(bin, 'chromium') })).toBe(join(bin, 'vk_swiftshader_icd.json'))
  })
})

describe('the catalog', () => {
  it('names the versions that apps outside the workspace install', () => {
    expect(catalog()).toMatchObject({
      '@tensorflow/tfjs-core': expect.stringMatching(/^~4\./),
      'fp-ts': expect.stringMatching(/^\^2\./),
    })
  })
})
