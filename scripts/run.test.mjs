// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { root, run } from './run.mjs'

const folder = mkdtempSync(join(tmpdir(), 'resfn-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a command of the scripts', () => {
  it('that is not there is an error with the command, the reason and what to do', () => {
    expect(() => run('no-such-tool', ['--fast'], { shell: false })).toThrow(
      /^cannot run no-such-tool --fast: .*ENOENT.*\. It is not installed, or not on the PATH\. `npm run setup` installs/,
    )
  })

  it('that may not be executed says so', () => {
    const file = join(folder, 'tool')
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o644 })
    expect(() => run(file, [], { shell: false })).toThrow(/EACCES.*The file may not be executed/)
  })

  it('gives its exit code', () => {
    expect(run(process.execPath, ['-e', 'process.exit(3)']).status).toBe(3)
  })
})

describe('npm run tarballs', () => {
  const tarballs = (args, env = {}) =>
    spawnSync(process.execPath, [join(root, 'scripts', 'pack.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })

  it('names the packages when it is asked for another one', () => {
    const { status, stderr } = tarballs(['--for', 'identity-ad'])
    expect(stderr).toMatch(/^There is no package identity-ad\. The packages are .*identity-add/)
    expect(status).toBe(1)
  })
})
