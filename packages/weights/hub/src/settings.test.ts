import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hubSettings } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'resfn-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))
const written = (name: string, text: string): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}
const home = join(folder, 'home')
written('home/token', 'hf_stored\n')
written('xdg/huggingface/token', ' hf_xdg\r\n')
const path = written('elsewhere', 'hf_elsewhere')
const empty = written('empty', ' \n')

describe('the token', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['of the variable', { HF_TOKEN: 'hf_said', HF_HOME: home }, 'hf_said'],
    ['of the variable, on one line', { HF_TOKEN: ' hf_said\n', HF_HOME: home }, 'hf_said'],
    ['of the file, where the variable is empty', { HF_TOKEN: ' ', HF_HOME: home }, 'hf_stored'],
    ['of the file in HF_HOME', { HF_HOME: home }, 'hf_stored'],
    ['of the file in the cache of the user', { XDG_CACHE_HOME: join(folder, 'xdg') }, 'hf_xdg'],
    ['of the file that is named', { HF_TOKEN_PATH: path, HF_HOME: home }, 'hf_elsewhere'],
    ['of a path with variables in it', { HF_TOKEN_PATH: '${BASE}/elsewhere', BASE: folder }, 'hf_elsewhere'],
    ['is not there, where the file is empty', { HF_TOKEN_PATH: empty }, undefined],
    ['is not there, where there is no file', { HF_TOKEN_PATH: join(folder, 'none') }, undefined],
    ['is not there, where a folder has the name', { HF_TOKEN_PATH: folder }, undefined],
    ['is not sent, where that is forbidden', { HF_TOKEN: 'hf_said', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, undefined],
  ])('%s', (_, env, token) => {
    expect(hubSettings(env).token).toBe(token)
  })
})

it('the cache is that of Python', () => {
  expect(hubSettings({ HF_HOME: '~/models' }).cache).toBe(join(homedir(), 'models', 'hub'))
  expect(hubSettings({ HF_HOME: '$BASE/models', BASE: '/data' }).cache).toBe(join('/data', 'models', 'hub'))
})
